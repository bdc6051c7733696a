//! [`Cx`]: where code stands in a run. [`At`]: the same, lent to one node.

use std::{
    marker::PhantomData,
    sync::{Arc, PoisonError},
};

use futures_core::future::BoxFuture;

use super::{
    Alone, Busy, Decision, Fork, Frame, Holds, Run, Scope, Stop,
    join::Logs,
    path::{Mark, Path},
};
use crate::{
    content::{Codec, ErasedCodec, Found},
    error::Fault,
    event::EventKind,
    journal::{Content, Entry},
    plan::{History, Node},
    shared::Shared,
    step::{ContextInner, Plain, Read, Write},
};

/// Where the code of a body stands: the run, the path, the state. `P` is the position, `O` the output of the workflow.
#[derive(Debug)]
pub struct Cx<P, O: 'static> {
    pub(crate) core: CxCore,
    pub(crate) position: P,
    output: PhantomData<fn() -> O>,
}

/// The part of a [`Cx`] that has no types.
#[derive(Debug)]
pub struct CxCore {
    pub(crate) run: Arc<Run>,
    pub(crate) path: Path,
    pub(crate) scope: Arc<Scope>,
    /// What this code has recorded and not yet handed over.
    pub(crate) log: Vec<Entry>,
    pub(crate) sink: Sink,
    /// When the last node ended: the beginning of the next one.
    pub(crate) last: u64,
    /// How many workflows are round this code, its own left out.
    pub(crate) depth: u32,
    /// Containers that are open, outermost first.
    pub(crate) frames: Vec<Frame>,
    /// The step that runs.
    pub(crate) busy: Option<Busy>,
    /// The codec of the workflow's output, for a step that ends the workflow.
    pub(crate) output: &'static ErasedCodec,
    /// Whether other code runs beside this one.
    pub(crate) in_branch: bool,
    /// Whether this stands in a container that has closed in an earlier leg: nothing begins here.
    pub(crate) over: bool,
    /// The context of the step that runs, which has what its children recorded.
    pub(crate) context: Option<Arc<ContextInner>>,
    /// What stands behind the name of the one node that a child consists of.
    pub(crate) mark: Mark,
    /// The index of the innermost loop's iteration.
    pub(crate) iteration: u32,
    /// The bound of the innermost loop.
    pub(crate) max_iterations: u32,
    /// How much of the session's past a prompt gets, as far as it is said round this code.
    pub(crate) history: Option<History>,
    /// Events that nobody heard of, and that the run's number does not count yet.
    pub(crate) uncounted: u64,
    /// Where the step began to give its value that changes a state which is not stored yet.
    pub(crate) writes: Option<WriteMark>,
}

/// What to go back to if a step must run again whose value was there already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteMark {
    sequence: u64,
    uncounted: u64,
    entries: usize,
    shown: usize,
    attached: usize,
    last: u64,
}

/// Something is being stored.
pub(crate) type Storing = BoxFuture<'static, Result<(), Box<Fault>>>;

/// Where entries go when the code ends, or is dropped.
#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// To the run's journal.
    Run,
    /// To whoever waits for the branch, so that branches are merged in declared order.
    Branch(Logs, usize),
}

impl CxCore {
    pub(crate) fn new(run: Arc<Run>, output: &'static ErasedCodec) -> Self {
        let scope = Arc::clone(&run.scope);
        let (last, history) = (run.now(), run.info.history);
        Self {
            run,
            path: Path::default(),
            scope,
            log: Vec::new(),
            sink: Sink::Run,
            last,
            depth: 0,
            frames: Vec::new(),
            busy: None,
            output,
            in_branch: false,
            over: false,
            context: None,
            mark: Mark::NONE,
            iteration: 0,
            max_iterations: 0,
            history,
            uncounted: 0,
            writes: None,
        }
    }

    /// The place of code that runs inside of this one, or beside it.
    pub(crate) fn inner(&self, path: Path, sink: Sink) -> Self {
        Self {
            run: Arc::clone(&self.run),
            path,
            scope: Arc::clone(&self.scope),
            log: Vec::new(),
            sink,
            last: self.last,
            mark: Mark::NONE,
            frames: Vec::new(),
            busy: None,
            context: None,
            uncounted: 0,
            writes: None,
            ..*self
        }
    }

