//! What a run should come to, as the model says.

use std::collections::{BTreeMap, BTreeSet};

use crate::values::Value;

/// What a run should come to.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The output, or the path of what failed.
    pub(crate) result: Result<Value, String>,
    pub(crate) tally: u64,
    /// How often each step takes effect, by path.
    pub(crate) effects: BTreeMap<String, Effects>,
    /// What has a value at the end: steps, adapters, answers.
    pub(crate) completed: BTreeSet<String>,
    pub(crate) media: BTreeSet<String>,
    /// Beginnings of paths where it depends on timing what runs: beside a branch that fails.
    pub(crate) loose: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Effects {
    pub(crate) count: u32,
    /// It fails, or a step whose child it is does: then what a crash has cut begins with fresh attempts.
    pub(crate) fails: bool,
    /// It must not run twice.
    pub(crate) once: bool,
    /// It has children, so that it runs again when one of them has paused.
    pub(crate) has_children: bool,
}

impl Default for Expected {
    fn default() -> Self {
        let (effects, completed, media, loose) = Default::default();
        Self { result: Err(String::new()), tally: 0, effects, completed, media, loose }
    }
}

impl Expected {
    pub(crate) fn is_loose(&self, path: &str) -> bool {
        self.loose
            .iter()
            .any(|loose| path.strip_prefix(loose.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '~', '['])))
    }
}
