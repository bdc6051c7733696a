//! Building a workflow's value.

use std::{marker::PhantomData, sync::Arc};

use super::{FirstState, Runner, Workflow};
use crate::{
    db::{Db, Store},
    event::EventName,
    plan::{Durability, History},
    run::StatePart,
};

/// Builds a workflow's value. What is set here overrides the workflow's `with (…)`; a run overrides both.
#[derive(Debug)]
pub struct Builder<W: Workflow> {
    pub(crate) options: Options<W>,
    workflow: PhantomData<fn() -> W>,
}

/// The options of a workflow's value.
pub(crate) struct Options<W: Workflow> {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) id: Option<Arc<str>>,
    pub(crate) db: Option<Arc<dyn Db>>,
    pub(crate) first: FirstState<W>,
    pub(crate) history: Option<History>,
    pub(crate) store_events: Option<bool>,
    pub(crate) skip_events: Vec<EventName>,
    pub(crate) durability: Durability,
    pub(crate) retry_on_conflict: u32,
    pub(crate) keep_runs: Option<usize>,
}

impl<W: Workflow> std::fmt::Debug for Options<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("workflow", &W::PLAN.type_name).finish_non_exhaustive()
    }
}

impl<W: Workflow> Default for Builder<W> {
    fn default() -> Self {
        let plan = &W::PLAN.options;
        let options = Options {
            name: None,
            id: None,
            db: None,
            first: W::first_state(),
            history: plan.history,
            store_events: plan.store_events,
            skip_events: plan.skip_events.to_vec(),
            durability: plan.durability,
            retry_on_conflict: plan.retry_on_conflict,
            keep_runs: None,
        };
        Self { options, workflow: PhantomData }
    }
}

impl<W: Workflow> Builder<W> {
    /// What people see, instead of the workflow's name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(Arc::from(name.into()));
        self
    }

    /// The key in stores and addresses, instead of the workflow's.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.options.id = Some(Arc::from(id.into()));
        self
    }

    /// Where sessions and runs are kept. Without it, in memory of the value's own.
    #[must_use]
    pub fn db(mut self, db: impl Into<Store>) -> Self {
        self.options.db = Some(db.into().0);
        self
    }

    /// The state of sessions that have none yet.
    #[must_use]
    pub fn state(mut self, state: <W::State as StatePart>::Value) -> Self {
        self.options.first = W::State::first_of(&self.options.first, state);
        self
    }

    /// History for the steps that prompt models.
    #[must_use]
    pub fn history(mut self, history: History) -> Self {
        self.options.history = Some(history);
        self
    }

    /// Whether events are kept. Without it only those of background runs are.
    #[must_use]
    pub fn store_events(mut self, store: bool) -> Self {
        self.options.store_events = Some(store);
        self
    }

    /// Kinds of events that are not kept.
    #[must_use]
    pub fn skip_events(mut self, skip: impl IntoIterator<Item = EventName>) -> Self {
        self.options.skip_events = skip.into_iter().collect();
        self
    }

    /// When results are stored.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.options.durability = durability;
        self
    }

    /// How often an attempt is run again when another run has changed the session's state meanwhile.
    #[must_use]
    pub fn retry_on_conflict(mut self, times: u32) -> Self {
        self.options.retry_on_conflict = times;
        self
    }

    /// How many finished runs the memory keeps, without a database. Default 1,000.
    #[must_use]
    pub fn keep_runs(mut self, runs: usize) -> Self {
        self.options.keep_runs = Some(runs);
        self
    }

    /// The workflow's value.
    #[must_use]
    pub fn build(self) -> W
    where
        W: Workflow<Uses = ()>,
    {
        self.build_with(())
    }

    /// The workflow's value, with its executors.
    #[doc(hidden)]
    #[must_use]
    pub fn build_with(self, uses: W::Uses) -> W {
        W::from_runner(Runner::new(uses, self.options))
    }
}

/// An executor that the builder has been given. The type in its place before that is named like the `use` that declares it.
// Its own trait for each `use` could say the name in the message. But where the prelude is switched off there is no `#[diagnostic]`.
#[diagnostic::on_unimplemented(
    message = "the workflow needs an executor of the type `{T}` that the builder is not given",
    label = "an executor is missing",
    note = "call the builder's method that is named like it before `build`"
)]
pub trait Given<T> {
    /// The executor.
    fn given(self) -> Arc<T>;
}

#[diagnostic::do_not_recommend]
impl<T> Given<T> for Arc<T> {
    fn given(self) -> Arc<T> {
        self
    }
}
