//! [`RunBuilder`]: what is said about a run before it begins.

use std::{
    marker::PhantomData,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use serde_json::Value;

use super::{BlockingStream, ExtraGiven, Outcome, RunHandle, RunOutput, RunStream, Runner, WithExtra, WithoutExtra, Workflow, leg};
use crate::{
    error::RunError,
    media::Media,
    plan::Durability,
    run::{ExtraPart, StatePart},
};

/// What is asked for.
pub(crate) enum Request<I> {
    Start(Arc<I>),
    StartJson(Value),
    Resume {
        run_id: String,
    },
    Answer {
        run_id: String,
        question: String,
        answer: Value,
    },
    /// A new run, from a node of another one on.
    From {
        run_id: String,
        path: String,
        /// What becomes of the node's value; `None`: the node runs again.
        change: Option<Changed>,
    },
    /// It cannot be asked for.
    Refused {
        reason: String,
    },
}

/// Makes another value of one.
pub(crate) type Changed = Box<dyn FnOnce(Value) -> Result<Value, serde_json::Error> + Send>;

/// What is said about a run.
pub(crate) struct About<W: Workflow> {
    pub(crate) session_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) metadata: Value,
    pub(crate) additional_data: Value,
    pub(crate) media: Vec<Media>,
    pub(crate) state: Option<<W::State as StatePart>::Value>,
    pub(crate) store_events: Option<bool>,
    pub(crate) stream_events: bool,
    pub(crate) stream_executor_events: bool,
    pub(crate) leg: AboutLeg<W>,
}

/// What is said about one leg. Where a request has to wait for another leg first, it is said of what comes after that.
pub(crate) struct AboutLeg<W: Workflow> {
    pub(crate) extra: Option<Arc<<W::Extra as ExtraPart>::Value>>,
    pub(crate) durability: Option<Durability>,
    pub(crate) take_over: bool,
    pub(crate) background: bool,
    pub(crate) debug: bool,
    #[cfg(feature = "testing")]
    pub(crate) testing: Option<Arc<crate::testing::Testing>>,
}

impl<W: Workflow> Clone for AboutLeg<W> {
    fn clone(&self) -> Self {
        Self {
            extra: self.extra.clone(),
            #[cfg(feature = "testing")]
            testing: self.testing.clone(),
            ..*self
        }
    }
}

impl<W: Workflow> Default for AboutLeg<W> {
    fn default() -> Self {
        Self {
            extra: None,
            durability: None,
            take_over: false,
            background: false,
            debug: std::env::var_os("AGNO_DEBUG").is_some_and(|value| value != "0"),
            #[cfg(feature = "testing")]
            testing: None,
        }
    }
}

/// A run that is to be. Await it for the output; a pause is an error then, see [`RunBuilder::outcome`].
///
/// A dropped future or stream leaves the run resumable; only `cancel` cancels it.
#[must_use = "a run begins when it is awaited, streamed or put in the background"]
pub struct RunBuilder<W: Workflow, X> {
    pub(crate) runner: Runner<W>,
    pub(crate) request: Request<W::Input>,
    /// In a box: the run's future is built round it, and is kept as long as the run is in flight.
    pub(crate) about: Option<Box<About<W>>>,
    /// Once it is awaited.
    running: Option<Awaited<RunOutput<W::Output, W::Input>>>,
    extra: PhantomData<X>,
}

impl<W: Workflow, X> std::fmt::Debug for RunBuilder<W, X> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunBuilder").field("workflow", &W::PLAN.type_name).finish_non_exhaustive()
    }
}

impl<W: Workflow> RunBuilder<W, WithoutExtra> {
    pub(super) fn new(runner: Runner<W>, request: Request<W::Input>) -> Self {
        Self { runner, request, about: None, running: None, extra: PhantomData }
    }
}

impl<W: Workflow> RunBuilder<W, WithExtra> {
    pub(super) fn again(runner: Runner<W>, request: Request<W::Input>) -> Self {
        Self { runner, request, about: None, running: None, extra: PhantomData }
    }
}

