//! The options against the step that they are for.

use syn::LitStr;

use crate::{
    args::{DurationLit, Slot},
    diag::{Errors, step_messages as messages},
    step::{
        raw::RawOptions,
        valid::{Options, Step, Work},
    },
};

/// What divides paths.
const RESERVED: [char; 5] = ['/', '[', ']', '#', '~'];

/// The options that fit; of the others it notes why they do not.
pub(crate) fn check_options(raw: RawOptions, step: &Step, errors: &mut Errors) -> Options {
    let RawOptions { name, label, retry, backoff, max_backoff, mut retry_if, timeout, blocking, history, effect, root: _ } = raw;
    check_name(&name, errors);
    check_text(&label, "label", errors);
    check_backoffs(&backoff, &max_backoff, errors);
    let work = check_blocking(&blocking, step.is_async, errors);
    if let Some(span) = retry_if.span()
        && !step.returns.can_fail()
    {
        errors.at(span, messages::retry_if_without_error());
        retry_if = Slot::default();
    }
    Options {
        name: name.into_value(),
        label: label.into_value(),
        retry: retry.into_value(),
        backoff: backoff.into_value(),
        max_backoff: max_backoff.into_value(),
        retry_if: retry_if.into_value(),
        timeout: timeout.into_value(),
        history: history.into_value(),
        effect: effect.into_value(),
        work,
    }
}

/// The name is a key in paths, such as `plan/find posts#0`: `name = "find/posts"` is a mistake.
fn check_name(slot: &Slot<LitStr>, errors: &mut Errors) {
    check_text(slot, "name", errors);
    if let Some(literal) = slot.get()
        && let Some(reserved) = literal.value().chars().find(|char| RESERVED.contains(char))
    {
        errors.at(literal.span(), messages::name_with_reserved(reserved));
    }
}

/// People see it: `label = ""` is a mistake.
fn check_text(slot: &Slot<LitStr>, key: &str, errors: &mut Errors) {
    if let Some(literal) = slot.get()
        && literal.value().trim().is_empty()
    {
        errors.at(literal.span(), messages::empty_text(key));
    }
}

/// The first delay is not longer than the longest: `backoff = "1m", max_backoff = "1s"` is a mistake.
fn check_backoffs(backoff: &Slot<DurationLit>, max_backoff: &Slot<DurationLit>, errors: &mut Errors) {
    if let (Some(first), Some(longest)) = (backoff.get(), max_backoff.get())
        && first.nanos() > longest.nanos()
    {
        errors.at(longest.span(), messages::backoff_over_maximum());
    }
}

/// `blocking` moves a function to a thread where it may block. A future must not block anywhere.
fn check_blocking(blocking: &Slot<()>, is_async: bool, errors: &mut Errors) -> Work {
    match (blocking.span(), is_async) {
        (Some(span), true) => {
            errors.at(span, messages::blocking_async());
            Work::Async
        }
        (Some(_), false) => Work::Blocking,
        (None, true) => Work::Async,
        (None, false) => Work::Sync,
    }
}
