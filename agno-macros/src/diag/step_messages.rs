//! What is said of `#[step]`. What is common to both macros is in `messages.rs`.

pub(crate) use super::messages::{empty_text, option_takes_no_value};
use super::messages::{list, nearest};

// ------------------------------------------------------------------------------------------------ `#[step]`: options

pub(crate) fn retry_if_is_a_path() -> String {
    "option `retry_if` is the path of a function `fn(&Error) -> bool`; write `retry_if = is_transient`, and the closure as a function"
        .to_owned()
}

pub(crate) fn retry_if_without_error() -> String {
    "option `retry_if` looks at the error of a step, and this step returns none; return a `Result`, or remove the option".to_owned()
}

pub(crate) fn effect_expected(allowed: &[&str]) -> String {
    format!("option `effect` is a word: one of {}", list(allowed))
}

pub(crate) fn unknown_effect(word: &str, allowed: &[&str]) -> String {
    match nearest(word, allowed) {
        Some(near) => format!("unknown effect `{word}`; did you mean `{near}`? expected one of {}", list(allowed)),
        None => format!("unknown effect `{word}`; expected one of {}", list(allowed)),
    }
}

pub(crate) fn name_with_reserved(char: char) -> String {
    format!("option `name` is a key in paths, where `{char}` has a meaning; write it without, and use `label` for what people see")
}

pub(crate) fn backoff_over_maximum() -> String {
    "`max_backoff` is shorter than `backoff`, the first delay; make it at least as long".to_owned()
}

pub(crate) fn blocking_async() -> String {
    "option `blocking` is for functions that block their thread, and an `async fn` must not; remove `blocking`, or remove `async`"
        .to_owned()
}

// ------------------------------------------------------------------------------------------------ `#[step]`: the item

pub(crate) fn step_on_a_type(noun: &str, name: &str) -> String {
    format!("`#[step]` does not go on {noun}; put it on a function, or on `impl {name} {{ async fn run(&self, …) }}`")
}

pub(crate) fn step_on_another_item(noun: &str) -> String {
    format!("`#[step]` does not go on {noun}; put it on a function, or on an `impl` block with a method `run`")
}

pub(crate) fn step_on_something_else() -> String {
    "`#[step]` goes on a function, or on an `impl` block with a method `run`".to_owned()
}

pub(crate) fn step_without_body() -> String {
    "a step is a function with a body; `#[step]` does not go on declarations in traits and `extern` blocks".to_owned()
}

pub(crate) fn step_on_a_method() -> String {
    "a method cannot be a step by itself; put `#[step]` on the whole `impl` block and name the method `run`, or write a function".to_owned()
}

pub(crate) fn step_named_like_a_primitive(name: &str) -> String {
    format!("a step is also a type of its name, and `{name}` would hide the primitive type `{name}`; choose another name")
}

pub(crate) fn step_with_qualifier(word: &str) -> String {
    format!("a step is a plain `fn` or `async fn`; remove `{word}`")
}

pub(crate) fn variadic_step() -> String {
    "a step has a fixed number of parameters; take a slice, such as `&[T]`".to_owned()
}

pub(crate) fn generic_step(name: &str) -> String {
    format!("a step has one input and one output type, so it cannot be generic over `{name}`; write the type, and one step for each")
}

pub(crate) fn step_on_a_trait_impl(self_ty: &str) -> String {
    format!("`#[step]` goes on an `impl` block without a trait; write `impl {self_ty} {{ async fn run(&self, …) }}`")
}

pub(crate) fn generic_executor() -> String {
    "an executor is one type, so its `impl` block cannot be generic; write the types, such as `impl Writer<Draft>`".to_owned()
}

pub(crate) fn executor_without_a_name() -> String {
    "an executor is a type with a name, such as `impl Writer`".to_owned()
}

pub(crate) fn executor_without_run(self_ty: &str) -> String {
    format!("`{self_ty}` has no method `run` in this `impl` block; add `async fn run(&self, …)`, which is the step's work")
}

pub(crate) fn run_without_self() -> String {
    "the `run` of an executor takes `&self`; add it, or put `#[step]` on a function instead".to_owned()
}

pub(crate) fn run_with_other_self() -> String {
    "an executor is shared by the runs that use it, so `run` takes `&self`; write `&self`, and keep what changes in the session state"
        .to_owned()
}

// ------------------------------------------------------------------------------------------------ `#[step]`: parameters

pub(crate) fn generic_parameter() -> String {
    "a step's parameters are written out, so `impl Trait` cannot be one; write the type".to_owned()
}

pub(crate) fn trait_object_parameter() -> String {
    "a step's data is stored, and a trait object cannot be; write its type, or keep it in an executor: `#[step] impl Type { async fn run(&self, …) }`".to_owned()
}

pub(crate) fn borrowed_parameter() -> String {
    "a step's data is stored, so its type owns what it holds; take owned values behind one `&`, such as `&Vec<T>`, `&str` or `&(A, B)`"
        .to_owned()
}

pub(crate) fn conditional_parameter() -> String {
    "a step's parameters cannot depend on `#[cfg]`; put it on the whole step".to_owned()
}

pub(crate) fn one_role_only() -> String {
    "a parameter is `#[state]` or `#[extra]`, once; remove one".to_owned()
}

pub(crate) fn role_is_read_only(role: &str) -> String {
    match role {
        "state" => "`#[state]` reads the session state; remove `#[state]` to write it, or remove `mut`".to_owned(),
        _ => format!("`#[{role}]` is shared by the whole run and cannot be changed; remove `mut`"),
    }
}

pub(crate) fn role_takes_a_reference(role: &str) -> String {
    format!("`#[{role}]` lends its value; take it by reference: `&T`")
}

pub(crate) fn two_mutable_parameters() -> String {
    "a `&mut` parameter is the session state, and there is one; put both into one type, or take this one by `&`".to_owned()
}

pub(crate) fn two_states() -> String {
    "there is one session state; put both into one type, or remove this `#[state]`".to_owned()
}

pub(crate) fn state_read_and_written() -> String {
    "a `&mut` parameter is the session state already; remove the `#[state]` parameter, and read it there".to_owned()
}

pub(crate) fn unsized_state() -> String {
    "a `&mut` parameter is the session state, which is one value of a type like `Cart`; take data by `&`".to_owned()
}

pub(crate) fn optional_mutable() -> String {
    "a `&mut` parameter is the session state, which is always there; write `&mut T`, or `Option<&T>` for data".to_owned()
}

pub(crate) fn two_extras() -> String {
    "a step takes the run's additional data once; remove this `#[extra]`".to_owned()
}

pub(crate) fn two_contexts() -> String {
    "a step has one context; remove this parameter".to_owned()
}

pub(crate) fn mutable_context() -> String {
    "the context is shared, and everything it does takes `&self`; write `&StepContext`".to_owned()
}

pub(crate) fn context_by_value() -> String {
    "the context belongs to the run; take it by reference: `&StepContext`".to_owned()
}

// ------------------------------------------------------------------------------------------------ `#[step]`: the return type

pub(crate) fn step_that_never_returns() -> String {
    "a step returns a value; write its type, or `()`".to_owned()
}

pub(crate) fn hidden_output() -> String {
    "a step's output is stored, so its type is written out; write the type, and `async fn` instead of returning a future".to_owned()
}

pub(crate) fn borrowed_output() -> String {
    "what a step returns outlives its parameters, so it owns what it holds; return an owned type, such as `String` or `Vec<T>`".to_owned()
}

pub(crate) fn control_flow_without_types() -> String {
    "a step that may end the workflow says with what; write `ControlFlow<Output, T>`".to_owned()
}