#[cfg(feature = "terminal")]
impl<W: Workflow, X> RunBuilder<W, X> {
    /// The run that this takes on, if it is one that has begun.
    pub(crate) fn known_run(&self) -> Option<&str> {
        match &self.request {
            Request::Resume { run_id } | Request::Answer { run_id, .. } => Some(run_id),
            Request::Start(_) | Request::StartJson(_) | Request::From { .. } | Request::Refused { .. } => None,
        }
    }
}

impl<W: Workflow> Default for About<W> {
    fn default() -> Self {
        Self {
            session_id: None,
            user_id: None,
            run_id: None,
            metadata: Value::Null,
            additional_data: Value::Null,
            media: Vec::new(),
            state: None,
            store_events: None,
            stream_events: true,
            stream_executor_events: true,
            leg: AboutLeg::default(),
        }
    }
}

impl<W: Workflow> About<W> {
    /// What is said that only a run can be told which begins: one that has begun has its own.
    pub(crate) fn of_a_new_run(&self) -> Option<&'static str> {
        let said = [
            ("session", self.session_id.is_some()),
            ("run_id", self.run_id.is_some()),
            ("metadata", !self.metadata.is_null()),
            ("additional_data", !self.additional_data.is_null()),
            ("media", !self.media.is_empty()),
            ("state", self.state.is_some()),
            ("store_events", self.store_events.is_some()),
        ];
        said.into_iter().find_map(|(option, is_said)| is_said.then_some(option))
    }
}

impl<W: Workflow, X> RunBuilder<W, X> {
    pub(crate) fn said(&mut self) -> &mut About<W> {
        self.about.get_or_insert_default()
    }

    /// The session that the run belongs to. Without it the run gets one of its own. Like everything that a run is begun with, it is refused for a run
    /// that has begun.
    pub fn session(mut self, session_id: impl Into<String>) -> Self {
        self.said().session_id = Some(session_id.into());
        self
    }

    /// The user whose run it is. Runs and sessions of others are refused.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.said().user_id = Some(user_id.into());
        self
    }

    /// The run's id. If there is a run of this id with equal input, this takes it on, with what that one was begun with; with another input, or in another
    /// session, it is a conflict.
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.said().run_id = Some(run_id.into());
        self
    }

    /// Anything about the run that steps and callers may read.
    pub fn metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.said().metadata = metadata.into();
        self
    }

    /// Data beside the input that is not declared; steps read it by `ctx.additional_data::<T>()`.
    pub fn additional_data(mut self, data: impl Into<Value>) -> Self {
        self.said().additional_data = data.into();
        self
    }

    /// Data beside the input that the workflow declares by `extra name: X;`.
    pub fn extra(mut self, extra: <W::Extra as ExtraPart>::Value) -> RunBuilder<W, WithExtra> {
        self.said().leg.extra = Some(Arc::new(extra));
        RunBuilder { runner: self.runner, request: self.request, about: self.about, running: None, extra: PhantomData }
    }

    /// Puts `state` in place of the session's. A store has it with the run, or not at all.
    pub fn state(mut self, state: <W::State as StatePart>::Value) -> Self {
        self.said().state = Some(state);
        self
    }

    /// Gives media with the run.
    pub fn media(mut self, media: impl IntoIterator<Item = Media>) -> Self {
        self.said().media.extend(media);
        self
    }

    /// Gives an image with the run: an address, a `PathBuf`, or bytes.
    pub fn image(self, source: impl Into<crate::media::MediaSource>) -> Self {
        self.media([Media::image(source)])
    }

    /// Gives a video with the run.
    pub fn video(self, source: impl Into<crate::media::MediaSource>) -> Self {
        self.media([Media::video(source)])
    }

    /// Gives a sound with the run.
    pub fn audio(self, source: impl Into<crate::media::MediaSource>) -> Self {
        self.media([Media::audio(source)])
    }

    /// Gives a file with the run.
    pub fn file(self, source: impl Into<crate::media::MediaSource>) -> Self {
        self.media([Media::file(source)])
    }

    /// Whether the run's events are kept.
    pub fn store_events(mut self, store: bool) -> Self {
        self.said().store_events = Some(store);
        self
    }

    /// When the run's results are stored.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.said().leg.durability = Some(durability);
        self
    }

    /// Logs every node's output, attempts and failures through `tracing`, cut at 1 KB. `AGNO_DEBUG=1` does it for every run.
    pub fn debug(mut self) -> Self {
        self.said().leg.debug = true;
        self
    }

    /// `false` leaves but the beginning, the content and the end of the run in the stream.
    pub fn stream_events(mut self, all: bool) -> Self {
        self.said().stream_events = all;
        self
    }

    /// `false` leaves the events of agents out of the stream.
    pub fn stream_executor_events(mut self, all: bool) -> Self {
        self.said().stream_executor_events = all;
        self
    }
}

