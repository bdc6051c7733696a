//! The list itself: what stands between the commas, and how to go on after a mistake.

use proc_macro2::{Ident, Span, TokenTree};
use syn::{
    LitStr, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use crate::diag::{Errors, messages};

/// The name of an option, as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Key(Ident);

impl Key {
    pub(crate) fn ident(&self) -> &Ident {
        &self.0
    }

    pub(crate) fn span(&self) -> Span {
        self.0.span()
    }

    /// A word that stands alone: `blocking`.
    pub(crate) fn flag(&self, input: ParseStream<'_>) -> syn::Result<()> {
        if ends(input) { Ok(()) } else { Err(syn::Error::new(input.span(), messages::option_takes_no_value(&self.to_string()))) }
    }

    /// `key = value`; `example` shows one, for the message.
    pub(crate) fn value<T: Parse>(&self, input: ParseStream<'_>, example: &str) -> syn::Result<T> {
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(self.span(), messages::option_needs_a_value(&self.to_string(), example)));
        }
        input.parse::<Token![=]>()?;
        if ends(input) {
            return Err(syn::Error::new(self.span(), messages::option_needs_a_value(&self.to_string(), example)));
        }
        input.parse()
    }

    /// `key = "text"`.
    pub(crate) fn text(&self, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
        let Text(literal) = self.value(input, example)?;
        literal.map_err(|span| syn::Error::new(span, messages::option_needs_a_text(&self.to_string(), example)))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A literal text, or where something else stands.
struct Text(Result<LitStr, Span>);

impl Parse for Text {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        Ok(Self(input.parse().map_err(|_| span)))
    }
}

/// Reads options to the end of `input`. After a mistake it goes on behind the next comma, so that every option is looked at.
pub(crate) fn parse_options(
    input: ParseStream<'_>,
    allowed: &[&str],
    errors: &mut Errors,
    option: impl FnMut(&Key, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    parse_options_or(input, allowed, messages::unknown_option, errors, option);
}

/// The same, with a message of its own for a key that is not allowed.
pub(crate) fn parse_options_or(
    input: ParseStream<'_>,
    allowed: &[&str],
    unknown: impl Fn(&str, &[&str]) -> String,
    errors: &mut Errors,
    mut option: impl FnMut(&Key, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        if let Err(error) = parse_option(input, allowed, &unknown, errors, &mut option) {
            errors.push(error);
            skip_option(input);
        }
    }
}

fn parse_option(
    input: ParseStream<'_>,
    allowed: &[&str],
    unknown: &impl Fn(&str, &[&str]) -> String,
    errors: &mut Errors,
    option: &mut impl FnMut(&Key, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) -> syn::Result<()> {
    // `crate` is a keyword, so any identifier will do.
    let key = Key(Ident::parse_any(input).map_err(|error| syn::Error::new(error.span(), messages::option_expected(allowed)))?);
    if !allowed.contains(&key.to_string().as_str()) {
        return Err(syn::Error::new(key.span(), unknown(&key.to_string(), allowed)));
    }
    option(&key, input, errors)?;
    if input.is_empty() {
        return Ok(());
    }
    input.parse::<Token![,]>().map(drop).map_err(|error| syn::Error::new(error.span(), messages::comma_expected(&key.to_string())))
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn skip_option(input: ParseStream<'_>) {
    while !ends(input) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
    input.parse::<Option<Token![,]>>().ok();
}
