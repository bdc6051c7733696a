//! The session's state, as a workflow declares it.

use std::{any::Any, sync::Arc};

use super::{
    CxCore,
    position::{Exclusive, Held, Stateless},
};
use crate::{
    content::{Codec, Content},
    error::Fault,
};

/// The state part of a workflow's position.
pub trait StatePart: Send + Sized + 'static {
    /// The state's type; `()` without one.
    type Value: Clone + Send + Sync + 'static;
    /// How the state begins in a session that has none.
    type First: Clone + Send + Sync + 'static;

    /// The state of the run's session under `key`.
    #[doc(hidden)]
    fn load(core: &CxCoreRef<'_>, key: &str, first: &Self::First) -> Result<Self, Box<Fault>>;
    /// The same value, held by the workflow round this one, if that has a state of this type.
    #[doc(hidden)]
    fn share(outer: &mut dyn Any) -> Option<Self>;
    /// Hands back what was shared.
    #[doc(hidden)]
    fn give_back(self, outer: &mut dyn Any);
    /// Puts `value` in place of the session's, and says how a first one is made.
    #[doc(hidden)]
    fn replace(session: &SessionRef<'_>, value: Self::Value) -> Result<(), Box<Fault>>;
    /// A first state that is `value`.
    #[doc(hidden)]
    fn first_of(value: Self::Value) -> Self::First;
}

/// Where a state is loaded from.
#[derive(Debug)]
pub struct CxCoreRef<'a>(pub(crate) &'a CxCore);

/// The session whose state is replaced, and the run that does it.
#[derive(Debug)]
pub struct SessionRef<'a>(pub(crate) &'a crate::session::Session, pub(crate) &'a Arc<str>);

/// How a state begins in a session that has none.
pub struct First<S>(Arc<dyn Fn() -> S + Send + Sync>);

impl<S> Clone for First<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> std::fmt::Debug for First<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("First")
    }
}

/// `state name: S = expr;`
pub fn first_state<S: Send + Sync + 'static>(make: impl Fn() -> S + Send + Sync + 'static) -> First<S> {
    First(Arc::new(make))
}

/// `state name: S;`
#[must_use]
pub fn default_state<S: DefaultState>() -> First<S> {
    First(Arc::new(S::first))
}

/// A state that begins by itself.
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` has no first value",
    label = "needs a first value",
    note = "derive `Default` for `{Self}`, or write `state name: {Self} = expression;`"
)]
pub trait DefaultState: Send + Sync + 'static {
    #[doc(hidden)]
    fn first() -> Self;
}

#[diagnostic::do_not_recommend]
impl<S: Default + Send + Sync + 'static> DefaultState for S {
    fn first() -> Self {
        S::default()
    }
}

/// No state.
pub const fn no_state() {}

impl<S: Content + Clone> StatePart for Exclusive<S> {
    type Value = S;
    type First = First<S>;

    fn load(core: &CxCoreRef<'_>, key: &str, first: &First<S>) -> Result<Self, Box<Fault>> {
        let run = &core.0.run;
        run.session.load(key, || (first.0)(), Codec::of(), &run.info.run_id).map(Self)
    }

    fn share(outer: &mut dyn Any) -> Option<Self> {
        outer.downcast_ref::<Held<S>>().cloned().map(Self)
    }

    fn give_back(self, outer: &mut dyn Any) {
        if let Some(held) = outer.downcast_mut::<Held<S>>() {
            *held = self.0;
        }
    }

    fn replace(session: &SessionRef<'_>, value: S) -> Result<(), Box<Fault>> {
        session.0.replace("", Arc::new(value), Codec::of(), session.1);
        Ok(())
    }

    fn first_of(value: S) -> First<S> {
        first_state(move || value.clone())
    }
}

impl StatePart for Stateless {
    type Value = ();
    type First = ();

    fn load(_: &CxCoreRef<'_>, _: &str, (): &()) -> Result<Self, Box<Fault>> {
        Ok(Self)
    }

    fn share(_: &mut dyn Any) -> Option<Self> {
        Some(Self)
    }

    fn give_back(self, _: &mut dyn Any) {}

    fn replace(_: &SessionRef<'_>, (): ()) -> Result<(), Box<Fault>> {
        Ok(())
    }

    fn first_of((): ()) {}
}
