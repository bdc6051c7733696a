//! [`Double`]: what stands in for a step, an executor or a nested workflow in a test.

use std::{
    any::{Any, TypeId, type_name},
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{content::BoxError, plan::short_type, workflow::Workflow};

/// What stands in for a step, an executor or a nested workflow in a run: made by `step_name::double(…)`, `Executor::double(…)` or
/// [`double_of`], and given to a run by [`RunBuilder::doubles`](crate::RunBuilder::doubles).
///
/// Everything round the step stays as it is: its retries, timeout, events and record.
#[derive(Clone)]
#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "nothing takes doubles without the feature"))]
pub struct Double {
    of: TypeId,
    name: &'static str,
    is_sync: bool,
    path: Option<String>,
    delay: Duration,
    stand_in: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Double")
            .field("of", &short_type(self.name))
            .field("path", &self.path)
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

impl Double {
    #[doc(hidden)]
    pub fn new<S: 'static, F: Send + Sync + 'static>(is_sync: bool, stand_in: F) -> Self {
        Self { of: TypeId::of::<S>(), name: type_name::<S>(), is_sync, path: None, delay: Duration::ZERO, stand_in: Arc::new(stand_in) }
    }

    /// Only at this node: a path as in events (`refine[1]/improve`), or the place in the plan, which has no indices (`refine/improve`).
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// Lets so much time pass first: the runtime's, so that it takes none where that is paused.
    ///
    /// # Panics
    /// It stands in for a synchronous step, which cannot wait.
    #[must_use]
    #[track_caller]
    pub fn after(self, delay: Duration) -> Self {
        assert!(!self.is_sync, "`{}` is synchronous and cannot wait; make what comes before it wait", short_type(self.name));
        Self { delay, ..self }
    }
}

#[cfg(feature = "testing")]
impl Double {
    pub(crate) fn stands_for(&self, of: TypeId, path: &str) -> bool {
        self.of == of && self.path.as_deref().is_none_or(|wanted| wanted == path || wanted == crate::run::path::plan_path(path))
    }

    pub(crate) fn stand_in<F: 'static>(&self) -> &F {
        self.stand_in.downcast_ref().expect("a double is made for its step's type")
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }
}

/// What stands in for a nested workflow.
pub(crate) type NestedDouble<W> = Box<dyn Fn(&<W as Workflow>::Input) -> Result<<W as Workflow>::Output, BoxError> + Send + Sync>;

/// Stands in for a nested workflow: `double_of::<FactCheck>(|claims| Ok(…))`. An error is the workflow's failure.
pub fn double_of<W: Workflow>(double: impl Fn(&W::Input) -> Result<W::Output, BoxError> + Send + Sync + 'static) -> Double {
    let double: NestedDouble<W> = Box::new(double);
    Double::new::<W, _>(false, double)
}

/// Results in the order of a double's calls: `let script = Script::new([Err(down()), Ok(posts())]); fetch::double(move |_| script.next())`.
#[derive(Debug)]
pub struct Script<T> {
    left: Mutex<VecDeque<T>>,
}

impl<T> Script<T> {
    /// These, one after the other.
    pub fn new(results: impl IntoIterator<Item = T>) -> Self {
        Self { left: Mutex::new(results.into_iter().collect()) }
    }

    /// The next one.
    ///
    /// # Panics
    /// There is none left: the run asked more often than the script says.
    #[track_caller]
    pub fn next(&self) -> T {
        let next = self.left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.expect("the script has no more results: the run asked more often than it says")
    }

    /// How many are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
