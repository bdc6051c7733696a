//! Names for what generated code declares: they must not be what an expression of the user's means.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

/// The identifiers that the user's tokens mention.
#[derive(Debug)]
pub(crate) struct Taken(BTreeSet<String>);

impl Taken {
    pub(crate) fn in_tokens(tokens: TokenStream) -> Self {
        let mut taken = BTreeSet::new();
        collect(tokens, &mut taken);
        Self(taken)
    }

    /// The name, with underscores behind it until it is free.
    pub(crate) fn free(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.0.contains(&name) {
            name.push('_');
        }
        name
    }
}

fn collect(tokens: TokenStream, taken: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(taken.insert(ident.to_string())),
            TokenTree::Group(group) => collect(group.stream(), taken),
            // `format!("{topic}")` mentions a name too.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                taken.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}
