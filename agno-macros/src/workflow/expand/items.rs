//! Names for items: those of generated code must not be what an expression of the user's means.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

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
    pub(super) fn free(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        while self.0.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site())
    }
}

fn collect(tokens: TokenStream, taken: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(taken.insert(ident.to_string())),
            TokenTree::Group(group) => collect(group.stream(), taken),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
