//! One leg of a run: from its beginning, or from where the last one stopped, to its end or its next pause.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Drive, ExtraGiven, Outcome, RunBuilder, RunHandle, RunOutput, Runner, Status, Workflow,
    request::{About, Request},
};
use crate::{
    content::Kept,
    db::{Failure, Live, Row},
    error::{Fault, RunError, StepError, StepErrorKind},
    event::{Event, EventKind},
    journal::{Begun, Content, Ended, Entry, Replay},
    run::{
        Before, Body, Cx, CxCore, CxCoreRef, ExtraPart, OpenQuestion, Position, Run, RunInfo, SessionRef, StatePart, Stop, path::plan_path,
    },
    schema::{Violations, validate},
    shared::Shared,
    step::panic_text,
};

/// What a run came to.
pub(crate) type Concluded<W> = Result<Outcome<<W as Workflow>::Output, <W as Workflow>::Input>, RunError>;

/// What a request comes to before anything runs.
pub(crate) enum Begin<W: Workflow> {
    /// A leg is to run. In a box: futures that hold it are kept as long as the run is in flight.
    Leg(Box<Leg<W>>),
    /// Another leg of the run is under way: its end is this request's too.
    Wait(Live, Arc<str>),
    /// The run has ended, or waits.
    Ended(Arc<str>),
}

/// A leg that is to run.
pub(crate) struct Leg<W: Workflow> {
    runner: Runner<W>,
    pub(crate) run: Arc<Run>,
    input: Shared<W::Input>,
    extra: W::Extra,
    first: bool,
    drive: Arc<Drive>,
    guard: Guard<W>,
}

/// Lets go of the run when the leg ends, and when it is dropped.
struct Guard<W: Workflow> {
    runner: Runner<W>,
    run: Arc<Run>,
    /// Until it has let go.
    drive: Option<Arc<Drive>>,
}

/// Runs a request to the end of its leg.
// The builder comes in a box: a future keeps the place of what it was given, and this one lives as long as the run is in flight.
pub(crate) async fn run<W: Workflow, X: ExtraGiven<W>>(builder: Box<RunBuilder<W, X>>) -> Concluded<W> {
    let runner = builder.runner.clone();
    settle_asked(&runner, &builder.request).await;
    let begin = begin(*builder)?;
    finish(&runner, begin).await
}

/// Runs what has begun to the end of its leg.
pub(crate) async fn finish<W: Workflow>(runner: &Runner<W>, mut begin: Begin<W>) -> Concluded<W> {
    loop {
        begin = match begin {
            Begin::Leg(leg) => return leg.run().await,
            Begin::Ended(run_id) => return conclude(runner, &run_id),
            Begin::Wait(live, run_id) => Box::pin(join(runner, live, run_id)).await?,
        };
    }
}

/// Waits for the end of somebody else's leg. If that one was dropped, the run is to be taken on.
pub(crate) async fn join<W: Workflow>(runner: &Runner<W>, live: Live, run_id: Arc<str>) -> Result<Begin<W>, RunError> {
    live.ended().await;
    match runner.db().with(&run_id, runner.user(), |row| row.status) {
        Some(Status::Running) => again(runner, &run_id, &About::default()),
        _ => Ok(Begin::Ended(run_id)),
    }
}

/// Runs a request as a task of its own.
pub(crate) async fn background<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<RunHandle<W>, RunError> {
    let runner = builder.runner.clone();
    settle_asked(&runner, &builder.request).await;
    match begin(builder)? {
        Begin::Leg(leg) => {
            let run_id = Arc::clone(&leg.run.info.run_id);
            leg.run.show();
            #[expect(clippy::disallowed_methods, reason = "the one place where a run gets a task")]
            tokio::spawn(async move {
                // Whoever wants the outcome asks the handle, or the store.
                _ = leg.drive().await;
            });
            Ok(RunHandle::new(runner, run_id))
        }
        Begin::Wait(_, run_id) | Begin::Ended(run_id) => Ok(RunHandle::new(runner, run_id)),
    }
}

