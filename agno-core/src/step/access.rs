//! How a step uses the session's state: not at all, reading, or changing a copy that is committed with the step's result.

use std::sync::Arc;

use crate::run::{CxCore, Held};

/// A step's access to the state.
pub trait Access: Send {
    /// What an attempt works with.
    type Local: Send + 'static;
    #[doc(hidden)]
    fn take(&self) -> Self::Local;
    /// Commits what the attempt made of it. `Err`: another run was faster; the next `take` gives what that one left.
    #[doc(hidden)]
    fn put(&mut self, local: Self::Local) -> Result<(), Arc<str>>;
    #[doc(hidden)]
    fn core(&mut self) -> &mut CxCore;
}

/// No access.
#[derive(Debug)]
pub struct Plain<'a> {
    pub(crate) core: &'a mut CxCore,
}

impl Access for Plain<'_> {
    type Local = ();
    fn take(&self) {}
    fn put(&mut self, (): ()) -> Result<(), Arc<str>> {
        Ok(())
    }
    fn core(&mut self) -> &mut CxCore {
        self.core
    }
}

/// The step reads the state.
#[derive(Debug)]
pub struct Read<'a, S> {
    pub(crate) core: &'a mut CxCore,
    pub(crate) held: &'a mut Held<S>,
}

impl<S: Send + Sync + 'static> Access for Read<'_, S> {
    type Local = Arc<S>;
    fn take(&self) -> Arc<S> {
        Arc::clone(&self.held.value)
    }
    fn put(&mut self, _: Arc<S>) -> Result<(), Arc<str>> {
        Ok(())
    }
    fn core(&mut self) -> &mut CxCore {
        self.core
    }
}

/// The step changes the state.
#[derive(Debug)]
pub struct Write<'a, S> {
    pub(crate) core: &'a mut CxCore,
    pub(crate) held: &'a mut Held<S>,
}

impl<S: Send + Sync + 'static> Access for Write<'_, S> {
    type Local = S;
    fn take(&self) -> S {
        (self.held.copy)(&self.held.value)
    }
    fn put(&mut self, local: S) -> Result<(), Arc<str>> {
        let run = &self.core.run;
        match run.session.swap(&self.held.key, self.held.version, Arc::new(local), &run.info.run_id) {
            Ok((value, version)) => {
                self.held.value = value;
                self.held.version = version;
                Ok(())
            }
            Err(conflict) => {
                self.held.value = conflict.value;
                self.held.version = conflict.version;
                Err(conflict.by)
            }
        }
    }
    fn core(&mut self) -> &mut CxCore {
        self.core
    }
}
