//! Options: which of them a construct has, and what each may be.

use proc_macro2::Ident;
use syn::{
    Expr, Path, Token, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token,
};

use super::{args, mistake};
use crate::{
    args::{DurationLit, HistoryArg, Key, Slot, parse_options_or},
    diag::{Errors, messages::nearest, workflow_messages as messages},
    workflow::ast::{Decision, Durability, OnError, OnMax, Options, WorkflowOptions},
};

/// What a construct accepts.
#[derive(Debug)]
pub(super) struct Place {
    /// For messages: "`retry` means nothing on a `parallel`".
    what: &'static str,
    keys: &'static [&'static str],
    on_error: &'static [&'static str],
}

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident = $what:literal [$($key:literal)*] on_error [$($word:literal)*];)*) => {
        $($(#[$doc])* pub(super) const $name: Place = Place { what: $what, keys: &[$($key),*], on_error: &[$($word),*] };)*
    };
}

places! {
    CALL = "a step" ["retry" "backoff" "max_backoff" "retry_if" "timeout" "label" "history" "on_error" "migrate"]
        on_error ["fail" "skip" "none" "fallback" "pause"];
    STEPS = "`steps`" ["timeout" "label" "on_error"] on_error ["fail" "skip" "none" "pause"];
    PARALLEL = "`parallel`" ["limit" "timeout" "label" "on_error"] on_error ["fail" "skip" "pause" "collect"];
    EACH = "`each`" ["limit" "timeout" "label" "on_error"] on_error ["fail" "skip" "none" "pause" "collect"];
    CONDITION = "`condition`" ["timeout" "label" "on_error"] on_error ["fail" "skip" "none" "pause"];
    LOOP = "`loop`" ["max" "until" "on_max" "restart" "timeout" "label" "on_error"] on_error ["fail" "skip" "none" "pause"];
    ROUTER = "`router`" ["many" "timeout" "label" "on_error"] on_error ["fail" "skip" "none" "pause"];
    ASK = "`ask`" ["timeout" "default" "label" "on_error" "migrate"] on_error ["fail" "skip" "none"];
    SLEEP = "`sleep`" ["label"] on_error [];
    MAP = "`map`" ["label" "on_error" "migrate"] on_error ["fail" "skip" "none"];
}

const WORKFLOW: [&str; 8] = ["name", "id", "history", "store_events", "skip_events", "durability", "retry_on_conflict", "crate"];

/// The options that only one construct has.
#[derive(Debug, Default)]
pub(super) struct Special {
    pub(super) limit: Slot<Expr>,
    pub(super) max: Slot<Expr>,
    pub(super) until: Slot<Decision>,
    pub(super) on_max: Slot<OnMax>,
    pub(super) restart: Slot<()>,
    pub(super) many: Slot<()>,
    pub(super) default: Slot<Expr>,
}

/// `(…)` before a block, if there are any.
pub(super) fn parse_options(input: ParseStream<'_>, place: &Place, errors: &mut Errors) -> syn::Result<(Options, Special)> {
    if !input.peek(token::Paren) {
        return Ok(Default::default());
    }
    let content;
    parenthesized!(content in input);
    Ok(parse_list(&content, place, errors))
}

/// `with (…)`, if it is there.
pub(super) fn parse_with(input: ParseStream<'_>, place: &Place, errors: &mut Errors) -> syn::Result<(Options, Special)> {
    if super::keyword::with(input).is_none() {
        return Ok(Default::default());
    }
    input.parse::<Ident>()?;
    parse_options(input, place, errors)
}

/// What stands in parentheses that are already open, to their end.
pub(super) fn parse_list(content: ParseStream<'_>, place: &Place, errors: &mut Errors) -> (Options, Special) {
    let mut options = Options::default();
    let mut special = Special::default();
    let unknown = |key: &str, allowed: &[&str]| messages::option_not_here(key, place.what, allowed);
    parse_options_or(content, place.keys, unknown, errors, |key, input, errors| {
        parse_option(key, input, place, &mut options, &mut special, errors)
    });
    (options, special)
}

fn parse_option(
    key: &Key,
    input: ParseStream<'_>,
    place: &Place,
    options: &mut Options,
    special: &mut Special,
    errors: &mut Errors,
) -> syn::Result<()> {
    let ident = key.ident();
    match key.to_string().as_str() {
        "retry" => options.retry.set(ident, key.value(input, "retry = 3")?, errors),
        "backoff" => options.backoff.set(ident, duration(key, input)?, errors),
        "max_backoff" => options.max_backoff.set(ident, duration(key, input)?, errors),
        "retry_if" => options.retry_if.set(ident, key.value(input, "retry_if = is_transient")?, errors),
        "timeout" => options.timeout.set(ident, duration(key, input)?, errors),
        "label" => options.label.set(ident, key.text(input, "label = \"Write the article\"")?, errors),
        "history" => options.history.set(ident, HistoryArg::parse(key, input)?, errors),
        "migrate" => options.migrate.set(ident, key.value(input, "migrate = from_old")?, errors),
        "on_error" => options.on_error.set(ident, parse_on_error(key, input, place)?, errors),
        "limit" => special.limit.set(ident, at_least_one(key, key.value(input, "limit = 4")?)?, errors),
        "max" => special.max.set(ident, at_least_one(key, key.value(input, "max = 3")?)?, errors),
        "until" => {
            equals(key, input, "until = good_enough")?;
            special.until.set(ident, args::parse_decision(input, "until", errors)?, errors);
        }
        "on_max" => {
            let word = word(key, input, "on_max = fail")?;
            let on_max = match word.to_string().as_str() {
                "accept" => OnMax::Accept,
                "fail" => OnMax::Fail,
                other => return mistake(word.span(), messages::unknown_word("on_max", other, &["accept", "fail"])),
            };
            special.on_max.set(ident, on_max, errors);
        }
        "restart" => special.restart.set(ident, key.flag(input)?, errors),
        "many" => special.many.set(ident, key.flag(input)?, errors),
        "default" => special.default.set(ident, key.value(input, "default = Review::Reject")?, errors),
        other => unreachable!("`{other}` is in no table of keys"),
    }
    Ok(())
}

fn parse_on_error(key: &Key, input: ParseStream<'_>, place: &Place) -> syn::Result<OnError> {
    let word = word(key, input, "on_error = skip")?;
    let text = word.to_string();
    if !place.on_error.contains(&text.as_str()) {
        return mistake(word.span(), messages::on_error_not_here(&text, place.what, place.on_error));
    }
    Ok(match text.as_str() {
        "fail" => OnError::Fail,
        "skip" => OnError::Skip(word.span()),
        "none" => OnError::None,
        "pause" => OnError::Pause,
        "collect" => OnError::Collect,
        _ if !input.peek(token::Paren) => return mistake(word.span(), messages::FALLBACK_NEEDS_A_STEP),
        _ => {
            let content;
            parenthesized!(content in input);
            let path = content.call(Path::parse_mod_style).map_err(|_| syn::Error::new(word.span(), messages::FALLBACK_NEEDS_A_STEP))?;
            if !content.is_empty() {
                return mistake(content.span(), messages::FALLBACK_IS_A_NAME);
            }
            OnError::Fallback(path)
        }
    })
}

/// `with (…)` of a workflow.
pub(super) fn parse_workflow_options(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<WorkflowOptions> {
    input.parse::<Ident>()?;
    let content;
    parenthesized!(content in input);
    let mut options = WorkflowOptions::default();
    let unknown = |key: &str, allowed: &[&str]| messages::option_not_here(key, "a workflow", allowed);
    parse_options_or(&content, &WORKFLOW, unknown, errors, |key, input, errors| {
        let ident = key.ident();
        match key.to_string().as_str() {
            "name" => options.name.set(ident, key.text(input, "name = \"Content pipeline\"")?, errors),
            "id" => options.id.set(ident, key.text(input, "id = \"content-pipeline\"")?, errors),
            "history" => options.history.set(ident, HistoryArg::parse(key, input)?, errors),
            "store_events" => {
                let value = if input.peek(Token![=]) { Some(key.value(input, "store_events = true")?) } else { None };
                options.store_events.set(ident, value, errors);
            }
            "skip_events" => options.skip_events.set(ident, parse_events(key, input, errors)?, errors),
            "durability" => {
                let word = word(key, input, "durability = step")?;
                let durability = match word.to_string().as_str() {
                    "step" => Durability::Step,
                    "run" => Durability::Run,
                    "none" => Durability::None,
                    other => return mistake(word.span(), messages::unknown_word("durability", other, &["step", "run", "none"])),
                };
                options.durability.set(ident, durability, errors);
            }
            "retry_on_conflict" => options.retry_on_conflict.set(ident, key.value(input, "retry_on_conflict = 3")?, errors),
            "crate" => options.root.set(ident, key.value(input, "crate = my_agno")?, errors),
            other => unreachable!("`{other}` is in no table of keys"),
        }
        Ok(())
    });
    Ok(options)
}

/// `[StepStarted, StepCompleted]`
fn parse_events(key: &Key, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Ident>> {
    equals(key, input, "skip_events = [StepStarted]")?;
    if !input.peek(token::Bracket) {
        return mistake(key.span(), messages::EVENTS_ARE_A_LIST);
    }
    let content;
    bracketed!(content in input);
    let events = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?;
    // An unknown one is left out, else the stub would mention it.
    let known = |event: &Ident| {
        let name = event.to_string();
        let known = messages::EVENTS.contains(&name.as_str());
        if !known {
            errors.at(event.span(), messages::unknown_event(&name, nearest(&name, &messages::EVENTS)));
        }
        known
    };
    Ok(events.into_iter().filter(known).collect())
}

fn duration(key: &Key, input: ParseStream<'_>) -> syn::Result<DurationLit> {
    let example = format!("{key} = \"30s\"");
    key.value::<DurationLit>(input, &example)
}

/// A word after `=`; `none` and `fail` are none that Rust reserves, but any would do.
fn word(key: &Key, input: ParseStream<'_>, example: &str) -> syn::Result<Ident> {
    key.value::<AnyWord>(input, example).map(|AnyWord(word)| word)
}

struct AnyWord(Ident);

impl Parse for AnyWord {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ident::parse_any(input).map(Self)
    }
}

/// The `=` of an option whose value is no type that syn reads by itself.
fn equals(key: &Key, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    struct Nothing;
    impl Parse for Nothing {
        fn parse(_: ParseStream<'_>) -> syn::Result<Self> {
            Ok(Self)
        }
    }
    key.value::<Nothing>(input, example).map(|Nothing| ())
}

fn at_least_one(key: &Key, value: Expr) -> syn::Result<Expr> {
    match &value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) if number.base10_digits() == "0" => {
            mistake(number.span(), messages::at_least_one(&key.to_string()))
        }
        _ => Ok(value),
    }
}