/// Prepares what is asked for. The run is recorded when this returns.
pub(crate) fn begin<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<Begin<W>, RunError> {
    let RunBuilder { runner, request, about, .. } = builder;
    match request {
        Request::Refused { reason } => Err(RunError::Misuse { reason }),
        Request::Start(input) => {
            runner.check(&input).map_err(RunError::InvalidInput)?;
            start::<W, X>(runner, input, *about)
        }
        Request::StartJson(json) => {
            validate(&W::INPUT.schema(), &json).map_err(RunError::InvalidInput)?;
            let input = W::INPUT.read(json).map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
            start::<W, X>(runner, input, *about)
        }
        Request::Resume { run_id } => again(&runner, &run_id, &about),
        Request::Answer { run_id, question, answer } => {
            record_answer(&runner, &run_id, &question, answer)?;
            again(&runner, &run_id, &about)
        }
    }
}

fn start<W: Workflow, X: ExtraGiven<W>>(runner: Runner<W>, input: Arc<W::Input>, about: About<W>) -> Result<Begin<W>, RunError> {
    let kept = Kept::new(Arc::clone(&input), W::INPUT);
    if let Some(run_id) = &about.run_id
        && let Some(same) = runner.db().with(run_id, None, |row| is_same(&row.input, &kept))
    {
        return if same {
            again(&runner, run_id, &about)
        } else {
            let reason = "there is a run of this id with another input; choose another id, or `resume` it".to_owned();
            Err(conflict(&runner, run_id, reason))
        };
    }
    let id = || Arc::from(Uuid::now_v7().to_string());
    let run_id: Arc<str> = about.run_id.map_or_else(id, Arc::from);
    let own_session = about.session_id.is_none();
    let session_id: Arc<str> = about.session_id.map_or_else(id, Arc::from);
    if let (Some(own), Some(other)) = (runner.user(), &about.user_id)
        && own != other
    {
        let reason = format!("this is user `{own}`'s view of the workflow, which runs nothing for user `{other}`; use the workflow itself");
        return Err(RunError::Misuse { reason });
    }
    let user_id = about.user_id.map(Arc::from).or_else(|| runner.user_id.clone());
    let Some(session) = runner.db().open_session(&session_id, user_id.as_ref()) else {
        let reason = format!("session `{session_id}` belongs to another user; choose another session");
        return Err(RunError::Misuse { reason });
    };
    let extra = match about.extra {
        Some(extra) => W::Extra::of(Some(extra)),
        None => X::first(),
    };
    let Some(extra) = extra else {
        return Err(RunError::Misuse { reason: "the run's additional data is not there; give it with `.extra(…)`".to_owned() });
    };
    if let Some(state) = about.state {
        W::State::replace(&SessionRef(&session, &run_id), &runner.inner.options.first, state);
    }
    let options = &runner.inner.options;
    let drive = Arc::<Drive>::default();
    let info = Arc::new(RunInfo {
        run_id,
        session_id,
        own_session,
        user_id,
        workflow: runner.name(),
        workflow_id: runner.id(),
        plan: W::PLAN,
        created_at: Timestamp::now(),
        metadata: about.metadata,
        additional_data: about.additional_data,
        media: about.media,
        extra: extra.any(),
        skip_events: options.skip_events.clone(),
        retry_on_conflict: options.retry_on_conflict,
        #[cfg(feature = "testing")]
        testing: about.testing.unwrap_or_default(),
    });
    let run = Run::new(Arc::clone(&info), runner.db().clone(), session, Before::default(), about.debug);
    if about.store_events.or(options.store_events).unwrap_or(about.background) {
        run.listen().open_log(Vec::new());
    }
    let mut row = Row::new(Arc::clone(&info), kept);
    let mut guard = Guard::new(&runner, &run, &drive, &mut row);
    if !runner.db().insert(row) {
        // Somebody else was faster with the same id: that row is not this guard's.
        guard.drive = None;
        return Err(conflict(&runner, &info.run_id, "another run of this id has just begun".to_owned()));
    }
    Ok(Begin::Leg(Box::new(Leg { runner, run, input: Shared::from(input), extra, first: true, drive, guard })))
}

/// Whether two inputs are written alike.
fn is_same(a: &Kept, b: &Kept) -> bool {
    matches!((a.json(), b.json()), (Ok(a), Ok(b)) if a == b)
}

