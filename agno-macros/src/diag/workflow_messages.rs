//! The text of every message of `workflow!`: first what is wrong, then what to write. Lower case, no full stop, code in backticks.

use std::fmt::Display;

use super::messages::{agno_word, list, nearest, unknown_option};
pub(crate) use super::name_messages::*;

/// The kinds of events; the enum that generated code names is the runtime's.
pub(crate) const EVENTS: [&str; 34] = [
    "WorkflowStarted",
    "WorkflowCompleted",
    "WorkflowError",
    "WorkflowCancelled",
    "WorkflowPaused",
    "WorkflowContinued",
    "StepStarted",
    "StepCompleted",
    "StepError",
    "StepSkipped",
    "StepCancelled",
    "StepRetrying",
    "StepOutput",
    "StepProgress",
    "StepPaused",
    "StepContinued",
    "StepsExecutionStarted",
    "StepsExecutionCompleted",
    "ParallelExecutionStarted",
    "ParallelExecutionCompleted",
    "ConditionExecutionStarted",
    "ConditionExecutionCompleted",
    "LoopExecutionStarted",
    "LoopExecutionCompleted",
    "LoopIterationStarted",
    "LoopIterationCompleted",
    "RouterExecutionStarted",
    "RouterExecutionCompleted",
    "EachExecutionStarted",
    "EachExecutionCompleted",
    "EachItemStarted",
    "EachItemCompleted",
    "RunContent",
    "CustomEvent",
];

// ---- the workflow and its declarations

pub(crate) const NAME_EXPECTED: &str = "expected the workflow's name; write `Name(input: Input) -> Output { … }`";
pub(crate) const NO_GENERICS: &str = "a workflow takes no generics; its input and output are concrete types, so that runs can be stored";
pub(crate) const ONE_WORKFLOW: &str = "one `workflow!` holds one workflow; write another `workflow! { … }` for this";
pub(crate) const DECLARATIONS_FIRST: &str = "declarations come first; move this line before the first node";
pub(crate) const USE_IS_A_NAME: &str = "`use` in a workflow names an executor, `use name: Type;`; imports stand outside of `workflow!`";
pub(crate) const STATE_TWICE: &str = "a workflow has one state; put both into one struct";
pub(crate) const EXTRA_TWICE: &str = "a workflow has one `extra`; put both into one struct";

pub(crate) fn item_keyword(word: impl Display) -> String {
    format!("`{word}` is not needed; write `Name(input: Input) -> Output {{ … }}`")
}

pub(crate) fn input_expected(name: impl Display) -> String {
    format!("`{name}` needs an input; write `{name}(input: Input) -> Output {{ … }}`, or `{name}(input: ()) -> …`")
}

pub(crate) fn one_input(name: impl Display) -> String {
    format!("a workflow has exactly one input; for several values write a struct, for none `{name}(input: ())`")
}

pub(crate) fn output_expected(name: impl Display) -> String {
    format!("`{name}` needs an output; write `-> Output` before the block: the type of its last node")
}

pub(crate) fn workflow_needs_a_block(name: impl Display) -> String {
    format!("`{name}` needs a block; write its steps in `{{ … }}` after the output type")
}

pub(crate) fn empty_workflow(name: impl Display) -> String {
    format!("`{name}` has no steps; write at least one, such as `write;`")
}

pub(crate) fn use_needs_a_type(name: impl Display) -> String {
    format!("`use {name}` needs the executor's type, `use {name}: Type;`; imports stand outside of `workflow!`")
}

pub(crate) fn type_expected(what: impl Display) -> String {
    format!("{what} needs a type")
}

pub(crate) fn use_like_an_option(name: impl Display) -> String {
    format!("`{name}` is an option of the builder; give this executor another name")
}

pub(crate) fn declared_twice(name: impl Display) -> String {
    format!("`{name}` is declared twice")
}

// ---- nodes

pub(crate) const BLOCKS_END_THEMSELVES: &str = "a block ends itself; remove this `;`";
pub(crate) const ARMS_END_WITH_A_COMMA: &str = "arms are separated by `,`; write `,` for this `;`, or put the nodes into `{ … }`";
pub(crate) const ALIAS_EXPECTED: &str = "`as` needs a name; write `as name`";
pub(crate) const GENERIC_STEP: &str = "a step takes no generics; write `path;` or `path(arguments);`";
pub(crate) const WAS_IS_A_NAME: &str = "`was` names what this node was called before; write `#[was(\"old_name\")]`";
pub(crate) const WAS_TWICE: &str = "`was` is given twice";
pub(crate) const EACH_HAS_ONE_ITEM: &str = "`each` has one item at a time; write `|item|`";
pub(crate) const NODE_EXPECTED: &str =
    "expected a node: a step (`write;`), or one of `steps`, `parallel`, `each`, `condition`, `loop`, `router`, `ask`, `sleep`, `map`";
