//! [`StepContext`]: what a step sees of its run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::child::ChildStop;
use crate::{
    error::Result,
    event::EventKind,
    media::{Media, MediaKind},
    plan::{About, History, Node},
    run::{
        CxCore, Logs, Run, Scope,
        path::{Mark, Path},
    },
    workflow::Workflow,
};

/// What a step sees of its run. A step asks for it with a parameter `&StepContext`.
#[derive(Clone, Debug)]
pub struct StepContext(Arc<ContextInner>);

#[derive(Debug)]
pub(crate) struct ContextInner {
    pub(crate) run: Arc<Run>,
    pub(crate) path: Path,
    pub(crate) node: &'static Node,
    pub(crate) mark: Mark,
    pub(crate) scope: Arc<Scope>,
    pub(crate) depth: u32,
    pub(crate) attempt: u32,
    /// The number that a fresh start of the step's children has.
    pub(crate) start: u32,
    iteration: u32,
    max_iterations: u32,
    /// How much of the session's past prompts get round the step.
    around: Option<History>,
    effects: Mutex<Effects>,
    /// What its children have recorded.
    pub(crate) log: OnceLock<Logs>,
}

/// What an attempt does beside giving a value.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) attached: Vec<Media>,
    /// How many children of each name there are.
    pub(crate) calls: BTreeMap<&'static str, u32>,
    /// How many children there are.
    pub(crate) count: usize,
    /// Why a child did not come back.
    pub(crate) stop: Option<ChildStop>,
    /// The attempt is over.
    over: bool,
}

/// The completed runs of a session, oldest first, as pairs of input and output.
pub type TypedHistory<W> = Vec<(Arc<<W as Workflow>::Input>, Arc<<W as Workflow>::Output>)>;

impl ContextInner {
    pub(super) fn new(core: &CxCore, node: &'static Node, attempt: u32, start: u32) -> Self {
        Self {
            run: Arc::clone(&core.run),
            path: core.path.clone(),
            node,
            mark: core.mark,
            scope: Arc::clone(&core.scope),
            depth: core.depth,
            attempt,
            start,
            iteration: core.iteration,
            max_iterations: core.max_iterations,
            around: core.history,
            effects: Mutex::default(),
            log: OnceLock::new(),
        }
    }

    pub(crate) fn effects(&self) -> MutexGuard<'_, Effects> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempt is over. Whether it had children.
    pub(crate) fn end(&self) -> bool {
        let mut effects = self.effects();
        effects.over = true;
        effects.count > 0
    }

    /// The step's own path, as its children's.
    pub(crate) fn own_path(&self) -> Path {
        self.path.child(self.node.name, self.mark.start(self.start))
    }

    /// How much of the session's past a prompt of the step gets: the nearest setting counts, the node's before the step's before those round it.
    pub(crate) fn history(&self) -> Option<History> {
        let own = || match self.node.about?() {
            About::Step(step) => step.options.history,
            About::Workflow(_) => None,
        };
        self.node.options.history.or_else(own).or(self.around)
    }

    pub(crate) fn text(&self) -> String {
        self.path.leaf(self.node.name, self.mark)
    }
}

impl From<Arc<ContextInner>> for StepContext {
    fn from(inner: Arc<ContextInner>) -> Self {
        Self(inner)
    }
}