fn conflict<W: Workflow>(runner: &Runner<W>, run_id: &str, reason: String) -> RunError {
    match runner.db().with(run_id, runner.user(), |row| Box::new(row.partial())) {
        Some(run) => RunError::Conflict { reason, run },
        None => RunError::NotFound { run_id: run_id.to_owned() },
    }
}

/// Takes a run on, if it can be.
fn again<W: Workflow>(runner: &Runner<W>, run_id: &str, about: &About<W>) -> Result<Begin<W>, RunError> {
    let session = runner.db().with(run_id, runner.user(), |row| Arc::clone(&row.info.session_id)).and_then(|id| runner.db().session(&id));
    let begun = runner.db().with(run_id, runner.user(), |row| {
        if row.plan().id != W::PLAN.id {
            let reason = format!("it is a run of the workflow `{}`, not of `{}`", row.plan().id, W::PLAN.id);
            return Err(RunError::Conflict { reason, run: Box::new(row.partial()) });
        }
        let id = Arc::clone(&row.info.run_id);
        if let Some(live) = &row.live {
            return Ok(Begin::Wait(live.clone(), id));
        }
        match row.status {
            Status::Completed => return Ok(Begin::Ended(id)),
            Status::Cancelled => return Err(RunError::Cancelled { run: Box::new(row.partial()) }),
            Status::Paused if !row.has_answers() && !row.is_due() => return Ok(Begin::Ended(id)),
            Status::Pending | Status::Running | Status::Paused | Status::Failed => {}
        }
        let Some(session) = &session else { return Err(RunError::NotFound { run_id: run_id.to_owned() }) };
        let Some(extra) = W::Extra::of(row.info.extra.clone()) else {
            return Err(RunError::Misuse { reason: format!("the additional data of run `{id}` is of another type") });
        };
        let input = row.input.shared(W::INPUT);
        let input = input.map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
        #[cfg(feature = "testing")]
        if let Some(testing) = &about.testing {
            Arc::make_mut(&mut row.info).testing = Arc::clone(testing);
        }
        let run = next_leg(row, runner, Arc::clone(session), about.debug, None);
        if about.background {
            run.listen().open_log(row.events.clone().unwrap_or_default());
        }
        let drive = Arc::<Drive>::default();
        let guard = Guard::new(runner, &run, &drive, row);
        Ok(Begin::Leg(Box::new(Leg { runner: runner.clone(), run, input, extra, first: false, drive, guard })))
    });
    let begun = begun.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))?;
    runner.db().continued(run_id);
    Ok(begun)
}

/// The run of a next leg, with what the earlier ones left. `last`: the one that it follows without a pause.
fn next_leg<W: Workflow>(
    row: &mut Row,
    runner: &Runner<W>,
    session: Arc<crate::session::Session>,
    debug: bool,
    last: Option<&Run>,
) -> Arc<Run> {
    let before = Before {
        replay: Some(Replay::new(row.journal.iter().map(|step| &step.0), std::mem::take(&mut row.begun))),
        sequence: row.sequence,
        nanos: row.nanos,
        carried: row.carried.clone(),
        scope: last.map(|last| Arc::clone(&last.scope)).unwrap_or_default(),
        hub: last.and_then(Run::hub).cloned(),
    };
    let run = Run::new(Arc::clone(&row.info), runner.db().clone(), session, before, debug);
    if let Some(events) = &row.events {
        run.listen().open_log(events.clone());
    }
    if last.is_some_and(Run::shows) {
        run.show();
    }
    run
}

/// What comes after a leg.
#[expect(clippy::large_enum_variant, reason = "it is matched where it is made")]
enum After<W: Workflow> {
    /// The next one: what this one waited for came while it ran.
    Leg(Arc<Run>),
    Concluded(Concluded<W>),
}

impl<W: Workflow> Guard<W> {
    fn new(runner: &Runner<W>, run: &Arc<Run>, drive: &Arc<Drive>, row: &mut Row) -> Self {
        row.failure = None;
        row.takes_on(Live { run: Arc::clone(run), drive: Arc::clone(drive) });
        Self { runner: runner.clone(), run: Arc::clone(run), drive: Some(Arc::clone(drive)) }
    }

