//! Which kind of item it is.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Error, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use super::{function::parse_function, impl_::parse_impl};
use crate::{diag::step_messages as messages, step::raw::RawItem};

/// Words that begin an item which is no step, and what such an item is called.
const OTHERS: [(&str, &str); 10] = [
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("mod", "a module"),
    ("type", "a type alias"),
    ("static", "a static"),
    ("use", "a `use`"),
    ("const", "a constant"),
    ("macro_rules", "a macro"),
];

/// A function or an `impl` block; anything else is refused where it says what it is.
pub(crate) fn parse_item(tokens: TokenStream) -> syn::Result<RawItem> {
    let parse = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        if input.peek(Token![impl]) || (input.peek(Token![unsafe]) && input.peek2(Token![impl])) {
            return parse_impl(attrs, input).map(RawItem::Impl);
        }
        let vis = input.parse()?;
        refuse_others(input)?;
        parse_function(attrs, vis, input).map(RawItem::Function)
    };
    parse.parse2(without_invisible_groups(tokens))
}

/// An item that comes out of `macro_rules!` stands in an invisible group, and so may its visibility and types.
fn without_invisible_groups(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|tree| match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => without_invisible_groups(group.stream()),
            tree => tree.into(),
        })
        .collect()
}

/// A step is a function, or a type's `impl` block with a method `run`. `#[step] struct Writer;` is neither.
fn refuse_others(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    while let Ok(word) = ahead.call(Ident::parse_any) {
        match OTHERS.iter().find(|(keyword, _)| word == keyword) {
            Some(("const", _)) if begins_function(&ahead) => return Ok(()),
            Some((keyword @ ("struct" | "enum" | "union"), noun)) => {
                let name = ahead.call(Ident::parse_any).map_or_else(|_| (*keyword).to_owned(), |name| name.to_string());
                return Err(Error::new(word.span(), messages::step_on_a_type(noun, &name)));
            }
            Some((_, noun)) => return Err(Error::new(word.span(), messages::step_on_another_item(noun))),
            None if word == "unsafe" || word == "auto" => {}
            None => return Ok(()),
        }
    }
    Err(Error::new(input.span(), messages::step_on_something_else()))
}

/// `const` begins a constant or a function.
fn begins_function(ahead: ParseStream<'_>) -> bool {
    ahead.peek(Token![fn]) || ahead.peek(Token![async]) || ahead.peek(Token![unsafe]) || ahead.peek(Token![extern])
}