impl StepContext {
    pub(crate) fn inner(&self) -> &Arc<ContextInner> {
        &self.0
    }

    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.0.run.info.run_id
    }

    /// The session's id.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.0.run.info.session_id
    }

    /// The user whose run this is, if the run says so.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.0.run.info.user_id.as_deref()
    }

    /// Where the step stands, such as `refine[0]/improve`.
    #[must_use]
    pub fn path(&self) -> String {
        self.0.text()
    }

    /// What the caller said about the run: an object, or null.
    #[must_use]
    pub fn metadata(&self) -> &Value {
        &self.0.run.info.metadata
    }

    /// The run's additional data (`.additional_data(json)`), read as a `T`.
    ///
    /// # Errors
    /// It is not a `T`; without any it is read from null.
    pub fn additional_data<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(T::deserialize(&self.0.run.info.additional_data)?)
    }

    fn media(&self, kind: MediaKind) -> Vec<Media> {
        let inner = self.0.run.inner();
        let attached = inner.carried.as_deref().map_or(&[][..], |carried| &carried.attached);
        self.0.run.info.media.iter().chain(attached).filter(|media| media.kind == kind).cloned().collect()
    }

    /// Images given with the run, and attached by earlier steps.
    #[must_use]
    pub fn images(&self) -> Vec<Media> {
        self.media(MediaKind::Image)
    }

    /// Videos given with the run, and attached by earlier steps.
    #[must_use]
    pub fn videos(&self) -> Vec<Media> {
        self.media(MediaKind::Video)
    }

    /// Audio given with the run, and attached by earlier steps.
    #[must_use]
    pub fn audio(&self) -> Vec<Media> {
        self.media(MediaKind::Audio)
    }

    /// Files given with the run, and attached by earlier steps.
    #[must_use]
    pub fn files(&self) -> Vec<Media> {
        self.media(MediaKind::File)
    }

    /// Adds media to the run's output, and to what later steps see. A failed attempt attaches nothing.
    pub fn attach(&self, media: Media) {
        self.0.effects().attached.push(media);
    }

    /// The number of this attempt, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The iteration of the innermost loop, counted from 0; 0 outside of loops.
    #[must_use]
    pub fn iteration(&self) -> u32 {
        self.0.iteration
    }

    /// The bound of the innermost loop; 0 outside of loops.
    #[must_use]
    pub fn max_iterations(&self) -> u32 {
        self.0.max_iterations
    }

    /// A key for what happens outside: the same for every attempt of this step in this run, after a crash too.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}", self.0.run.info.run_id, self.0.text())
    }

    /// Whether the step's result is wanted no more. An `async` step is dropped at its next await; one that blocks should look here.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.0.scope.is_cancelled()
    }

    fn say(&self, kind: impl FnOnce() -> EventKind) {
        // Held meanwhile: what a thread says that nobody waits for must not come after the end of its step.
        let effects = self.0.effects();
        if effects.over {
            return;
        }
        self.0.run.emit(&self.0.path, self.0.node.name, self.0.mark, kind);
    }

    /// Sends a piece of content to whoever listens, while the step runs.
    pub fn emit(&self, content: impl Serialize) {
        self.say(|| EventKind::RunContent { content: json(content) });
    }

    /// Says how far the step is.
    pub fn progress(&self, message: impl Into<String>, data: impl Serialize) {
        self.say(|| EventKind::StepProgress { message: message.into(), data: json(data) });
    }

    /// Sends an event of the step's own.
    pub fn emit_event(&self, name: impl Into<String>, value: impl Serialize) {
        self.say(|| EventKind::CustomEvent { name: name.into(), value: json(value) });
    }

    /// The last `n` completed runs of the session, oldest first, as pairs of input and output of the workflow `W`.
    ///
    /// # Errors
    /// A run's input or output is not of `W`'s types; the error names it.
    pub async fn history<W: Workflow>(&self, n: usize) -> Result<TypedHistory<W>> {
        self.0.run.history::<W>(Some(n)).await
    }

    /// The last `n` completed runs of the session as the block that a prompt gets; empty without any.
    ///
    /// # Errors
    /// A value cannot be written as JSON.
    pub async fn history_text(&self, n: usize) -> Result<String> {
        self.0.run.history_text(Some(n)).await
    }

    /// The same block, for a step that prompts a model itself: as many runs as the nearest `history` option says, that of the node, of the step, of the
    /// step that called it, of the builder or of the workflow. Empty where none says anything, or `off`; then nothing is read.
    ///
    /// # Errors
    /// A value cannot be written as JSON; the store failed.
    pub async fn prompt_history(&self) -> Result<String> {
        match self.0.history() {
            None | Some(History::Off) => Ok(String::new()),
            Some(History::All) => self.0.run.history_text(None).await,
            Some(History::Last(n)) => self.0.run.history_text(Some(n as usize)).await,
        }
    }
}

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| format!("cannot be written as JSON: {error}").into())
}