    /// Writes down how the leg ended, and lets go of the run, unless an answer that came meanwhile takes it on. `None`: it was dropped.
    fn end(&mut self, ended: Option<LegEnd>) -> After<W> {
        let run = Arc::clone(&self.run);
        let run_id = &run.info.run_id;
        if self.drive.is_none() {
            return After::Concluded(Err(RunError::NotFound { run_id: run_id.to_string() }));
        }
        let status = ended.as_ref().map(|ended| ended.status);
        #[cfg(feature = "audit")]
        let mut audited = None;
        let mut ended = ended;
        let after = self.runner.db().with(run_id, None, |row| {
            let still_open = row.still_open(&run);
            let mut inner = run.inner();
            row.settle(&run.replay.take_settled());
            row.append(std::mem::take(&mut inner.journal));
            row.questions = still_open;
            // What this leg did not come to lies in what it came to, or beside it: innermost first.
            row.begun = run.replay.take_all_begun("");
            row.begun.append(&mut inner.begun);
            row.carried = inner.carried.take();
            drop(inner);
            row.nanos = run.now();
            row.state = run.session.state_json();
            let goes_on = status == Some(Status::Paused) && row.has_answers();
            if let Some(LegEnd { status, output, failure, last }) = ended.take()
                && !goes_on
            {
                row.status = status;
                row.output = output;
                row.failure = failure;
                if status == Status::Failed {
                    row.fail();
                }
                if status.is_terminal() {
                    row.begun.clear();
                    row.questions.clear();
                }
                run.deliver_or_count("", || last);
            }
            row.sequence = run.sequence();
            row.events = run.hub().and_then(|hub| hub.log());
            #[cfg(feature = "audit")]
            if crate::testing::audit::is_on()
                && let Some(hub) = run.hub()
            {
                row.audit = hub.audit();
                audited = Some((row.audit.clone(), row.status));
            }
            if let Some(live) = row.live.take()
                && goes_on
            {
                let next = next_leg(row, &self.runner, Arc::clone(&run.session), run.debugs(), Some(&run));
                row.takes_on(Live { run: Arc::clone(&next), ..live });
                return After::Leg(next);
            }
            // Before the run may have to make room for others.
            After::Concluded(concluded::<W>(row))
        });
        #[cfg(feature = "audit")]
        if let Some((events, status)) = audited
            && !std::thread::panicking()
        {
            crate::testing::audit::check(&events, status);
        }
        if let Some(After::Leg(next)) = after {
            self.run = Arc::clone(&next);
            return After::Leg(next);
        }
        if let Some(LegEnd { last, .. }) = ended {
            // The run was deleted; those who listen see its end all the same.
            run.deliver_or_count("", || last);
        }
        if status.is_some_and(Status::is_terminal) {
            self.runner.db().finished(run_id);
        }
        if let Some(hub) = run.hub() {
            hub.close();
        }
        if let Some(drive) = self.drive.take() {
            drive.over();
        }
        after.unwrap_or_else(|| After::Concluded(Err(RunError::NotFound { run_id: run_id.to_string() })))
    }
}

impl<W: Workflow> Drop for Guard<W> {
    fn drop(&mut self) {
        _ = self.end(None);
    }
}

/// How a leg ended.
struct LegEnd {
    status: Status,
    output: Option<Kept>,
    failure: Option<Failure>,
    /// The event that says so.
    last: EventKind,
}

