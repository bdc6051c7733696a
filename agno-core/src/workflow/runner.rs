//! [`Runner`]: what every workflow's value can do.

use std::sync::{Arc, OnceLock, atomic::AtomicBool};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    AnswerTo, EventStream, IntoInput, RunBuilder, StoredRun, WithExtra, WithoutExtra, Workflow,
    builder::Options,
    leg,
    request::{AboutLeg, Request},
};
use crate::{
    db::{Db, rows::RunFilter},
    definition::{Current, DefinitionCheck, check},
    desk::Desk,
    error::{Result, RunError},
    schema::{Violations, constrains, validate},
    session::Sessions,
};

/// What every workflow's value can do: run, resume, answer, look back. The value dereferences to it.
pub struct Runner<W: Workflow> {
    pub(crate) inner: Arc<Inner<W>>,
    /// The user as whom it sees the store; `None`: the program, which sees all.
    pub(crate) user_id: Option<Arc<str>>,
}

pub(crate) struct Inner<W: Workflow> {
    uses: Arc<W::Uses>,
    pub(crate) options: Arc<Options<W>>,
    /// The runs that this value works on; all of them, if no store keeps them.
    pub(crate) desk: Desk,
    pub(crate) store: Option<Arc<dyn Db>>,
    /// Whether somebody looks out for cancels that come from elsewhere.
    pub(super) heeds: AtomicBool,
    /// The input's schema, if typed input must be checked too.
    constraints: OnceLock<Option<schemars::Schema>>,
}

impl<W: Workflow> Clone for Runner<W> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), user_id: self.user_id.clone() }
    }
}

impl<W: Workflow> std::fmt::Debug for Runner<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(W::PLAN.type_name).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl<W: Workflow> Runner<W> {
    pub(super) fn new(uses: W::Uses, mut options: Options<W>) -> Self {
        let (store, desk) = (options.db.take(), Desk::default());
        let desk = match options.keep_runs {
            Some(runs) => desk.keep_runs(runs),
            None => desk,
        };
        let inner = Inner {
            uses: Arc::new(uses),
            options: Arc::new(options),
            desk,
            store,
            heeds: AtomicBool::new(false),
            constraints: OnceLock::new(),
        };
        Self { inner: Arc::new(inner), user_id: None }
    }

    /// The same workflow over another store.
    #[cfg(feature = "testing")]
    pub(crate) fn on(&self, store: impl Into<crate::db::Store>) -> Self {
        let Inner { uses, options, .. } = &*self.inner;
        let inner = Inner {
            uses: Arc::clone(uses),
            options: Arc::clone(options),
            desk: Desk::default(),
            store: Some(store.into().0),
            heeds: AtomicBool::new(false),
            constraints: OnceLock::new(),
        };
        Self { inner: Arc::new(inner), user_id: self.user_id.clone() }
    }

