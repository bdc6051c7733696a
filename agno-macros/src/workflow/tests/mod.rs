//! What workflows expand to, and what is said about mistakes in them.

mod check;
mod constructs;
mod forms;
mod options;
mod parse;
mod resolve;
mod sketch;

use crate::{diag::Errors, reader::Reader};

/// The expansion, formatted.
fn expanded(source: &str) -> String {
    let tokens = super::workflow(source.parse().expect("tokens"), Reader::Compiler);
    let text = tokens.to_string();
    prettyplease::unparse(&syn::parse2(tokens).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// What is in `fn body` of the expansion.
fn body(source: &str) -> String {
    let all = expanded(source);
    let from = all.find("fn body").expect("there is a body");
    let start = from + all[from..].find("Box::pin(").expect("it is boxed");
    let end = start + all[start..].find("\n        }\n    }\n").expect("the impl ends");
    all[start..end].lines().map(|line| line.strip_prefix("            ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The mistakes, each as the text that it points at and the message.
fn mistakes(source: &str) -> Vec<(String, String)> {
    let mut errors = Errors::new();
    let tokens: proc_macro2::TokenStream = source.parse().expect("tokens");
    let taken = super::taken::Taken::in_tokens(tokens.clone());
    let parsed = super::parse::parse(tokens, &mut errors);
    let (_, checked) = super::stages(parsed, &taken, &mut errors);
    let Err(errors) = errors.finish() else { return Vec::new() };
    assert!(checked.is_none(), "what has mistakes is not expanded");
    errors.into_iter().map(|error| (pointed_at(source, error.span()), error.to_string())).collect()
}

fn pointed_at(source: &str, span: proc_macro2::Span) -> String {
    source[span.byte_range()].to_owned()
}

/// Asserts that the nodes make exactly these mistakes.
#[track_caller]
fn assert_mistakes(source: &str, expected: &[(&str, &str)]) {
    let found = mistakes(source);
    let found: Vec<(&str, &str)> = found.iter().map(|(at, message)| (at.as_str(), message.as_str())).collect();
    assert_eq!(found, expected, "\nin: {source}");
}

/// The same for nodes in a workflow around them, whose input is `topic`.
#[track_caller]
fn assert_in_body(nodes: &str, expected: &[(&str, &str)]) {
    assert_mistakes(&format!("W(topic: Topic) -> Article {{ {nodes} }}"), expected);
}