impl<W: Workflow> Leg<W> {
    /// Runs the leg to its end. Whoever waits for it meanwhile polls it too.
    pub(crate) async fn run(self: Box<Self>) -> Concluded<W> {
        let drive = Arc::clone(&self.drive);
        // In a box: the place for it is kept as long as the run is in flight.
        let concluded = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&concluded);
        let leg = drive.start(async move {
            let concluded = Box::new(self.drive().await);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(concluded);
        });
        leg.await;
        let concluded = concluded.lock().unwrap_or_else(PoisonError::into_inner).take();
        *concluded.expect("a leg that has ended has concluded")
    }

    /// Runs the leg to its end, and the legs that follow without a pause.
    pub(crate) async fn drive(mut self: Box<Self>) -> Concluded<W> {
        loop {
            let run = Arc::clone(&self.run);
            let ended = self.one(&run).await;
            match self.guard.end(Some(ended)) {
                After::Concluded(concluded) => return concluded,
                After::Leg(next) => (self.run, self.first) = (next, false),
            }
        }
    }

    async fn one(&self, run: &Arc<Run>) -> LegEnd {
        let info = &run.info;
        let span = run
            .traces()
            .then(|| tracing::info_span!("run", workflow = &*info.workflow, run_id = &*info.run_id, session_id = &*info.session_id));
        run.deliver_or_count("", || match self.first {
            true => EventKind::WorkflowStarted { depth: 0, name: info.workflow.to_string() },
            false => EventKind::WorkflowContinued {},
        });
        let stop = {
            let leg = Polled { body: Box::pin(self.body()), run, span };
            leg.await
        };
        run.join_threads().await;
        self.ended(stop)
    }

    async fn body(&self) -> Result<Shared<W::Output>, Stop<W::Output>> {
        let core = CxCore::new(Arc::clone(&self.run), W::OUTPUT.erased);
        let state = W::State::load(&CxCoreRef(&core), "", &self.runner.inner.options.first).map_err(Stop::Fault)?;
        let mut cx = Cx::new(core, Position::new(state, self.extra.clone()));
        let body: Body<'_, W::Output> = W::body(self.runner.uses(), &mut cx, self.input.clone());
        body.await
    }

    fn ended(&self, out: Result<Shared<W::Output>, Stop<W::Output>>) -> LegEnd {
        let run = &self.run;
        match out {
            Ok(value) | Err(Stop::Ended(value)) => {
                run.withdraw("");
                // An item of a list is only seen in the body of its `each`, which gives values of its own.
                let output = value.into_whole().expect("a workflow's output is whole");
                let kept = Kept::new(output, W::OUTPUT);
                let content = if run.listens() { kept.json().unwrap_or_default() } else { Value::Null };
                let last = EventKind::WorkflowCompleted { depth: 0, content };
                LegEnd { status: Status::Completed, output: Some(kept), failure: None, last }
            }
            Err(Stop::Paused) => {
                let questions = run.inner().questions.iter().map(|question| question.info.clone()).collect();
                let last = EventKind::WorkflowPaused { questions };
                LegEnd { status: Status::Paused, output: None, failure: None, last }
            }
            Err(Stop::Cancelled) => {
                run.withdraw("");
                LegEnd { status: Status::Cancelled, output: None, failure: None, last: EventKind::WorkflowCancelled { depth: 0 } }
            }
            Err(Stop::Failed(error)) => {
                run.withdraw("");
                let last = EventKind::WorkflowError { depth: 0, error: error.to_string() };
                LegEnd { status: Status::Failed, output: None, failure: Some(Failure::Step(*error)), last }
            }
            Err(Stop::Fault(fault)) => {
                run.withdraw("");
                let last = EventKind::WorkflowError { depth: 0, error: fault.to_string() };
                LegEnd { status: Status::Failed, output: None, failure: Some(Failure::Fault(Arc::from(fault))), last }
            }
        }
    }
}

/// The body of a leg, as the run's task polls it.
struct Polled<'a, O: 'static> {
    body: Body<'a, O>,
    run: &'a Arc<Run>,
    span: Option<tracing::Span>,
}

impl<O> Future for Polled<'_, O> {
    type Output = Result<Shared<O>, Stop<O>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.run.scope.register(cx.waker());
        let this = &mut *self;
        let _entered = this.span.as_ref().map(tracing::Span::enter);
        // Steps catch their own panics; what is caught here is the body's, such as a state's first value.
        catch_unwind(AssertUnwindSafe(|| this.body.as_mut().poll(cx))).unwrap_or_else(|panic| {
            let error = StepError::new(String::new(), StepErrorKind::Panic, panic_text(&*panic), 1);
            Poll::Ready(Err(Stop::Failed(Box::new(error))))
        })
    }
}

