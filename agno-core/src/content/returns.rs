//! What steps return, fail with, and take by value.

use std::{error::Error, marker::PhantomData, ops::ControlFlow};

use super::{Codec, StepOutput};

/// A step never ends the workflow, or never fails.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl Error for Never {}

/// What one attempt gave: the step's copy of the state, and its result.
pub type Tried<L, B, T, E> = (L, Result<ControlFlow<B, T>, E>);

/// `Ok` and `Err` of whatever is a `Result`, under any alias.
pub trait AsResult {
    /// The value of success.
    type Ok;
    /// The error.
    type Err;
    /// The same, as the `Result` that it is.
    ///
    /// # Errors
    /// The step's own.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
}

impl<T, E> AsResult for Result<T, E> {
    type Ok = T;
    type Err = E;
    fn into_result(self) -> Self {
        self
    }
}

/// The return type of a step that is written without `Result`. Its method `codec` tells apart what is a value and what hides a `Result`.
#[derive(Debug)]
pub struct Returns<T>(pub PhantomData<T>);

/// A `Result` behind an alias.
#[derive(Debug)]
pub struct Hidden<T, E>(PhantomData<(T, E)>);

/// Never implemented: the bound that refuses a hidden `Result`.
#[diagnostic::on_unimplemented(
    message = "this return type is an alias of a `Result`",
    label = "hides a `Result`",
    note = "write it as `Result<T, E>`: an error must fail the step, not become its value"
)]
pub trait PlainValue {}

impl<T, E> Returns<Result<T, E>> {
    /// Chosen before the trait's method, and refused.
    #[must_use]
    pub fn codec(self) -> Codec<Result<T, E>>
    where
        Hidden<T, E>: PlainValue,
    {
        unreachable!("`PlainValue` is never implemented")
    }
}

/// A return type that is no `Result`.
pub trait AnyValue<T> {
    /// The codec of the value.
    fn codec(self) -> Codec<T>
    where
        T: StepOutput;
}

impl<T> AnyValue<T> for Returns<T> {
    fn codec(self) -> Codec<T>
    where
        T: StepOutput,
    {
        T::CODEC
    }
}

/// A parameter that is taken by value: the step gets a clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken by value, but cannot be cloned",
    label = "taken by value",
    note = "take it by reference: `&{Self}`"
)]
pub trait ByValue {
    /// The step's own copy.
    #[must_use]
    fn by_value(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> ByValue for T {
    fn by_value(&self) -> T {
        self.clone()
    }
}

/// An error in a box, as a step's error is kept.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a step may fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a step",
    label = "not an error",
    note = "implement `std::error::Error` for it, and `Send + Sync`"
)]
pub trait Failure: Send + 'static {
    /// The error in a box.
    fn boxed(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError> + Send + 'static> Failure for E {
    fn boxed(self) -> BoxError {
        self.into()
    }
}
