//! Streams of a run's events that own the run: reading them is what runs it.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use super::{ExtraGiven, Outcome, RunBuilder, Workflow, leg};
use crate::{
    error::{Error, Result, RunError},
    event::{Event, EventName, Hub},
    step::child::Tap,
};

type Driving<W> = Pin<Box<dyn Future<Output = Driven<W>> + Send>>;

/// What reading a stream to its end came to.
#[expect(clippy::large_enum_variant, reason = "it is moved once, at the end")]
enum Driven<W: Workflow> {
    Concluded(leg::Concluded<W>),
    /// Whoever ran the run has let it go: from now on this stream runs it.
    Begun(leg::Begin<W>),
}

/// The events of a run, as it runs. It ends with one terminal event, or with `WorkflowPaused`. Dropping it leaves the run resumable.
///
/// A run that cannot begin gives one error. How a run that began came out is in its last event, and in [`RunStream::outcome`].
pub struct RunStream<W: Workflow> {
    runner: super::Runner<W>,
    state: State<W>,
    filter: Filter,
    /// Whether the event that ends the leg has come.
    has_ended: bool,
    outcome: Option<leg::Concluded<W>>,
}

/// How the run begins.
type Beginning<W> = Pin<Box<dyn Future<Output = Result<leg::Begin<W>, RunError>> + Send>>;

enum State<W: Workflow> {
    /// Made when the stream is first polled.
    Before(Beginning<W>),
    Running {
        events: Source,
        driving: Option<Driving<W>>,
    },
    /// The event that ended somebody else's leg is read.
    Last(Pin<Box<dyn Future<Output = Option<Event>> + Send>>),
    Ended,
}

/// Where a stream's events come from.
enum Source {
    /// The queue of the run that this stream runs.
    Own(Arc<Hub>),
    /// Those of a run that somebody else runs, from now on.
    Joined(Pin<Box<dyn Stream<Item = Arc<Event>> + Send>>),
    /// The last one of a run that does not run.
    Last(Option<Arc<Event>>),
}