impl<W: Workflow> RunBuilder<W, WithExtra> {
    /// Takes the run from whoever works on it, instead of waiting until its lease runs out: its next write fails, and it stops. For the case that a
    /// machine is known to be gone.
    pub fn take_over(mut self) -> Self {
        self.said().leg.take_over = true;
        self
    }
}

type Awaited<T> = Pin<Box<dyn Future<Output = Result<T, RunError>> + Send>>;

// The bound stands at the methods: of one at the `impl` rustc would say that the method does not exist.
impl<W: Workflow, X> RunBuilder<W, X> {
    /// Runs, where a pause is no error but a value.
    ///
    /// # Errors
    /// Everything but a pause.
    pub async fn outcome(self) -> Result<Outcome<W::Output, W::Input>, RunError>
    where
        X: ExtraGiven<W>,
    {
        leg::run(Box::new(self)).await
    }

    /// Runs as its events are read. The stream ends with one terminal event, or with `WorkflowPaused`.
    pub fn stream(self) -> RunStream<W>
    where
        X: ExtraGiven<W>,
    {
        RunStream::new(self)
    }

    /// Runs as a task of its own. Returns when the run is recorded.
    ///
    /// # Errors
    /// The run cannot begin: its input is not valid, or it is in conflict with what is stored.
    pub async fn background(mut self) -> Result<RunHandle<W>, RunError>
    where
        X: ExtraGiven<W>,
    {
        self.said().leg.background = true;
        leg::background(self).await
    }

    /// Runs in a program that is not async, on a runtime of its own.
    ///
    /// # Errors
    /// As when awaited; and `Misuse` inside of an async runtime.
    pub fn blocking(self) -> Result<RunOutput<W::Output, W::Input>, RunError>
    where
        X: ExtraGiven<W>,
    {
        let runtime = runtime()?;
        runtime.block_on(self)
    }

    /// Streams in a program that is not async: an iterator that owns its runtime. Dropping it leaves the run resumable.
    pub fn blocking_stream(self) -> BlockingStream<W>
    where
        X: ExtraGiven<W>,
    {
        BlockingStream::new(runtime(), self)
    }
}

/// A runtime for a program that has none.
fn runtime() -> Result<tokio::runtime::Runtime, RunError> {
    if tokio::runtime::Handle::try_current().is_ok() {
        let reason = "`blocking` stands inside of an async runtime; await the run instead".to_owned();
        return Err(RunError::Misuse { reason });
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| RunError::Misuse { reason: format!("no runtime can be made: {error}") })
}

// A future, and not only `IntoFuture`: of two implementations that could fit, std's for futures and ours, rustc would explain neither, and a run
// that lacks its extra would not be told so.
impl<W: Workflow, X: ExtraGiven<W>> Future for RunBuilder<W, X> {
    type Output = Result<RunOutput<W::Output, W::Input>, RunError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let running = match &mut this.running {
            Some(running) => running,
            None => {
                let builder = Box::new(Self {
                    runner: this.runner.clone(),
                    request: mem::replace(&mut this.request, Request::Refused { reason: String::new() }),
                    about: this.about.take(),
                    running: None,
                    extra: PhantomData,
                });
                this.running.insert(Box::pin(async move {
                    match leg::run(builder).await? {
                        Outcome::Completed(output) => Ok(output),
                        Outcome::Paused(paused) => Err(RunError::Paused(Box::new(paused))),
                    }
                }))
            }
        };
        running.as_mut().poll(cx)
    }
}

// Nothing in it is pinned before it is in the box.
impl<W: Workflow, X> Unpin for RunBuilder<W, X> {}
