//! The session's state, as a workflow declares it.

use std::{any::Any, sync::Arc};

use super::{
    CxCore,
    position::{Exclusive, Held, Stateless},
};
use crate::{
    content::{Codec, Content, StepOutput},
    error::Fault,
    plan::TypeInfo,
};

/// The state part of a workflow's position.
pub trait StatePart: Send + Sized + 'static {
    /// The state's type; `()` without one.
    type Value: Send + Sync + 'static;
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
    /// Puts `value` in place of the session's.
    #[doc(hidden)]
    fn replace(session: &SessionRef<'_>, first: &Self::First, value: Self::Value);
    /// The same kind of state, which begins as `value`.
    #[doc(hidden)]
    fn first_of(first: &Self::First, value: Self::Value) -> Self::First;
}

/// Where a state is loaded from.
#[derive(Debug)]
pub struct CxCoreRef<'a>(pub(crate) &'a CxCore);

/// The session whose state is replaced, and the run that does it.
#[derive(Debug)]
pub struct SessionRef<'a>(pub(crate) &'a crate::session::Session, pub(crate) &'a Arc<str>);

/// A type that can be the session state: every attempt works on a copy of it, and it is stored with the session.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the session state",
    label = "must be copied, stored, read back and described",
    note = "derive `Clone`, `Serialize`, `Deserialize` and `JsonSchema` for it, and for the types in it; it must also be `Send + Sync + 'static`"
)]
pub trait SessionState: Send + Sync + 'static + Sized {
    /// What is known of the type. Whoever has it needs the bound no more.
    #[doc(hidden)]
    const KIND: StateKind<Self>;
}

#[diagnostic::do_not_recommend]
impl<S: Content + Clone> SessionState for S {
    const KIND: StateKind<S> = StateKind { codec: <S as StepOutput>::CODEC, copy: S::clone };
}

/// How a state is copied, and written and read.
pub struct StateKind<S> {
    pub(crate) codec: Codec<S>,
    pub(crate) copy: fn(&S) -> S,
}

impl<S> StateKind<S> {
    /// The type, as a plan shows it.
    #[must_use]
    pub fn info(self) -> TypeInfo {
        self.codec.info()
    }
}

impl<S> Clone for StateKind<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for StateKind<S> {}

impl<S> std::fmt::Debug for StateKind<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StateKind").field(&self.codec).finish()
    }
}

/// How a state begins in a session that has none.
pub struct First<S> {
    kind: StateKind<S>,
    make: Arc<dyn Fn() -> S + Send + Sync>,
}

impl<S> Clone for First<S> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, make: Arc::clone(&self.make) }
    }
}

impl<S> std::fmt::Debug for First<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("First")
    }
}

/// `state name: S = expr;`
pub fn first_state<S: Send + Sync + 'static>(kind: StateKind<S>, make: fn() -> S) -> First<S> {
    First { kind, make: Arc::new(make) }
}

/// A state that begins by itself: `state name: S;`
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` has no first value",
    label = "needs a first value",
    note = "derive `Default` for `{Self}`, or write `state name: {Self} = expression;`"
)]
pub trait DefaultState {
    #[doc(hidden)]
    fn first() -> Self;
}

#[diagnostic::do_not_recommend]
impl<S: Default> DefaultState for S {
    fn first() -> Self {
        S::default()
    }
}

/// No state.
pub const fn no_state() {}

impl<S: Send + Sync + 'static> StatePart for Exclusive<S> {
    type Value = S;
    type First = First<S>;

    fn load(core: &CxCoreRef<'_>, key: &str, first: &First<S>) -> Result<Self, Box<Fault>> {
        let run = &core.0.run;
        run.session.load(key, || (first.make)(), first.kind, &run.info.run_id).map(Self)
    }

    fn share(outer: &mut dyn Any) -> Option<Self> {
        outer.downcast_ref::<Held<S>>().cloned().map(Self)
    }

    fn give_back(self, outer: &mut dyn Any) {
        if let Some(held) = outer.downcast_mut::<Held<S>>() {
            *held = self.0;
        }
    }

    fn replace(session: &SessionRef<'_>, first: &First<S>, value: S) {
        session.0.replace("", Arc::new(value), first.kind.codec, session.1);
    }

    fn first_of(first: &First<S>, value: S) -> First<S> {
        let kind = first.kind;
        First { kind, make: Arc::new(move || (kind.copy)(&value)) }
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

    fn replace(_: &SessionRef<'_>, (): &(), (): ()) {}

    fn first_of((): &(), (): ()) {}
}
