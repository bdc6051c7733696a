//! Which identifiers an expression mentions, found in its tokens, so that macros in it count too.

use proc_macro2::{Delimiter, Group, Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use syn::LitStr;

/// An identifier that may be a name, and the fields that follow it: `research.pages`.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) ident: Ident,
    pub(super) fields: Vec<Ident>,
}

pub(super) fn occurrences(tokens: TokenStream) -> Vec<Occurrence> {
    let mut found = Vec::new();
    scan(tokens, false, &mut found);
    found
}

fn scan(tokens: TokenStream, in_macro: bool, found: &mut Vec<Occurrence>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if is_name(&tokens, index) => {
                found.push(Occurrence { ident: ident.clone(), fields: fields(&tokens[index + 1..]) });
            }
            TokenTree::Group(group) => scan(group.stream(), in_macro || is_macro(&tokens, index, group), found),
            TokenTree::Literal(literal) if in_macro => {
                found.extend(in_text(literal).into_iter().map(|ident| Occurrence { ident, fields: Vec::new() }));
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Whether the identifier is an expression by itself, and not a field, a method, a function, a macro, a part of a path or a key.
fn is_name(tokens: &[TokenTree], index: usize) -> bool {
    let before = |back: usize| index.checked_sub(back).and_then(|index| punct(tokens.get(index)));
    let after = |ahead: usize| punct(tokens.get(index + ahead));
    let is_field = before(1) == Some('.') && before(2) != Some('.');
    let in_path = before(1) == Some(':') && before(2) == Some(':') || after(1) == Some(':') && after(2) == Some(':');
    let is_key = after(1) == Some(':') && !in_path;
    let is_macro = after(1) == Some('!') && after(2) != Some('=');
    let is_lifetime = before(1) == Some('\'');
    let is_call = matches!(tokens.get(index + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    !(is_field || in_path || is_key || is_macro || is_lifetime || is_call)
}

fn punct(token: Option<&TokenTree>) -> Option<char> {
    match token {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        _ => None,
    }
}

fn is_macro(tokens: &[TokenTree], index: usize, group: &Group) -> bool {
    group.delimiter() != Delimiter::None
        && index >= 2
        && punct(tokens.get(index - 1)) == Some('!')
        && matches!(tokens.get(index - 2), Some(TokenTree::Ident(_)))
}

/// `.a.b`, up to a method call.
fn fields(mut rest: &[TokenTree]) -> Vec<Ident> {
    let mut fields = Vec::new();
    while let [TokenTree::Punct(dot), TokenTree::Ident(field), after @ ..] = rest {
        let is_call = matches!(after.first(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
        if dot.as_char() != '.' || dot.spacing() == Spacing::Joint || is_call {
            break;
        }
        fields.push(field.clone());
        rest = after;
    }
    fields
}

/// `{topic}`, `{topic:?}`, `{price:>width$}` in the text of a macro.
fn in_text(literal: &Literal) -> Vec<Ident> {
    let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) else { return Vec::new() };
    let text = text.value().replace("{{", "").replace("}}", "");
    let mut names = Vec::new();
    for hole in text.split('{').skip(1) {
        let hole = hole.split('}').next().unwrap_or_default();
        let (name, format) = hole.split_once(':').unwrap_or((hole, ""));
        names.extend(ident(name, literal.span()));
        for (end, _) in format.match_indices('$') {
            let start = format[..end].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            names.extend(ident(&format[start..end], literal.span()));
        }
    }
    names
}

fn ident(name: &str, span: Span) -> Option<Ident> {
    let mut ident = syn::parse_str::<Ident>(name.trim()).ok()?;
    ident.set_span(span);
    Some(ident)
}

#[cfg(test)]
mod tests {
    use super::occurrences;

    fn found(source: &str) -> Vec<String> {
        let tokens = source.parse().expect("tokens");
        occurrences(tokens)
            .into_iter()
            .map(|found| [&found.ident].into_iter().chain(&found.fields).map(ToString::to_string).collect::<Vec<_>>().join("."))
            .collect()
    }

    #[test]
    fn names_are_identifiers_that_stand_for_themselves() {
        assert_eq!(found("topic"), ["topic"]);
        assert_eq!(found("research.pages[0..limit].len() + Some(draft)"), ["research.pages", "limit", "draft"]);
        assert_eq!(found("x.topic, topic::new(), topic(1), topic!(a), Topic { topic: b, c }"), ["x.topic", "a", "Topic", "b", "c"]);
        assert_eq!(found("0..topic"), ["topic"]);
        assert_eq!(found("a != b"), ["a", "b"]);
        assert_eq!(found("n.a.b.c()"), ["n.a.b"]);
    }

    #[test]
    fn the_text_of_macros_counts() {
        assert_eq!(
            found(r#"format!("{topic} {{no}} {draft:?} {x:>width$.prec$} {}", last)"#),
            ["topic", "draft", "x", "width", "prec", "last"]
        );
        assert_eq!(found(r#"f("{topic}")"#), Vec::<String>::new());
    }
}
