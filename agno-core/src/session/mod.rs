//! Sessions: what runs have in common. One typed state, and the history of their inputs and outputs.

mod history;
mod state;
mod store;

pub(crate) use history::KeptTurn;

pub use store::{OpenQuestion, SessionInfo, Sessions};

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    content::{AnyArc, Codec, Content, ErasedCodec, StepOutput},
    db::rows::StateRow,
    error::Fault,
    run::{Held, StateKind},
};

/// One session, in memory.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: Arc<str>,
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) created_at: Timestamp,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    name: Option<String>,
    workflow_id: Option<Arc<str>>,
    /// The state under the empty key, and those of nested workflows under their paths.
    cells: BTreeMap<Arc<str>, Cell>,
    /// The runs, oldest first.
    runs: Vec<Arc<str>>,
}

/// A state with its version: who writes says which version it read.
#[derive(Clone)]
struct Cell {
    value: AnyArc,
    version: u64,
    by: Arc<str>,
    codec: &'static ErasedCodec,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell").field("type", &(self.codec.type_name)()).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Another run wrote first.
pub(crate) struct Conflict<S> {
    /// What it left, and its version. `None`: that cannot be read as an `S`.
    pub(crate) now: Option<(Arc<S>, u64)>,
    pub(crate) by: Arc<str>,
}

impl Cell {
    /// The state as an `S`, through JSON if it was written as another type.
    fn read<S: Send + Sync + 'static>(&self, codec: Codec<S>) -> Result<Arc<S>, serde_json::Error> {
        match Arc::clone(&self.value).downcast() {
            Ok(value) => Ok(value),
            Err(value) => self.codec.json(&*value).and_then(|json| codec.read(json)),
        }
    }
}

impl Session {
    pub(crate) fn new(id: Arc<str>, user_id: Option<Arc<str>>) -> Self {
        Self { id, user_id, created_at: Timestamp::now(), inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_run(&self, run_id: &Arc<str>, workflow_id: &Arc<str>) {
        let mut inner = self.inner();
        inner.workflow_id.get_or_insert_with(|| Arc::clone(workflow_id));
        inner.runs.push(Arc::clone(run_id));
    }

    pub(crate) fn remove_run(&self, run_id: &str) {
        self.inner().runs.retain(|id| &**id != run_id);
    }

    pub(crate) fn runs(&self) -> Vec<Arc<str>> {
        self.inner().runs.clone()
    }

    pub(crate) fn rename(&self, name: String) {
        self.inner().name = Some(name);
    }

    /// The workflow whose run it began with.
    pub(crate) fn workflow_id(&self) -> Option<String> {
        self.inner().workflow_id.as_deref().map(str::to_owned)
    }

    pub(crate) fn name(&self) -> Option<String> {
        self.inner().name.clone()
    }

    /// The state under `key`, which begins as `first` says.
    pub(crate) fn load<S: Send + Sync + 'static>(
        &self,
        key: &str,
        first: impl FnOnce() -> S,
        kind: StateKind<S>,
        run_id: &Arc<str>,
    ) -> Result<Held<S>, Box<Fault>> {
        let StateKind { codec, copy } = kind;
        let key: Arc<str> = Arc::from(key);
        let found = self.inner().cells.get(&key).cloned();
        let cell = match found {
            Some(cell) => cell,
            None => {
                // The user's expression runs without the lock; whoever is first counts.
                let value = Arc::new(first()) as AnyArc;
                let cell = Cell { value, version: 0, by: Arc::clone(run_id), codec: codec.erased };
                self.inner().cells.entry(Arc::clone(&key)).or_insert(cell).clone()
            }
        };
        let version = cell.version;
        cell.read(codec).map(|value| Held { value, version, key, copy, codec }).map_err(|_| {
            let (theirs, ours) = ((cell.codec.type_name)(), (codec.erased.type_name)());
            let reason = format!("the state of session `{}` is a `{theirs}`, which cannot be read as the workflow's `{ours}`", self.id);
            Box::new(Fault::Misuse { reason })
        })
    }

    /// Writes the state under `key` if it still has the version that was read.
    pub(crate) fn swap<S: Send + Sync + 'static>(
        &self,
        key: &Arc<str>,
        version: u64,
        value: Arc<S>,
        codec: Codec<S>,
        run_id: &Arc<str>,
    ) -> Result<(Arc<S>, u64), Conflict<S>> {
        let mut inner = self.inner();
        let Some(cell) = inner.cells.get_mut(key) else {
            // The session was deleted meanwhile: its state is gone with it, and what this run makes of it is its own.
            return Ok((value, version));
        };
        if cell.version != version {
            let theirs = cell.clone();
            // The user's code reads it.
            drop(inner);
            let now = theirs.read(codec).ok().map(|value| (value, theirs.version));
            return Err(Conflict { now, by: theirs.by });
        }
        // What was read from a store was JSON.
        cell.codec = codec.erased;
        cell.value = Arc::clone(&value) as AnyArc;
        cell.version += 1;
        cell.by = Arc::clone(run_id);
        Ok((value, cell.version))
    }

    /// The same with what is in the store.
    pub(crate) fn renew(&self, key: &Arc<str>, value: AnyArc, version: u64, codec: &'static ErasedCodec) {
        self.inner().cells.insert(Arc::clone(key), Cell { value, version, by: Arc::from(""), codec });
    }

    /// What the store has.
    pub(crate) fn put_states(&self, states: Vec<StateRow>) {
        for StateRow { key, value, version, .. } in states {
            self.renew(&Arc::from(key), Arc::new(value), version, <Value as StepOutput>::CODEC.erased);
        }
    }

    /// Puts `value` in place of whatever is there.
    pub(crate) fn replace<S: Send + Sync + 'static>(&self, key: &str, value: Arc<S>, codec: Codec<S>, run_id: &Arc<str>) {
        let mut inner = self.inner();
        let version = inner.cells.get(key).map_or(0, |cell| cell.version) + 1;
        inner.cells.insert(Arc::from(key), Cell { value, version, by: Arc::clone(run_id), codec: codec.erased });
    }

    /// Changes the state. What is there and cannot be read as an `S` is left as it is.
    pub(crate) fn update<S: Content>(&self, change: impl Fn(Option<S>) -> S) -> Result<Arc<S>, serde_json::Error> {
        let codec = <S as StepOutput>::CODEC;
        let mut inner = self.inner();
        let cell = inner.cells.get("");
        let old = cell.map(|cell| cell.codec.json(&*cell.value).and_then(serde_json::from_value)).transpose()?;
        let version = cell.map_or(0, |cell| cell.version) + 1;
        let value = Arc::new(change(old));
        let by = Arc::from("program");
        inner.cells.insert(Arc::from(""), Cell { value: Arc::clone(&value) as AnyArc, version, by, codec: codec.erased });
        Ok(value)
    }

    /// The state as JSON, if there is one.
    pub(crate) fn state_json(&self) -> Option<Value> {
        let cell = self.inner().cells.get("").cloned()?;
        cell.codec.json(&*cell.value).ok()
    }

    /// The state as an `S`, if there is one.
    pub(crate) fn state<S: Content>(&self) -> Result<Option<Arc<S>>, serde_json::Error> {
        let Some(cell) = self.inner().cells.get("").cloned() else { return Ok(None) };
        if let Ok(state) = Arc::clone(&cell.value).downcast() {
            return Ok(Some(state));
        }
        let json = cell.codec.json(&*cell.value)?;
        serde_json::from_value(json).map(|state| Some(Arc::new(state)))
    }
}