pub(crate) const STRAY_SEMICOLON: &str = "nothing ends here; remove this `;`";
pub(crate) const ELSE_IF: &str = "`else if` is no part of a condition; put another `condition` into `else { … }`, or write a `router`";
pub(crate) const ELSE_EXPECTED: &str = "after `else` write a block, `else { … }`, or `else none;`, which makes the value an `Option`";
pub(crate) const EVENTS_ARE_A_LIST: &str = "`skip_events` is a list; write `skip_events = [StepStarted, StepCompleted]`";
pub(crate) const FALLBACK_NEEDS_A_STEP: &str = "`fallback` needs a step; write `on_error = fallback(other_step)`";
pub(crate) const FALLBACK_IS_A_NAME: &str = "a fallback gets what the step got; write its name alone, `fallback(other_step)`";
pub(crate) const DEFAULT_WITHOUT_TIMEOUT: &str = "`default` is the answer when time runs out; add `timeout = \"24h\"`";
pub(crate) const PLAIN_BLOCK: &str = "a plain block is no node; write `steps name { … }`";
pub(crate) const PLAIN_CLOSURE: &str = "a closure is no node; write `map |value| …;`";
pub(crate) const PLAIN_LOOP: &str = "a loop needs a name and a bound; write `loop name (max = 3) { … }`";
pub(crate) const PLAIN_ASSIGNMENT: &str =
    "a node is not assigned: its value has its name; write `write;`, or `write as draft;` for another name";

pub(crate) fn name_expected(keyword: impl Display) -> String {
    format!("`{keyword}` needs a name, under which its records are kept; write `{keyword} name …`")
}

pub(crate) fn block_expected(what: &str, name: impl Display) -> String {
    format!("`{what} {name}` needs a block; write `{{ … }}` after it")
}

pub(crate) fn empty_block(what: &str) -> String {
    match what {
        "arm" => "this arm has no node; write a step, or `map |value| value.clone()` to let the value pass".to_owned(),
        "else" => "this `else` has no node; leave it out to let the value pass, or write `else none;`".to_owned(),
        "parallel" => "this `parallel` has no branches; write at least one".to_owned(),
        "router" => "this `router` has no arms; write at least one, `Pattern => node`".to_owned(),
        _ => format!("this `{what}` has no nodes; write at least one"),
    }
}

pub(crate) fn with_on_a_block(what: &str, name: impl Display) -> String {
    format!("the options of a block stand in the parentheses before it, without `with`; write `{what} {name} (…) {{ … }}`")
}

pub(crate) const OPTIONS_BEFORE_THE_BLOCK: &str = "the options of a block stand in the parentheses before it, without `with`";

/// `draft (retry = 3);`
pub(crate) fn option_as_argument(key: &str) -> String {
    format!("an argument assigns nothing; options stand behind `with`: `… with ({key} = …);`")
}

pub(crate) fn step_with_a_block(name: &str) -> String {
    format!("`{name}` is a step, which has no block; write `{name};`, or `steps {name} {{ … }}` for a group")
}

pub(crate) fn missing_semicolon(name: &str) -> String {
    format!("missing `;` after `{name}`")
}

pub(crate) fn comma_for_semicolon(name: &str) -> String {
    format!("nodes end with `;`; write `;` for this `,` after `{name}`")
}

pub(crate) fn missing_comma(name: &str) -> String {
    format!("missing `,` after `{name}`: an arm is one node; several stand in `{{ … }}`")
}

pub(crate) fn alias_before_arguments(name: &str, alias: impl Display) -> String {
    format!("the name stands after the arguments; write `{name}(…) as {alias}`")
}

pub(crate) fn unknown_attribute(name: &str) -> String {
    format!("`{name}` is no attribute of a node; write a doc comment, or `#[was(\"old_name\")]`")
}

pub(crate) fn decision_missing(what: &str, name: impl Display) -> String {
    match what {
        "router" => format!("`router {name}` needs a selector; write `router {name} (audience) {{ … }}`"),
        _ => format!("`{what} {name}` needs a predicate; write `{what} {name} (has_claims) {{ … }}`"),
    }
}

pub(crate) fn decision_first(what: &str, name: impl Display, word: &str) -> String {
    if let Some(ours) = agno_word(word) {
        return ours;
    }
    match what {
        "router" => format!("the selector comes first; write `router {name} (audience, …) {{ … }}`"),
        _ => format!("the predicate comes first; write `{what} {name} (has_claims, …) {{ … }}`"),
    }
}

pub(crate) fn decision_expected(what: &str) -> String {
    match what {
        "router" => "a selector is a step, or a closure over the value: `(|draft| draft.audience)`".to_owned(),
        _ => "a predicate is a step, or a closure over the value: `|draft| draft.claims > 0`".to_owned(),
    }
}