impl Source {
    /// The next event; `Pending` where none is there (yet).
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Arc<Event>> {
        match self {
            Self::Own(hub) => hub.pop().map_or(Poll::Pending, Poll::Ready),
            Self::Joined(events) => match events.as_mut().poll_next(cx) {
                Poll::Ready(Some(event)) => Poll::Ready(event),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
            Self::Last(event) => event.take().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

#[derive(Clone, Copy)]
struct Filter {
    all: bool,
    executors: bool,
}

impl Filter {
    fn passes(self, event: &Event) -> bool {
        let name = event.name();
        if !self.executors && name == EventName::RunContent {
            return false;
        }
        // A nested workflow's beginning is no more than a container's.
        let begins = event.path.is_empty() && matches!(name, EventName::WorkflowStarted | EventName::WorkflowContinued);
        self.all || begins || event.ends_leg() || name == EventName::RunContent
    }
}

impl<W: Workflow> std::fmt::Debug for RunStream<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunStream").field("workflow", &W::PLAN.type_name).finish_non_exhaustive()
    }
}

impl<W: Workflow> RunStream<W> {
    pub(super) fn new<X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Self {
        let (all, executors) = builder.about.as_ref().map_or((true, true), |about| (about.stream_events, about.stream_executor_events));
        let filter = Filter { all, executors };
        let runner = builder.runner.clone();
        let begin = Box::pin(leg::begin(builder));
        Self { runner, state: State::Before(begin), filter, has_ended: false, outcome: None }
    }

    fn running(runner: &super::Runner<W>, begin: leg::Begin<W>) -> State<W> {
        let runner = runner.clone();
        match begin {
            leg::Begin::Leg(leg) => {
                let hub = leg.run.listen();
                hub.open_queue();
                let driving: Driving<W> = Box::pin(async move { Driven::Concluded(leg.run().await) });
                State::Running { events: Source::Own(hub), driving: Some(driving) }
            }
            leg::Begin::Wait(live, run_id, about) => {
                let hub = live.run.listen();
                let tap = Tap::new(String::new());
                hub.tap(Arc::downgrade(&tap));
                let events = stream::unfold((hub, tap), |(hub, tap)| async move {
                    let event = hub.next_of(&tap).await?;
                    Some((event, (hub, tap)))
                });
                let driving: Driving<W> = Box::pin(async move {
                    match leg::join(&runner, live, run_id, &about).await {
                        Ok(leg::Begin::Ended(run_id)) => Driven::Concluded(leg::conclude(&runner, &run_id).await),
                        Ok(begin) => Driven::Begun(begin),
                        Err(error) => Driven::Concluded(Err(error)),
                    }
                });
                State::Running { events: Source::Joined(Box::pin(events.fuse())), driving: Some(driving) }
            }
            leg::Begin::Elsewhere(run_id, about) => {
                let id = Arc::clone(&run_id);
                let reader = runner.clone();
                // Those that are stored, from the present leg on; of a run whose events are not stored the last one alone.
                let events = stream::once(async move { reader.events_of_leg(&run_id).await }).flatten();
                let driving: Driving<W> = Box::pin(async move {
                    match leg::elsewhere(&runner, id, &about).await {
                        Ok(leg::Begin::Ended(run_id)) => Driven::Concluded(leg::conclude(&runner, &run_id).await),
                        Ok(begin) => Driven::Begun(begin),
                        Err(error) => Driven::Concluded(Err(error)),
                    }
                });
                State::Running { events: Source::Joined(Box::pin(events.fuse())), driving: Some(driving) }
            }
            leg::Begin::Ended(run_id) => {
                let driving: Driving<W> = Box::pin(async move { Driven::Concluded(leg::conclude(&runner, &run_id).await) });
                State::Running { events: Source::Last(None), driving: Some(driving) }
            }
        }
    }

    /// What the run came to, when the stream has ended.
    #[must_use]
    pub fn outcome(self) -> Option<leg::Concluded<W>> {
        self.outcome
    }
}

impl<W: Workflow> Stream for RunStream<W> {
    type Item = Result<Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Before(begin) => match begin.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(error)) => {
                        this.state = State::Ended;
                        return Poll::Ready(Some(Err(Error::Run(error))));
                    }
                    Poll::Ready(Ok(begin)) => this.state = Self::running(&this.runner, begin),
                },
                State::Running { events, driving } => {
                    if let Poll::Ready(event) = events.poll(cx) {
                        this.has_ended |= event.ends_leg();
                        if this.filter.passes(&event) {
                            return Poll::Ready(Some(Ok(Arc::unwrap_or_clone(event))));
                        }
                        continue;
                    }
                    let Some(future) = driving else {
                        // Somebody else's leg may have ended before this stream heard of anything.
                        let run_id = this.outcome.as_ref().and_then(run_id_of).filter(|_| !this.has_ended);
                        this.state = match run_id.map(str::to_owned) {
                            Some(run_id) => {
                                let runner = this.runner.clone();
                                State::Last(Box::pin(async move { leg::last_event(&runner, &run_id).await }))
                            }
                            None => State::Ended,
                        };
                        continue;
                    };
                    match future.as_mut().poll(cx) {
                        Poll::Ready(Driven::Concluded(outcome)) => {
                            this.outcome = Some(outcome);
                            *driving = None;
                        }
                        Poll::Ready(Driven::Begun(begin)) => this.state = Self::running(&this.runner, begin),
                        // What it said while it was polled comes first.
                        Poll::Pending => match events.poll(cx) {
                            Poll::Ready(event) => {
                                this.has_ended |= event.ends_leg();
                                if this.filter.passes(&event) {
                                    return Poll::Ready(Some(Ok(Arc::unwrap_or_clone(event))));
                                }
                            }
                            Poll::Pending => return Poll::Pending,
                        },
                    }
                }
                State::Last(last) => match last.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(last) => {
                        let last = last.filter(|_| !this.has_ended).map(Arc::new);
                        this.has_ended = true;
                        this.state = match last {
                            Some(last) => State::Running { events: Source::Last(Some(last)), driving: None },
                            None => State::Ended,
                        };
                    }
                },
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}

fn run_id_of<O, I>(outcome: &Result<Outcome<O, I>, RunError>) -> Option<&str> {
    match outcome {
        Ok(outcome) => Some(outcome.run_id()),
        Err(error) => error.run_id(),
    }
}

/// The events of a run for a program that is not async. It owns its runtime.
pub struct BlockingStream<W: Workflow> {
    // Dropped before the runtime, which its timers need.
    stream: Option<RunStream<W>>,
    runtime: Result<tokio::runtime::Runtime, Option<RunError>>,
}

impl<W: Workflow> std::fmt::Debug for BlockingStream<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockingStream").field("workflow", &W::PLAN.type_name).finish_non_exhaustive()
    }
}

impl<W: Workflow> BlockingStream<W> {
    pub(super) fn new<X: ExtraGiven<W>>(runtime: Result<tokio::runtime::Runtime, RunError>, builder: RunBuilder<W, X>) -> Self {
        Self { stream: Some(RunStream::new(builder)), runtime: runtime.map_err(Some) }
    }

    /// What the run came to, when the iterator has ended.
    #[must_use]
    pub fn outcome(mut self) -> Option<leg::Concluded<W>> {
        self.stream.take().and_then(RunStream::outcome)
    }
}

impl<W: Workflow> Iterator for BlockingStream<W> {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        match &mut self.runtime {
            Ok(runtime) => runtime.block_on(async { pin!(stream).next().await }),
            Err(error) => error.take().map(|error| Err(Error::Run(error))),
        }
    }
}

impl<W: Workflow> Drop for BlockingStream<W> {
    fn drop(&mut self) {
        if let Ok(runtime) = std::mem::replace(&mut self.runtime, Err(None)) {
            {
                let _context = runtime.enter();
                self.stream = None;
            }
            // A thread of a dropped run goes on to its end, and nobody waits for it.
            runtime.shutdown_background();
        }
    }
}
