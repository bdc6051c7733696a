//! [`Cx`]: where code stands in a run. [`At`]: the same, lent to one node.

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Alone, Busy, Decision, Fork, Frame, Holds, Run, Scope, Stop,
    path::{Mark, Path},
};
use crate::{
    content::{Codec, ErasedCodec, decode},
    error::Fault,
    journal::{Content, Entry},
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
}

/// Where entries go when the code ends, or is dropped.
#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// To the run's journal.
    Run,
    /// To whoever waits for the branch, so that branches are merged in declared order.
    Branch(Arc<Mutex<Vec<Entry>>>),
}

impl CxCore {
    pub(crate) fn new(run: Arc<Run>, output: &'static ErasedCodec) -> Self {
        let scope = Arc::clone(&run.scope);
        let last = run.now();
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
            ..*self
        }
    }

    /// Appends to the journal.
    pub(crate) fn record(&mut self, entry: Entry) {
        if self.log.capacity() == 0 {
            self.log.reserve_exact(8);
        }
        if self.run.shows() {
            self.run.inner().shown.push(entry.clone());
        }
        self.log.push(entry);
    }

    /// Takes over what the children of the step that runs have recorded.
    pub(crate) fn gather_children(&mut self) {
        if let Some(log) = self.context.take().and_then(|context| context.log.get().cloned()) {
            self.log.append(&mut log.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Whether nothing may begin here any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.over || self.scope.is_cancelled()
    }

    /// Hands over what is recorded.
    pub(crate) fn hand_over(&mut self) {
        if self.log.is_empty() {
            return;
        }
        match &self.sink {
            Sink::Run => self.run.inner().journal.append(&mut self.log),
            Sink::Branch(log) => log.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.log),
        }
    }

    /// What a record holds, as a value.
    #[inline(never)]
    pub(crate) fn recorded<T, O>(&self, path: &str, content: Content, codec: Codec<T>) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        let value = match content {
            Content::Kept(kept) => kept.shared(codec),
            Content::Json(json) => decode((*json).clone(), codec),
            Content::Nothing => decode(serde_json::Value::Null, codec),
        };
        value.map_err(|error| {
            let reason = format!("its record cannot be read as the node's type: {error}");
            Stop::Fault(Box::new(Fault::Diverged { path: path.to_owned(), reason }))
        })
    }

    /// The codec of the workflow's output.
    pub(crate) fn output<O>(&self) -> Codec<O> {
        Codec::from_erased(self.output)
    }

    pub(crate) fn leaf(&self, name: &str) -> String {
        self.path.leaf(name, self.mark)
    }
}

impl Drop for CxCore {
    fn drop(&mut self) {
        self.leave_open();
        if let Some(context) = &self.context {
            context.end();
        }
        self.gather_children();
        self.hand_over();
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