/// What a run that does not run came to.
pub(crate) fn conclude<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Concluded<W> {
    let concluded = runner.db().with(run_id, runner.user(), |row| concluded::<W>(row));
    concluded.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))
}

fn concluded<W: Workflow>(row: &Row) -> Concluded<W> {
    match row.status {
        Status::Completed => output::<W>(row).map(Outcome::Completed),
        Status::Paused => Ok(Outcome::Paused(row.paused())),
        Status::Cancelled => Err(RunError::Cancelled { run: Box::new(row.partial()) }),
        Status::Failed => Err(failure(row)),
        Status::Pending | Status::Running => {
            let reason = "its future was dropped before it ended; `resume` takes it on".to_owned();
            Err(RunError::Conflict { reason, run: Box::new(row.partial()) })
        }
    }
}

/// The event that ended the last leg of a run that does not run.
pub(crate) fn last_event<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Option<Event> {
    let last = runner.db().with(run_id, runner.user(), |row| {
        if let Some(last) = row.events.iter().flatten().next_back().filter(|event| event.ends_leg()) {
            return Some((**last).clone());
        }
        let kind = match row.status {
            Status::Completed => {
                let content = row.output.as_ref().and_then(|output| output.json().ok()).unwrap_or_default();
                EventKind::WorkflowCompleted { depth: 0, content }
            }
            Status::Paused => EventKind::WorkflowPaused { questions: row.question_infos() },
            Status::Cancelled => EventKind::WorkflowCancelled { depth: 0 },
            Status::Failed => {
                EventKind::WorkflowError { depth: 0, error: row.failure.as_ref().map(ToString::to_string).unwrap_or_default() }
            }
            Status::Pending | Status::Running => return None,
        };
        Some(row.info.event(row.sequence.saturating_sub(1), String::new(), kind))
    });
    last.flatten()
}

fn failure(row: &Row) -> RunError {
    let run = Box::new(row.partial());
    match &row.failure {
        Some(Failure::Step(error)) => RunError::Failed { path: error.path.clone(), attempts: error.attempts, source: error.clone(), run },
        Some(Failure::Fault(fault)) => match &**fault {
            Fault::StateConflict { .. } => RunError::Conflict { reason: fault.to_string(), run },
            Fault::Diverged { path, reason } => RunError::DefinitionChanged { path: path.clone(), reason: reason.clone(), run },
            Fault::Misuse { reason } => RunError::Conflict { reason: reason.clone(), run },
        },
        None => RunError::Conflict { reason: "it failed, and why is not stored".to_owned(), run },
    }
}

/// The output of a completed run, with its types.
pub(crate) fn output<W: Workflow>(row: &Row) -> Result<RunOutput<W::Output, W::Input>, RunError> {
    let other = |error: serde_json::Error| RunError::DefinitionChanged {
        path: String::new(),
        reason: format!("it is no run of `{}`: {error}", W::PLAN.type_name),
        run: Box::new(row.partial()),
    };
    let Some(kept) = &row.output else { return Err(failure(row)) };
    let whole = "what a row keeps is whole";
    Ok(RunOutput {
        content: kept.shared(W::OUTPUT).map_err(other)?.into_whole().expect(whole),
        input: row.input.shared(W::INPUT).map_err(other)?.into_whole().expect(whole),
        run_id: Arc::clone(&row.info.run_id),
        session_id: Arc::clone(&row.info.session_id),
        user_id: row.info.user_id.clone(),
        workflow: Arc::clone(&row.info.workflow),
        workflow_id: Arc::clone(&row.info.workflow_id),
        steps: row.steps(),
        metrics: row.metrics(),
        metadata: row.info.metadata.clone(),
        media: row.media(),
        state: row.state.clone(),
        created_at: row.info.created_at,
        events: row.events.clone(),
    })
}

