//! The position in the graph, as a type: who may change the state, and what additional data there is.

use std::{any::Any, sync::Arc};

use crate::content::Codec;

/// The position of code in a workflow: its state `St` and its additional data `X`.
#[derive(Clone, Debug)]
pub struct Position<St, X> {
    pub(crate) state: St,
    pub(crate) extra: X,
}

impl<St, X> Position<St, X> {
    pub(crate) const fn new(state: St, extra: X) -> Self {
        Self { state, extra }
    }
}

/// Nothing runs beside this code: it may change the state `S`.
#[derive(Debug)]
pub struct Exclusive<S>(pub(crate) Held<S>);

/// Other code runs beside this one: it may read the state `S`.
#[derive(Debug)]
pub struct Branch<S>(pub(crate) Held<S>);

/// The workflow has no state, and nothing runs beside this code.
#[derive(Clone, Copy, Debug)]
pub struct Stateless;

/// The workflow has no state, and other code runs beside this one.
#[derive(Clone, Copy, Debug)]
pub struct Apart;

/// The run's state as this leg sees it: the value, and the version of the session's row that it is.
#[derive(Debug)]
pub struct Held<S> {
    pub(crate) value: Arc<S>,
    pub(crate) version: u64,
    pub(crate) key: Arc<str>,
    /// Makes the copy that an attempt works with.
    pub(crate) copy: fn(&S) -> S,
    /// How it is stored.
    pub(crate) codec: Codec<S>,
}

impl<S> Clone for Held<S> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), version: self.version, key: Arc::clone(&self.key), copy: self.copy, codec: self.codec }
    }
}

/// The run's additional data, declared as `extra name: X;`.
#[derive(Debug)]
pub struct Extra<X>(pub(crate) Arc<X>);

impl<X> Clone for Extra<X> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The workflow declares no additional data.
#[derive(Clone, Copy, Debug)]
pub struct NoExtra;

/// The position may change the state.
#[diagnostic::on_unimplemented(
    message = "this changes the session state, and branches of `parallel` and `each` would race for it",
    label = "changes the state",
    note = "return the change, and apply it in a step after the join"
)]
pub trait Alone {}

#[diagnostic::do_not_recommend]
impl<S, X> Alone for Position<Exclusive<S>, X> {}
#[diagnostic::do_not_recommend]
impl<X> Alone for Position<Stateless, X> {}
// A branch of a workflow without state: that there is none is the one error there.
#[diagnostic::do_not_recommend]
impl<X> Alone for Position<Apart, X> {}

/// A workflow that needs nothing but its type may be nested by it. Nothing implements this: it is asked for by those that have `use`s.
#[diagnostic::on_unimplemented(
    message = "`{W}` needs executors, so its type alone cannot be nested",
    label = "needs executors",
    note = "write `use name: {W};` as a line of the outer workflow, and `name;` here"
)]
pub trait ByType<W> {}

/// The position may hold a nested workflow that has a state.
#[diagnostic::on_unimplemented(
    message = "this workflow has a session state, and branches of `parallel` and `each` would race for it",
    label = "changes its state",
    note = "nest it before or after the branches, or return the change and apply it in a step after the join"
)]
pub trait Sole {}

#[diagnostic::do_not_recommend]
impl<S, X> Sole for Position<Exclusive<S>, X> {}
#[diagnostic::do_not_recommend]
impl<X> Sole for Position<Stateless, X> {}

/// The workflow has the state `S`.
#[diagnostic::on_unimplemented(
    message = "this step uses the session state `{S}`, which this workflow does not declare",
    label = "uses the state `{S}`",
    note = "add `state name: {S};` as a line of the workflow"
)]
pub trait Holds<S> {
    #[doc(hidden)]
    fn held(&self) -> &Held<S>;
    #[doc(hidden)]
    fn held_mut(&mut self) -> &mut Held<S>;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static, X> Holds<S> for Position<Exclusive<S>, X> {
    fn held(&self) -> &Held<S> {
        &self.state.0
    }
    fn held_mut(&mut self) -> &mut Held<S> {
        &mut self.state.0
    }
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static, X> Holds<S> for Position<Branch<S>, X> {
    fn held(&self) -> &Held<S> {
        &self.state.0
    }
    fn held_mut(&mut self) -> &mut Held<S> {
        &mut self.state.0
    }
}

/// The workflow declares the additional data `X`.
#[diagnostic::on_unimplemented(
    message = "this uses the additional data `{X}`, which this workflow does not declare",
    label = "uses `{X}`",
    note = "add `extra name: {X};` as a line of the workflow"
)]
pub trait Knows<X> {
    /// The data.
    fn extra(&self) -> Arc<X>;
}

#[diagnostic::do_not_recommend]
impl<St, X> Knows<X> for Position<St, Extra<X>> {
    fn extra(&self) -> Arc<X> {
        Arc::clone(&self.extra.0)
    }
}

/// A position can be left for a branch of it.
pub trait Fork: Send + Sync + 'static {
    /// The position of a branch.
    type Branch: Fork;
    /// The branch.
    fn fork(&self) -> Self::Branch;
    /// The state, if there is one, for a nested workflow that shares it.
    #[doc(hidden)]
    fn state(&mut self) -> Option<&mut dyn Any>;
    /// The additional data, if there is some.
    #[doc(hidden)]
    fn extra_any(&self) -> Option<Arc<dyn Any + Send + Sync>>;
}

/// The additional data of a position, without its type.
pub trait ExtraPart: Clone + Send + Sync + 'static {
    /// The type of the data.
    type Value: Send + Sync + 'static;
    #[doc(hidden)]
    fn any(&self) -> Option<Arc<dyn Any + Send + Sync>>;
    #[doc(hidden)]
    fn of(any: Option<Arc<dyn Any + Send + Sync>>) -> Option<Self>;
}

impl<X: Send + Sync + 'static> ExtraPart for Extra<X> {
    type Value = X;
    fn any(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(Arc::clone(&self.0) as _)
    }
    fn of(any: Option<Arc<dyn Any + Send + Sync>>) -> Option<Self> {
        any?.downcast().ok().map(Self)
    }
}

impl ExtraPart for NoExtra {
    type Value = ();
    fn any(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
    fn of(_: Option<Arc<dyn Any + Send + Sync>>) -> Option<Self> {
        Some(Self)
    }
}

macro_rules! fork {
    ($([$($generic:ident)?] $from:ty => $to:ty, |$state:ident| $fork:expr, $held:expr;)*) => {$(
        impl<$($generic: Send + Sync + 'static,)? X: ExtraPart> Fork for Position<$from, X> {
            type Branch = Position<$to, X>;
            fn fork(&self) -> Self::Branch {
                let $state = &self.state;
                Position { state: $fork, extra: self.extra.clone() }
            }
            fn state(&mut self) -> Option<&mut dyn Any> {
                let $state = &mut self.state;
                $held
            }
            fn extra_any(&self) -> Option<Arc<dyn Any + Send + Sync>> {
                self.extra.any()
            }
        }
    )*};
}

fork! {
    [S] Exclusive<S> => Branch<S>, |state| Branch(state.0.clone()), Some(&mut state.0 as &mut dyn Any);
    [S] Branch<S> => Branch<S>, |state| Branch(state.0.clone()), Some(&mut state.0 as &mut dyn Any);
    [] Stateless => Apart, |_state| Apart, None;
    [] Apart => Apart, |_state| Apart, None;
}