    pub(crate) fn uses(&self) -> &W::Uses {
        &self.inner.uses
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// Checks a typed input where its schema says more than its type.
    pub(crate) fn check(&self, input: &W::Input) -> Result<(), Violations> {
        let constraints = self.inner.constraints.get_or_init(|| Some(W::INPUT.schema()).filter(constrains));
        let Some(schema) = constraints else { return Ok(()) };
        let json = W::INPUT.json(input).map_err(|error| Violations::one("", error.to_string()))?;
        validate(schema, &json)
    }

    /// Runs the workflow. Await it for the output, or say more first: `.session(..)`, `.stream()`, `.background()`.
    pub fn run(&self, input: impl IntoInput<W::Input>) -> RunBuilder<W, WithoutExtra> {
        RunBuilder::new(self.clone(), Request::Start(input.into_input()))
    }

    /// Runs the workflow on JSON, which is checked against the input's schema: every violation is reported, with its pointer.
    pub fn run_json(&self, input: impl Into<Value>) -> RunBuilder<W, WithoutExtra> {
        RunBuilder::new(self.clone(), Request::StartJson(input.into()))
    }

    /// Takes a run on: after a crash, a dropped future or a failure. A completed run gives its output, a paused one its questions.
    pub fn resume(&self, run_id: impl Into<String>) -> RunBuilder<W, WithExtra> {
        RunBuilder::again(self.clone(), Request::Resume { run_id: run_id.into() })
    }

    /// Answers an open question, and takes the run on. The question is its path, its name where no other open question has it,
    /// or typed: `Name::questions().review`.
    pub fn answer<T: Serialize>(&self, run_id: impl Into<String>, question: impl AnswerTo<T>, answer: T) -> RunBuilder<W, WithExtra> {
        match serde_json::to_value(answer) {
            Ok(answer) => self.answer_json(run_id, question.path(), answer),
            Err(error) => {
                RunBuilder::again(self.clone(), Request::Refused { reason: format!("the answer cannot be written as JSON: {error}") })
            }
        }
    }

    /// Answers an open question with JSON, which is checked against the question's schema.
    pub fn answer_json(
        &self,
        run_id: impl Into<String>,
        question: impl Into<String>,
        answer: impl Into<Value>,
    ) -> RunBuilder<W, WithExtra> {
        let request = Request::Answer { run_id: run_id.into(), question: question.into(), answer: answer.into() };
        RunBuilder::again(self.clone(), request)
    }

    /// Starts a new run that has recorded what `run_id` recorded before the node at `path`: that node, and what comes after it, runs again. Nothing of
    /// the other run changes. In branches, what was recorded before it counts as before it.
    ///
    /// A run without a store has no records to begin with, and is refused.
    pub fn retry_from(&self, run_id: impl Into<String>, path: impl Into<String>) -> RunBuilder<W, WithExtra> {
        RunBuilder::again(self.clone(), Request::From { run_id: run_id.into(), path: path.into(), change: None })
    }

    /// The same, where the node does not run again: its value, or the answer to its question, is what `change` makes of the recorded one. `T` is the
    /// value's type, or `serde_json::Value`.
    pub fn fork<T: Serialize + DeserializeOwned>(
        &self,
        run_id: impl Into<String>,
        path: impl Into<String>,
        change: impl FnOnce(T) -> T + Send + 'static,
    ) -> RunBuilder<W, WithExtra> {
        let change = move |value| serde_json::to_value(change(serde_json::from_value(value)?));
        RunBuilder::again(self.clone(), Request::From { run_id: run_id.into(), path: path.into(), change: Some(Box::new(change)) })
    }

    /// Cancels a run that has not ended, and waits until nothing of it is left running.
    ///
    /// # Errors
    /// There is no such run, or it has ended.
    pub async fn cancel(&self, run_id: impl Into<String>) -> Result<(), RunError> {
        leg::cancel(self, &run_id.into()).await
    }

    /// A run, read without its types. A question whose time is over is settled first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get_run(&self, run_id: impl Into<String>) -> Result<Option<StoredRun>> {
        let run_id = run_id.into();
        leg::settle_due(self, &run_id, &AboutLeg::default()).await;
        Ok(self.look(&run_id, self.user(), |row| StoredRun::new(row)).await?)
    }

    /// The last run of a session.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_run(&self, session_id: impl Into<String>) -> Result<Option<StoredRun>> {
        let session_id = session_id.into();
        let last = match self.store() {
            Some(db) => {
                let filter = RunFilter { session_id: Some(session_id), newest_first: true, limit: Some(1), ..self.filter() };
                db.runs(filter).await?.pop().map(|run| run.run_id)
            }
            None => self.desk().session(&session_id).and_then(|session| session.runs().last().map(|run_id| run_id.to_string())),
        };
        match last {
            Some(run_id) => self.get_run(run_id).await,
            None => Ok(None),
        }
    }

    /// Tells of each open run in the store, of those that run, wait or have failed, whether this build can go on with it. Nothing is changed. Without a store there are none:
    /// such runs live in the process.
    ///
    /// # Errors
    /// The store failed.
    pub async fn check_definition(&self) -> Result<Vec<DefinitionCheck>> {
        let Some(db) = self.store() else { return Ok(Vec::new()) };
        let filter = RunFilter { workflow_id: Some(self.id().to_string()), ..self.filter() };
        Ok(check(&**db, filter, Current::of(W::PLAN)).await?)
    }

    /// The events of a run, from a sequence number on: those that are kept, and those that are still to come.
    ///
    /// # Errors
    /// There is no such run, or its events are not kept and it does not run.
    pub async fn events(&self, run_id: impl Into<String>, from: u64) -> Result<EventStream> {
        EventStream::open(self, &run_id.into(), from).await
    }

    /// The sessions of the store, and their runs.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.desk().clone(), self.store().cloned(), self.user_id.clone())
    }

    /// The same workflow, as a user sees it: other users' sessions and runs are not there, and new runs are this user's.
    #[must_use]
    pub fn as_user(&self, user_id: impl Into<String>) -> Self {
        Self { inner: Arc::clone(&self.inner), user_id: Some(Arc::from(user_id.into())) }
    }

    /// This user's runs.
    pub(crate) fn filter(&self) -> RunFilter {
        RunFilter { user_id: self.user_id.as_deref().map(str::to_owned), ..RunFilter::default() }
    }

    pub(crate) fn name(&self) -> Arc<str> {
        self.inner.options.name.clone().unwrap_or_else(|| Arc::from(W::PLAN.name))
    }

    pub(crate) fn id(&self) -> Arc<str> {
        self.inner.options.id.clone().unwrap_or_else(|| Arc::from(W::PLAN.id))
    }
}