/// Writes an answer down, if the question is open and the answer fits it.
fn record_answer<W: Workflow>(runner: &Runner<W>, run_id: &str, question: &str, answer: Value) -> Result<(), RunError> {
    let recorded = runner.db().with(run_id, runner.user(), |row| {
        let open: Vec<_> = row.open_questions().into_iter().filter(|open| !open.is_due()).collect();
        let found = find_question(&open, question).cloned();
        let Some(open_question) = found else {
            let open = open.into_iter().map(|open| open.info).collect();
            return Err(RunError::UnknownQuestion { question: question.to_owned(), open, run: Box::new(row.partial()) });
        };
        let schema = schemars::Schema::try_from(open_question.info.schema.clone()).unwrap_or_default();
        if let Err(violations) = validate(&schema, &answer) {
            let question = open_question.info.path;
            return Err(RunError::InvalidAnswer { question, violations, run: Box::new(row.partial()) });
        }
        if let Err(error) = (open_question.codec.from_json)(answer.clone()) {
            let violations = Violations::one("", error.to_string());
            return Err(RunError::InvalidAnswer { question: open_question.info.path, violations, run: Box::new(row.partial()) });
        }
        let OpenQuestion { node, parent, mark, .. } = open_question;
        let started = row.nanos;
        let content = Content::Json(Arc::new(answer));
        let entry = Entry { parent, node, mark, content, started, duration: 0, attempts: 1, ended: Ended::Completed, detail: None };
        row.append(vec![entry]);
        Ok(())
    });
    recorded.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))
}

/// The one open question that is meant: by path, by name, or by its place in the plan.
fn find_question<'q>(open: &'q [OpenQuestion], wanted: &str) -> Option<&'q OpenQuestion> {
    let only = |matches: &dyn Fn(&OpenQuestion) -> bool| {
        let mut found = open.iter().filter(|question| matches(question));
        found.next().filter(|_| found.next().is_none())
    };
    only(&|question| question.info.path == wanted)
        .or_else(|| only(&|question| question.info.name() == wanted))
        .or_else(|| only(&|question| plan_path(&question.info.path) == wanted))
}

/// Cancels a run, and waits until nothing of it is left running.
pub(crate) async fn cancel<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Result<(), RunError> {
    // A leg may pause or be dropped before it sees the flag, and another one may follow it.
    loop {
        let live = runner.db().with(run_id, runner.user(), |row| match (&row.live, row.status) {
            (Some(live), _) => Ok(Some(live.clone())),
            (None, Status::Cancelled) => Ok(None),
            (None, status) if status.is_terminal() => {
                let reason = format!("it is {status} and cannot be cancelled");
                Err(RunError::Conflict { reason, run: Box::new(row.partial()) })
            }
            (None, _) => {
                cancel_waiting(row);
                Ok(None)
            }
        });
        let live = live.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))?;
        let Some(live) = live else {
            runner.db().finished(run_id);
            return Ok(());
        };
        live.run.scope.cancel();
        live.ended().await;
    }
}

/// Cancels a run that no leg runs: what is open ends, innermost first.
fn cancel_waiting(row: &mut Row) {
    row.status = Status::Cancelled;
    row.questions.clear();
    let ends = std::mem::take(&mut row.begun).into_iter().map(|Begun { path, end, .. }| (path, end));
    let ends: Vec<_> = ends.chain([(String::new(), EventKind::WorkflowCancelled { depth: 0 })]).collect();
    for (path, kind) in ends {
        let sequence = row.sequence;
        row.sequence += 1;
        let keep = !row.info.skip_events.contains(&kind.name());
        if let Some(events) = &mut row.events
            && keep
        {
            events.push(Arc::new(row.info.event(sequence, path, kind)));
        }
    }
}

/// Before an answer counts, what time has decided does.
async fn settle_asked<W: Workflow>(runner: &Runner<W>, request: &Request<W::Input>) {
    if let Request::Answer { run_id, .. } = request {
        Box::pin(settle_due(runner, run_id)).await;
    }
}

/// Takes a run on whose question's time is over, so that who reads it sees what came of that.
pub(crate) async fn settle_due<W: Workflow>(runner: &Runner<W>, run_id: &str) {
    let due = runner.db().with(run_id, runner.user(), |row| row.status == Status::Paused && row.is_due());
    if due == Some(true)
        && let Ok(Begin::Leg(leg)) = again(runner, run_id, &About::default())
    {
        // What came of it is in the store.
        _ = leg.run().await;
    }
}
