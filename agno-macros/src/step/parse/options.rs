//! The options of `#[step(…)]`.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Path,
    parse::{Parse, ParseStream, Parser},
};

use crate::{
    args::{self, HistoryArg, Key},
    diag::{Errors, step_messages as messages},
    step::raw::{Effect, RawOptions},
};

const ALLOWED: [&str; 11] =
    ["name", "label", "retry", "backoff", "max_backoff", "retry_if", "timeout", "blocking", "history", "effect", "crate"];

const EFFECTS: [&str; 3] = ["pure", "idempotent", "once"];

/// The options, as far as they could be read.
pub(crate) fn parse_options(tokens: TokenStream) -> (RawOptions, Errors) {
    let mut options = RawOptions::default();
    let mut errors = Errors::new();
    let read = |input: ParseStream<'_>| {
        args::parse_options(input, &ALLOWED, &mut errors, |key, input, errors| parse_option(&mut options, key, input, errors));
        Ok(())
    };
    let rest = read.parse2(tokens);
    errors.take(rest);
    (options, errors)
}

fn parse_option(options: &mut RawOptions, key: &Key, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    match key.to_string().as_str() {
        "name" => options.name.set(key.ident(), key.text(input, "name = \"find posts\"")?, errors),
        "label" => options.label.set(key.ident(), key.text(input, "label = \"Find posts\"")?, errors),
        "retry" => options.retry.set(key.ident(), key.value(input, "retry = 3")?, errors),
        "backoff" => options.backoff.set(key.ident(), key.value(input, "backoff = \"200ms\"")?, errors),
        "max_backoff" => options.max_backoff.set(key.ident(), key.value(input, "max_backoff = \"30s\"")?, errors),
        "retry_if" => options.retry_if.set(key.ident(), key.value::<Function>(input, "retry_if = is_transient")?.0, errors),
        "timeout" => options.timeout.set(key.ident(), key.value(input, "timeout = \"30s\"")?, errors),
        "blocking" => {
            key.flag(input)?;
            options.blocking.set(key.ident(), (), errors);
        }
        "history" => options.history.set(key.ident(), HistoryArg::parse(key, input)?, errors),
        "effect" => options.effect.set(key.ident(), key.value(input, "effect = once")?, errors),
        "crate" => options.root.set(key.ident(), key.value(input, "crate = path::to::agno")?, errors),
        other => unreachable!("`{other}` is not in the list of allowed options"),
    }
    Ok(())
}

/// The path of a function, of which closures are the common misunderstanding.
struct Function(Path);

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        input.parse().map(Self).map_err(|_| syn::Error::new(span, messages::retry_if_is_a_path()))
    }
}

impl Parse for Effect {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), messages::effect_expected(&EFFECTS)))?;
        match word.to_string().as_str() {
            "pure" => Ok(Self::Pure),
            "idempotent" => Ok(Self::Idempotent),
            "once" => Ok(Self::Once),
            other => Err(syn::Error::new(word.span(), messages::unknown_effect(other, &EFFECTS))),
        }
    }
}
