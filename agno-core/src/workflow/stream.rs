//! Streams of a run's events that own the run: reading them is what runs it.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt as _;

use super::{ExtraGiven, Outcome, RunBuilder, Workflow, leg};
use crate::{
    error::{Error, Result, RunError},
    event::{Event, EventName, Hub},
};

type Driving<W> = Pin<Box<dyn Future<Output = Result<Outcome<<W as Workflow>::Output, <W as Workflow>::Input>, RunError>> + Send>>;

/// The events of a run, as it runs. It ends with one terminal event, or with `WorkflowPaused`. Dropping it leaves the run resumable.
///
/// A run that cannot begin gives one error. How a run that began came out is in its last event, and in [`RunStream::outcome`].
pub struct RunStream<W: Workflow> {
    state: State<W>,
    filter: Filter,
    outcome: Option<Result<Outcome<W::Output, W::Input>, RunError>>,
}

enum State<W: Workflow> {
    /// Made when the stream is first polled.
    Before(Option<Box<dyn FnOnce() -> Result<leg::Begin<W>, RunError> + Send>>, super::Runner<W>),
    Running { hub: Arc<Hub>, driving: Option<Driving<W>> },
    Ended,
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
        self.all || event.ends_leg() || matches!(name, EventName::WorkflowStarted | EventName::WorkflowContinued | EventName::RunContent)
    }
}

impl<W: Workflow> std::fmt::Debug for RunStream<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunStream").field("workflow", &W::PLAN.type_name).finish_non_exhaustive()
    }
}

impl<W: Workflow> RunStream<W> {
    pub(super) fn new<X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Self {
        let filter = Filter { all: builder.about.stream_events, executors: builder.about.stream_executor_events };
        let runner = builder.runner.clone();
        let begin = Box::new(move || leg::begin(builder));
        Self { state: State::Before(Some(begin), runner), filter, outcome: None }
    }

    /// What the run came to, when the stream has ended.
    #[must_use]
    pub fn outcome(self) -> Option<Result<Outcome<W::Output, W::Input>, RunError>> {
        self.outcome
    }
}

impl<W: Workflow> Stream for RunStream<W> {
    type Item = Result<Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Before(begin, runner) => {
                    let begin = begin.take().expect("a stream begins once");
                    match begin() {
                        Err(error) => {
                            this.state = State::Ended;
                            return Poll::Ready(Some(Err(Error::Run(error))));
                        }
                        Ok(begin) => {
                            let hub = match &begin {
                                leg::Begin::Leg(leg) => leg.run.listen(),
                                leg::Begin::Wait(live, _) => live.run.listen(),
                                leg::Begin::Ended(_) => Arc::default(),
                            };
                            hub.open_queue();
                            let runner = runner.clone();
                            let driving: Driving<W> = Box::pin(async move { leg::finish(&runner, begin).await });
                            this.state = State::Running { hub, driving: Some(driving) };
                        }
                    }
                }
                State::Running { hub, driving } => {
                    if let Some(event) = hub.pop() {
                        if this.filter.passes(&event) {
                            return Poll::Ready(Some(Ok(Arc::unwrap_or_clone(event))));
                        }
                        continue;
                    }
                    let Some(future) = driving else {
                        this.state = State::Ended;
                        continue;
                    };
                    match future.as_mut().poll(cx) {
                        Poll::Ready(outcome) => {
                            this.outcome = Some(outcome);
                            *driving = None;
                        }
                        Poll::Pending => match hub.pop() {
                            Some(event) if this.filter.passes(&event) => return Poll::Ready(Some(Ok(Arc::unwrap_or_clone(event)))),
                            Some(_) => {}
                            None => return Poll::Pending,
                        },
                    }
                }
                State::Ended => return Poll::Ready(None),
            }
        }
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
    pub fn outcome(mut self) -> Option<Result<Outcome<W::Output, W::Input>, RunError>> {
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
        if let Ok(runtime) = &self.runtime {
            let _context = runtime.enter();
            self.stream = None;
        }
    }
}
