//! The macros of `agno`. Use them through the `agno` crate, which documents them where it re-exports them.
//!
//! Both are a pipeline over typed stages: parse → (resolve →) check → expand. Everything below this file takes and returns
//! `proc_macro2` tokens, so that tests can drive it.

mod args;
mod case;
mod diag;
mod paths;
mod reader;
mod step;
mod workflow;

/// Makes a function, or an `impl` block with a method `run`, a step.
#[proc_macro_attribute]
pub fn step(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    step::step(options.into(), item.into(), reader::Reader::here()).into()
}

/// Makes a workflow from a block whose statements are steps.
#[proc_macro]
pub fn workflow(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    workflow::workflow(input.into(), reader::Reader::here()).into()
}
