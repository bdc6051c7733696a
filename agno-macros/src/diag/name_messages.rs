//! The text of what is said of names and values in `workflow!`: which there are, how many meet, what an expression may do with them.

use super::messages::{list, nearest};

// ---- names

pub(crate) fn name_twice(name: &str) -> String {
    format!("`{name}` is a name already; names are the keys of the records, so write `… as other_name`")
}

pub(crate) fn word_twice(word: &str) -> String {
    format!("a second `{word}` needs a name of its own, so that their records are told apart; write `{word} as name …`")
}

pub(crate) fn reserved_name(name: &str) -> String {
    format!("`{name}` is what paths call a part of a container; write `… as other_name`")
}

/// A bare word that is no node: most likely a step, or a typing mistake.
pub(crate) fn no_value(name: &str, names: &[&str]) -> String {
    match nearest(name, names) {
        Some(near) => format!("`{name}` is no value here; did you mean `{near}`?"),
        None => format!("`{name}` is no value here; names are the input and the nodes that ran before: {}", list(names)),
    }
}

pub(crate) fn no_value_but(name: &str, what: &str) -> String {
    format!("`{name}` is no value: it is {what}")
}

pub(crate) fn runs_later(name: &str) -> String {
    format!("`{name}` has no value yet: a name can be used after its node")
}

pub(crate) fn sibling_branch(name: &str, container: &str) -> String {
    format!("`{name}` is another branch of `{container}`, and runs beside this one; use it after the join, as `{container}.{name}`")
}

pub(crate) fn lives_in_branch(name: &str, container: &str) -> String {
    format!("`{name}` is a branch of `{container}`; write `{container}.{name}`")
}

pub(crate) fn lives_in_other_side(name: &str, container: &str) -> String {
    format!("`{name}` lives in another side of `{container}`, which does not run when this one does")
}

pub(crate) fn lives_in(name: &str, container: &str) -> String {
    format!("`{name}` lives in `{container}`, and ends with it; the value of the whole is `{container}`")
}

/// `write(research)`, where `research` is a `parallel`.
pub(crate) fn several_values(name: &str, names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("`{name}` has several values; write {}", list(&names))
}

pub(crate) fn no_branch(name: &str, field: &str, names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("`{name}` has no branch `{field}`; it has {}", list(&names))
}

pub(crate) fn drafts_count(names: usize, values: usize) -> String {
    format!("the loop starts with {}, and {} here; write one name for each", count(values, "value"), count(names, "name"))
}

/// `1 value`, `2 values`
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

// ---- how many values meet

pub(crate) fn condition_counts(given: usize, before: usize) -> String {
    format!(
        "without `else` the value before passes through, and the body gives {}, where {} before; write an `else`, or `map`",
        count(given, "value"),
        there_are(before)
    )
}

pub(crate) fn side_counts(given: usize, first: usize) -> String {
    format!("both sides give the same number of values: this one gives {given}, the first one {first}; `map |a, b| …` makes one of several")
}

pub(crate) fn loop_counts(given: usize, before: usize) -> String {
    format!(
        "an iteration gives what the next one gets: this body gives {}, and starts with {before}; `restart` starts each anew",
        count(given, "value")
    )
}

pub(crate) fn arm_counts(given: usize, first: usize) -> String {
    format!("all arms give the same number of values: this one gives {given}, the first one {first}; `map |a, b| …` makes one of several")
}

pub(crate) fn many_counts(given: usize, before: usize) -> String {
    format!("with `many` an arm gives what the next one gets: this one gives {}, and starts with {before}", count(given, "value"))
}

pub(crate) fn skip_counts(given: usize, before: usize) -> String {
    format!(
        "`skip` lets the value before pass: this node gives {}, where {} before; write `on_error = none`",
        count(given, "value"),
        there_are(before)
    )
}

pub(crate) fn each_over_several(before: usize) -> String {
    format!("`each` goes over one list, and {} here; `map |a, b| …` makes one of several", there_are(before))
}

pub(crate) fn tuple_too_wide(given: usize, widest: usize) -> String {
    format!("{given} values become one tuple here, which holds up to {widest}; `map` them into a struct")
}

pub(crate) fn closure_too_wide(given: usize, widest: usize) -> String {
    format!("a closure takes up to {widest} values, and {} here; write a step", there_are(given))
}

fn there_are(number: usize) -> String {
    format!("there {} {number}", if number == 1 { "is" } else { "are" })
}

// ---- expressions

pub(crate) const MAP_GIVES_A_REFERENCE: &str = "a `map` gives a value of its own, which is recorded; write `.clone()` for this `&`";

/// `.await` in an argument.
pub(crate) fn awaits(what: &str) -> String {
    format!("{what} cannot await; put it into a step, and use the step's name")
}

/// `?`, `return`, `break` or `continue` in an argument.
pub(crate) fn leaves(word: &str, what: &str) -> String {
    format!("`{word}` cannot leave {what}; put it into a step, which may fail or end the workflow")
}
