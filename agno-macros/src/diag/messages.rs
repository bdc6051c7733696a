//! The text of every message: first what is wrong, then what to write. Lower case, no full stop, code in backticks.

/// `retires` is no option of this item.
pub(crate) fn unknown_option(key: &str, allowed: &[&str]) -> String {
    if let Some(ours) = agno_word(key) {
        return ours;
    }
    let list = list(allowed);
    match nearest(key, allowed) {
        Some(near) => format!("unknown option `{key}`; did you mean `{near}`? expected one of {list}"),
        None => format!("unknown option `{key}`; expected one of {list}"),
    }
}

/// What Agno calls otherwise.
pub(crate) fn agno_word(key: &str) -> Option<String> {
    let ours = match key {
        "max_iterations" => "write `max = 3`",
        "end_condition" => "write `until = predicate`",
        "max_retries" => "write `retry = 3`",
        "evaluator" => "the predicate stands first in the parentheses: `condition name (predicate) { … }`",
        "selector" => "the selector stands first in the parentheses: `router name (selector) { … }`",
        "choices" => "choices are the arms of the router: `router name (selector) { Pattern => node, … }`",
        "executor" | "agent" | "team" => "write `use name: Type;` as a line of the workflow, and `name;` where it runs",
        "steps" => "write the steps in the block",
        "description" => "write a doc comment",
        "skip_on_failure" => "write `on_error = skip`",
        "add_workflow_history" | "num_history_runs" => "write `history = 3`",
        "session_state" => "write `state name: Type;` as a line of the workflow",
        _ => return None,
    };
    Some(format!("`{key}` is Agno's word; {ours}"))
}

/// An option that stands twice.
pub(crate) fn duplicate_option(key: &str) -> String {
    format!("option `{key}` is given twice")
}

/// The candidate that the user most likely meant: a misspelt one, one in another form, as `retries` is of `retry`, or one
/// that is not all written yet.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .flat_map(|candidate| {
            [(*candidate).to_owned(), plural(candidate)].map(|form| (strsim::damerau_levenshtein(word, &form), form, *candidate))
        })
        .filter(|(distance, form, candidate)| {
            let shared = word.bytes().zip(candidate.bytes()).take_while(|(left, right)| left == right).count();
            // `unt` is the beginning of `until`.
            let is_begun = word.len() >= 2 && shared == word.len();
            *distance <= 1 + form.len().min(word.len()) / 4 || (shared >= 4 && shared + 1 >= candidate.len()) || is_begun
        })
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// `retries` of `retry`
fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    }
}

/// The words, in backticks.
pub(crate) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn duration_expected() -> String {
    "expected a duration, such as `\"200ms\"`, `\"30s\"` or `\"24h\"`".to_owned()
}

pub(crate) fn bad_duration(text: &str) -> String {
    format!("`{text}` is no duration; write a whole number and a unit of `us`, `ms`, `s`, `m`, `h`, `d`, such as `\"30s\"`")
}

// ------------------------------------------------------------------------------------------------ options

/// Something that is no name stands where an option begins.
pub(crate) fn option_expected(allowed: &[&str]) -> String {
    format!("expected an option: one of {}", list(allowed))
}

pub(crate) fn comma_expected(key: &str) -> String {
    format!("expected `,` after the option `{key}`")
}

pub(crate) fn option_needs_a_value(key: &str, example: &str) -> String {
    format!("option `{key}` needs a value; write `{example}`")
}

pub(crate) fn option_needs_a_text(key: &str, example: &str) -> String {
    format!("option `{key}` is a text in quotes; write `{example}`")
}

pub(crate) fn option_takes_no_value(key: &str) -> String {
    format!("`{key}` takes no value; write it alone")
}

pub(crate) fn empty_text(key: &str) -> String {
    format!("option `{key}` is empty; write a text, or remove the option")
}