    /// Says what happens at the node `name`. The kind is made only if somebody listens; else the event is counted here, and the run's
    /// counter, which branches and listeners share, is left alone as long as possible.
    pub(crate) fn say(&mut self, name: &str, kind: impl FnOnce() -> EventKind) {
        if self.run.listens() {
            self.count();
            self.run.deliver(self.path.leaf(name, self.mark), kind());
        } else {
            self.uncounted += 1;
        }
    }

    /// The same of a container, by its own path.
    pub(crate) fn say_at(&mut self, path: &Path, kind: impl FnOnce() -> EventKind) {
        if self.run.listens() {
            self.count();
            self.run.deliver(path.text(), kind());
        } else {
            self.uncounted += 1;
        }
    }

    /// Numbers the events that were only counted here.
    pub(crate) fn count(&mut self) {
        if self.uncounted > 0 {
            self.run.count(std::mem::take(&mut self.uncounted));
        }
    }

    /// Appends to the journal.
    pub(crate) fn record(&mut self, entry: Entry) {
        if self.log.capacity() == 0 {
            // A branch is one step most of the time; the workflow itself has as many entries as nodes, unless it loops.
            self.log.reserve_exact(match self.sink {
                Sink::Run => self.run.info.plan.nodes.len().clamp(1, 32),
                Sink::Branch(..) => 1,
            });
        }
        if self.run.shows() {
            self.run.inner().shown.push(entry.clone());
        }
        if let Some(outbox) = &self.run.outbox {
            outbox.put_entry(&entry, self.run.sequence() + self.uncounted);
        }
        self.log.push(entry);
    }

    /// Takes over what the children of the step that runs have recorded.
    pub(crate) fn gather_children(&mut self, context: &ContextInner) {
        if let Some(logs) = context.log.get() {
            self.append(logs);
        }
    }

