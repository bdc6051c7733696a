//! An `impl` block: header and members. Members that are no functions are passed on unread.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Generics, Signature, Token, Type, Visibility, braced,
    parse::{ParseStream, discouraged::Speculative},
    token,
};

use super::function::parse_function;
use crate::step::raw::{RawImpl, RawMember};

/// What follows the attributes.
pub(crate) fn parse_impl(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<RawImpl> {
    let header = parse_header(&input.fork())?;
    input.parse::<Option<Token![unsafe]>>()?;
    input.parse::<Token![impl]>()?;
    let mut generics: Generics = input.parse()?;
    let first: Type = input.parse()?;
    let (of_trait, self_ty) = match input.parse::<Option<Token![for]>>()? {
        Some(_) => (Some(first), input.parse()?),
        None => (None, first),
    };
    generics.where_clause = input.parse()?;
    let content;
    let brace = braced!(content in input);
    let mut members = Vec::new();
    while !content.is_empty() {
        members.push(parse_member(&content)?);
    }
    Ok(RawImpl { attrs, header, generics, of_trait, self_ty, brace, members })
}

/// The last token is the body; what stands before it is the header.
fn parse_header(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut header = TokenStream::new();
    loop {
        let tree: TokenTree = input.parse()?;
        if input.is_empty() {
            return Ok(header);
        }
        header.extend([tree]);
    }
}

fn parse_member(input: ParseStream<'_>) -> syn::Result<RawMember> {
    let ahead = input.fork();
    if let Ok((attrs, vis)) = parse_start(&ahead)
        && ahead.fork().parse::<Signature>().is_ok()
    {
        input.advance_to(&ahead);
        return parse_function(attrs, vis, input).map(RawMember::Function);
    }
    let mut tokens = Vec::new();
    while !input.is_empty() {
        let last = input.peek(Token![;]) || input.peek(token::Brace);
        tokens.push(input.parse::<TokenTree>()?);
        if last {
            break;
        }
    }
    Ok(RawMember::Other(tokens.into_iter().collect()))
}

fn parse_start(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Visibility)> {
    Ok((input.call(Attribute::parse_outer)?, input.parse()?))
}
