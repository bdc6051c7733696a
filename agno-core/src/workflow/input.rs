//! What `run` takes.

use std::sync::Arc;

/// A workflow's input: the value, an `Arc` of it, or `&str` for text.
#[diagnostic::on_unimplemented(
    message = "the workflow takes a `{T}`, not a `{Self}`",
    label = "expected `{T}`",
    note = "a JSON value goes to `run_json`, which checks it"
)]
pub trait IntoInput<T> {
    /// The input.
    fn into_input(self) -> Arc<T>;
}

impl<T> IntoInput<T> for T {
    fn into_input(self) -> Arc<T> {
        Arc::new(self)
    }
}

impl<T> IntoInput<T> for Arc<T> {
    fn into_input(self) -> Arc<T> {
        self
    }
}

impl IntoInput<String> for &str {
    fn into_input(self) -> Arc<String> {
        Arc::new(self.to_owned())
    }
}