    /// Takes over what others recorded, in declared order.
    pub(crate) fn append(&mut self, logs: &Logs) {
        for log in &**logs {
            append(&mut self.log, &mut log.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// A step that changes the state is about to give its value. Nobody sees that before it is stored.
    pub(crate) fn begin_write(&mut self) {
        if self.run.outbox.as_ref().is_none_or(|outbox| !outbox.by_step()) {
            return;
        }
        if let Some(hub) = self.run.hub() {
            hub.hold();
        }
        let inner = self.run.inner();
        self.writes = Some(WriteMark {
            sequence: self.run.sequence(),
            uncounted: self.uncounted,
            entries: self.log.len(),
            shown: inner.shown.len(),
            attached: inner.carried.as_deref().map_or(0, |carried| carried.attached.len()),
            last: self.last,
        });
    }

    /// It is stored.
    pub(crate) fn keep_write(&self) {
        if let Some(hub) = self.run.hub() {
            hub.settle(None);
        }
    }

    /// It is taken back: the step at the node runs again.
    pub(crate) fn take_back(&mut self, node: &Node, mark: &WriteMark) {
        if let Some(hub) = self.run.hub() {
            hub.settle(Some(mark.sequence));
        }
        if let Some(outbox) = &self.run.outbox {
            outbox.take_back(&self.leaf(node.name), mark.sequence);
        }
        self.run.back_to(mark.sequence);
        self.uncounted = mark.uncounted;
        self.last = mark.last;
        self.log.truncate(mark.entries);
        let mut inner = self.run.inner();
        inner.shown.truncate(mark.shown);
        if let Some(carried) = &mut inner.carried {
            carried.attached.truncate(mark.attached);
        }
    }

    /// Stores what waits, if the run is stored step by step. What comes next must not begin before.
    pub(crate) fn stored(&self) -> Option<Storing> {
        self.run.outbox.as_ref().filter(|outbox| outbox.by_step())?;
        self.stored_now()
    }

    /// Stores what waits, however the run is stored.
    pub(crate) fn stored_now(&self) -> Option<Storing> {
        let outbox = self.run.outbox.as_ref().filter(|outbox| outbox.waits())?;
        let (outbox, run) = (Arc::clone(outbox), Arc::clone(&self.run));
        Some(Box::pin(async move { run.store(&outbox).await }))
    }

    /// The same for code that others run beside, who may take long: at the top of the workflow the next node stores it.
    pub(crate) fn stored_beside_others(&self) -> Option<Storing> {
        match self.sink {
            Sink::Run => None,
            Sink::Branch(..) => self.stored(),
        }
    }

    /// Whether nothing may begin here any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.over || self.scope.is_cancelled()
    }

    /// Hands over what is recorded.
    pub(crate) fn hand_over(&mut self) {
        self.count();
        if self.log.is_empty() {
            return;
        }
        match &self.sink {
            Sink::Run => append(&mut self.run.inner().journal, &mut self.log),
            Sink::Branch(logs, index) => append(&mut logs[*index].lock().unwrap_or_else(PoisonError::into_inner), &mut self.log),
        }
    }

    /// What a record holds, for a node of the codec's type.
    #[inline(never)]
    pub(crate) fn found(&self, path: &str, content: Content, codec: &ErasedCodec) -> Result<Found, Box<Fault>> {
        let value = match content {
            Content::Kept(kept) => kept.find(codec),
            Content::Json(json) => codec.find((*json).clone()),
            Content::Nothing => codec.find(serde_json::Value::Null),
        };
        value.map_err(|error| {
            let reason = format!("its record cannot be read as the node's type: {error}");
            Box::new(Fault::Diverged { path: path.to_owned(), reason })
        })
    }

    /// The same, as a value.
    pub(crate) fn recorded<T, O>(&self, path: &str, content: Content, codec: Codec<T>) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        self.found(path, content, codec.erased).map(Found::shared).map_err(Stop::Fault)
    }

    pub(crate) fn leaf(&self, name: &str) -> String {
        self.path.leaf(name, self.mark)
    }
}

impl Drop for CxCore {
    fn drop(&mut self) {
        self.leave_open();
        if let Some(context) = self.context.take() {
            context.end();
            self.gather_children(&context);
        }
        self.hand_over();
    }
}

/// Moves entries, all at once where there are none yet.
fn append(to: &mut Vec<Entry>, from: &mut Vec<Entry>) {
    if to.is_empty() {
        std::mem::swap(to, from);
    } else {
        to.append(from);
    }
}

impl<P, O: 'static> Cx<P, O> {
    pub(crate) fn new(core: CxCore, position: P) -> Self {
        Self { core, position, output: PhantomData }
    }
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The place, lent to one node.
    pub fn at(&mut self) -> At<'_, P, O> {
        At { core: &mut self.core, position: &mut self.position, output: PhantomData }
    }

    /// The place, lent to a predicate or a selector.
    pub fn deciding(&mut self) -> At<'_, P, Decision> {
        At { core: &mut self.core, position: &mut self.position, output: PhantomData }
    }
}

/// A [`Cx`], lent to one node.
#[derive(Debug)]
pub struct At<'a, P, O: 'static> {
    pub(crate) core: &'a mut CxCore,
    pub(crate) position: &'a mut P,
    output: PhantomData<fn() -> O>,
}

impl<'a, P, O: 'static> At<'a, P, O> {
    /// The position.
    #[must_use]
    pub fn position(&self) -> &P {
        self.position
    }

    /// For a step without state.
    #[must_use]
    pub fn plain(self) -> Plain<'a> {
        Plain { core: self.core }
    }

    /// For a step that reads the state.
    #[must_use]
    pub fn reads<S>(self) -> Read<'a, S>
    where
        P: Holds<S>,
    {
        Read { core: self.core, held: self.position.held_mut() }
    }

    /// For a step that changes the state.
    #[must_use]
    pub fn writes<S>(self) -> Write<'a, S>
    where
        P: Alone + Holds<S>,
    {
        Write { core: self.core, held: self.position.held_mut() }
    }
}
