//! One leg of a run: from its beginning, or from where the last one stopped, to its end or its next pause.

mod answer;
mod begin;
mod cancel;
mod conclude;
mod copy;
mod guard;
mod start;
mod stored;

pub(crate) use answer::settle_due;
pub(crate) use begin::{Begin, begin};
pub(crate) use cancel::cancel;
pub(crate) use conclude::{conclude, last_event};

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use serde_json::Value;

use self::{
    begin::again,
    guard::{After, Guard},
};
use super::{Drive, ExtraGiven, Outcome, RunBuilder, RunHandle, Runner, Status, Workflow, request::AboutLeg};
use crate::{
    content::Kept,
    desk::{Failure, Live},
    error::{RunError, StepError, StepErrorKind},
    event::EventKind,
    run::{Body, Cx, CxCore, CxCoreRef, Position, Run, StatePart, Stop},
    shared::Shared,
    step::panic_text,
};

/// What a run came to.
pub(crate) type Concluded<W> = Result<Outcome<<W as Workflow>::Output, <W as Workflow>::Input>, RunError>;

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

/// Runs a request to the end of its leg.
// The builder comes in a box: a future keeps the place of what it was given, and this one lives as long as the run is in flight.
pub(crate) async fn run<W: Workflow, X: ExtraGiven<W>>(builder: Box<RunBuilder<W, X>>) -> Concluded<W> {
    let runner = builder.runner.clone();
    let begin = Box::pin(begin(*builder)).await?;
    finish(&runner, begin).await
}

/// Runs what has begun to the end of its leg.
pub(crate) async fn finish<W: Workflow>(runner: &Runner<W>, mut begin: Begin<W>) -> Concluded<W> {
    loop {
        begin = match begin {
            Begin::Leg(leg) => return leg.run().await,
            Begin::Ended(run_id) => return Box::pin(conclude(runner, &run_id)).await,
            Begin::Elsewhere(run_id, about) => Box::pin(elsewhere(runner, run_id, &about)).await?,
            Begin::Wait(live, run_id, about) => Box::pin(join(runner, live, run_id, &about)).await?,
        };
    }
}

/// Waits for the end of somebody else's leg. If that one was dropped, the run is to be taken on.
pub(crate) async fn join<W: Workflow>(runner: &Runner<W>, live: Live, run_id: Arc<str>, about: &AboutLeg<W>) -> Result<Begin<W>, RunError> {
    live.ended().await;
    goes_on(runner, run_id, about).await
}

/// Waits until another process has let go of the run. If it was cut, the run is to be taken on.
pub(crate) async fn elsewhere<W: Workflow>(runner: &Runner<W>, run_id: Arc<str>, about: &AboutLeg<W>) -> Result<Begin<W>, RunError> {
    runner.let_go_elsewhere(&run_id).await?;
    goes_on(runner, run_id, about).await
}

/// Somebody has let go of the run: it is taken on if it was cut, or if an answer came too late for that one.
async fn goes_on<W: Workflow>(runner: &Runner<W>, run_id: Arc<str>, about: &AboutLeg<W>) -> Result<Begin<W>, RunError> {
    let goes_on = runner.look(&run_id, runner.user(), |row| match row.status {
        Status::Running => true,
        Status::Paused => row.has_answers(),
        _ => false,
    });
    match goes_on.await? {
        Some(true) => again(runner, &run_id, about).await,
        _ => Ok(Begin::Ended(run_id)),
    }
}