pub(crate) fn question_expected(name: impl Display) -> String {
    format!("`ask {name}` needs a question; write `ask {name}: Type = \"…?\";`")
}

pub(crate) fn loop_needs_a_bound(name: impl Display) -> String {
    format!("`loop {name}` needs a bound; write `loop {name} (max = 3) {{ … }}`")
}

// ---- plain Rust

pub(crate) fn plain_rust(word: &str) -> Option<String> {
    let text = match word {
        "if" => "`if` is written `condition name (predicate) { … }`, so that the decision is recorded",
        "for" => "`for` is written `each name |item| { … }`, over the list that comes before it",
        "while" => "`while` is written `loop name (max = 10, until = predicate) { … }`, with a bound",
        "match" => "`match` is written `router name (selector) { Pattern => node, … }`, so that the choice is recorded",
        "let" => "a node is not assigned: its value has its name; write `write;`, or `write as draft;` for another name",
        "return" => "a workflow's value is that of its last node; to end early, a step returns `ControlFlow::Break(output)`",
        "break" | "continue" => "a loop ends by its predicate; write `loop name (max = 3, until = predicate) { … }`",
        "async" | "await" => "nodes run one after the other and are awaited by themselves; for several at once write `parallel name { … }`",
        "fn" | "struct" | "enum" | "impl" | "mod" | "const" | "static" | "trait" | "type" => "items stand outside of `workflow!`",
        "else" => "`else` belongs to the `condition` before it",
        "unsafe" | "move" | "ref" | "mut" => "expected a node, such as the step `write;`",
        _ => return None,
    };
    Some(text.to_owned())
}

pub(crate) fn macro_as_node(name: &str) -> String {
    format!("the macro `{name}!` is no node; call it in a step")
}

pub(crate) fn node_awaited(name: &str) -> String {
    format!("a node is awaited by itself: write `{name};`")
}

pub(crate) fn node_with_a_method(name: &str) -> String {
    format!("a node is no expression: write `{name};`, and then `map |value| …;` to change its value")
}

pub(crate) fn node_with_a_question_mark(name: &str) -> String {
    format!("a failing node fails the run by itself: write `{name};`, or `{name} with (on_error = …);` for another policy")
}

// ---- options

/// The general options that some construct has.
const KNOWN: [&str; 17] = [
    "retry",
    "backoff",
    "max_backoff",
    "retry_if",
    "timeout",
    "label",
    "history",
    "on_error",
    "migrate",
    "limit",
    "max",
    "until",
    "on_max",
    "restart",
    "many",
    "default",
    "name",
];

pub(crate) fn option_not_here(key: &str, what: &str, allowed: &[&str]) -> String {
    let list = list(allowed);
    match key {
        "retry" | "backoff" | "max_backoff" | "retry_if" | "history" if what != "a workflow" => {
            format!("option `{key}` means nothing on {what}; write it on the steps inside; expected one of {list}")
        }
        "name" if what != "a workflow" => {
            format!("a node is named by `as name`, and for people by `label = \"…\"`; expected one of {list}")
        }
        _ if KNOWN.contains(&key) => format!("option `{key}` means nothing on {what}; expected one of {list}"),
        _ => unknown_option(key, allowed),
    }
}

pub(crate) fn on_error_not_here(word: &str, what: &str, allowed: &[&str]) -> String {
    match word {
        "none" if what == "`parallel`" => {
            "`none` means nothing on `parallel`, which has one value per branch; write it on the branches, or `on_error = collect`"
                .to_owned()
        }
        "collect" => format!("`collect` is for `parallel` and `each`, which have several values; on {what} write `on_error = none`"),
        "fallback" => format!("`fallback` is for steps: it gets the same arguments; expected one of {}", list(allowed)),
        "skip" | "none" | "pause" | "fail" => format!("`{word}` means nothing on {what}; expected one of {}", list(allowed)),
        _ => unknown_word("on_error", word, allowed),
    }
}

pub(crate) fn unknown_word(key: &str, word: &str, allowed: &[&str]) -> String {
    let list = list(allowed);
    match nearest(word, allowed) {
        Some(near) => format!("`{word}` is no value of `{key}`; did you mean `{near}`? expected one of {list}"),
        None => format!("`{word}` is no value of `{key}`; expected one of {list}"),
    }
}

pub(crate) fn unknown_event(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no event `{name}`; did you mean `{near}`?"),
        None => format!("there is no event `{name}`; they are named like `StepStarted`, `RunContent`, `WorkflowCompleted`"),
    }
}

pub(crate) fn at_least_one(key: &str) -> String {
    format!("`{key} = 0` would run nothing; write 1 or more")
}