/// Runs a request as a task of its own.
pub(crate) async fn background<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<RunHandle<W>, RunError> {
    let runner = builder.runner.clone();
    match Box::pin(begin(builder)).await? {
        Begin::Leg(leg) => {
            let (run_id, drive) = (Arc::clone(&leg.run.info.run_id), Arc::clone(&leg.drive));
            leg.run.show();
            #[expect(clippy::disallowed_methods, reason = "the one place where a run gets a task")]
            tokio::spawn(async move {
                // Whoever wants the outcome asks the handle, or the store.
                _ = leg.drive().await;
            });
            Ok(RunHandle::new(runner, run_id, drive))
        }
        Begin::Elsewhere(run_id, about) => {
            // Should the process that has it be gone, this one goes on with it.
            let (waiting, id) = (runner.clone(), Arc::clone(&run_id));
            let drive = Arc::<Drive>::default();
            let waits = Over(Arc::clone(&drive));
            #[expect(clippy::disallowed_methods, reason = "it becomes the run's task if the run is let go")]
            tokio::spawn(async move {
                if let Err(RunError::Db { error, .. }) = finish(&waiting, Begin::Elsewhere(id, about)).await {
                    waits.0.loses(error);
                }
            });
            Ok(RunHandle::new(runner, run_id, drive))
        }
        Begin::Wait(Live { drive, .. }, run_id, _) => Ok(RunHandle::new(runner, run_id, drive)),
        Begin::Ended(run_id) => {
            let drive = Arc::<Drive>::default();
            drive.over();
            Ok(RunHandle::new(runner, run_id, drive))
        }
    }
}

/// Says that there is nothing to wait for any more, when it is dropped.
struct Over(Arc<Drive>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over();
    }
}

/// How a leg ended.
struct LegEnd {
    status: Status,
    output: Option<Kept>,
    failure: Option<Failure>,
    /// The event that says so, until it has.
    last: Option<EventKind>,
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
            let mut ended = self.one(&run).await;
            if run.outbox.is_some()
                && let Err(error) = Box::pin(self.guard.store(&mut ended)).await
            {
                return self.guard.unstored(error);
            }
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
                let output = match W::OUTPUT.whole(value) {
                    Ok(output) => output,
                    Err(fault) => return self.ended(Err(Stop::Fault(fault))),
                };
                let kept = Kept::new(output, W::OUTPUT);
                let content = if run.listens() { kept.json().unwrap_or_default() } else { Value::Null };
                let last = EventKind::WorkflowCompleted { depth: 0, content };
                LegEnd { status: Status::Completed, output: Some(kept), failure: None, last: Some(last) }
            }
            Err(Stop::Paused) => {
                let questions = run.inner().questions.iter().map(|question| question.info.clone()).collect();
                let last = EventKind::WorkflowPaused { questions };
                LegEnd { status: Status::Paused, output: None, failure: None, last: Some(last) }
            }
            Err(Stop::Cancelled) => {
                run.withdraw("");
                LegEnd { status: Status::Cancelled, output: None, failure: None, last: Some(EventKind::WorkflowCancelled { depth: 0 }) }
            }
            Err(Stop::Failed(error)) => {
                run.withdraw("");
                let last = EventKind::WorkflowError { depth: 0, error: error.to_string() };
                LegEnd { status: Status::Failed, output: None, failure: Some(Failure::Step(*error)), last: Some(last) }
            }
            Err(Stop::Fault(fault)) => {
                run.withdraw("");
                let last = EventKind::WorkflowError { depth: 0, error: fault.to_string() };
                LegEnd { status: Status::Failed, output: None, failure: Some(Failure::Fault(Arc::from(fault))), last: Some(last) }
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
        let span = this.span.clone();
        let _entered = span.as_ref().map(tracing::Span::enter);
        let polled = this.poll_body(cx);
        if polled.is_pending()
            && let Some(outbox) = &this.run.outbox
        {
            outbox.poll_events(this.run.hub(), cx);
        }
        polled
    }
}

impl<O> Polled<'_, O> {
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Shared<O>, Stop<O>>> {
        // Steps catch their own panics; what is caught here is the body's, such as a state's first value.
        catch_unwind(AssertUnwindSafe(|| self.body.as_mut().poll(cx))).unwrap_or_else(|panic| {
            let error = StepError::new(String::new(), StepErrorKind::Panic, panic_text(&*panic), 1);
            Poll::Ready(Err(Stop::Failed(Box::new(error))))
        })
    }
}
