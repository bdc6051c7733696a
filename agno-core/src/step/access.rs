//! How a step uses the session's state: not at all, reading, or changing a copy that is committed with the step's result.

use std::sync::Arc;

use crate::{
    content::AnyArc,
    db::rows::StateRow,
    error::Fault,
    run::{CxCore, Held},
};

/// A step's access to the state.
pub trait Access: Send {
    /// What an attempt works with.
    type Local: Send + 'static;
    #[doc(hidden)]
    const WRITES: bool = false;
    #[doc(hidden)]
    fn take(&self) -> Self::Local;
    /// Commits what the attempt made of it. `Err`: another run was faster; the next `take` gives what that one left.
    #[doc(hidden)]
    fn put(&mut self, local: Self::Local) -> Result<(), Arc<str>>;
    /// Takes over the state that somebody else has written. `None`: it was deleted.
    #[doc(hidden)]
    fn renew(&mut self, _now: Option<StateRow>) -> Result<(), Box<Fault>> {
        Ok(())
    }
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
    const WRITES: bool = true;
    fn take(&self) -> S {
        (self.held.copy)(&self.held.value)
    }
    fn put(&mut self, local: S) -> Result<(), Arc<str>> {
        let run = &self.core.run;
        let read = self.held.version;
        match run.session.swap(&self.held.key, read, Arc::new(local), self.held.codec, &run.info.run_id) {
            Ok((value, version)) => {
                run.store_state(&self.held.key, read, self.held.codec.json(&value));
                self.held.value = value;
                self.held.version = version;
                Ok(())
            }
            Err(conflict) => {
                // What cannot be read stays a conflict, however often it is tried.
                if let Some(now) = conflict.now {
                    (self.held.value, self.held.version) = now;
                }
                Err(conflict.by)
            }
        }
    }
    fn renew(&mut self, now: Option<StateRow>) -> Result<(), Box<Fault>> {
        // Of a session that was deleted, what this run makes of the state is the first one.
        let Some(StateRow { value, version, .. }) = now else {
            self.held.version = 0;
            return Ok(());
        };
        let value = self.held.codec.read(value).map_err(|error| {
            let reason = format!("another run has written a state that cannot be read as this workflow's: {error}");
            Box::new(Fault::Misuse { reason })
        })?;
        let run = &self.core.run;
        run.session.renew(&self.held.key, Arc::clone(&value) as AnyArc, version, self.held.codec.erased);
        (self.held.value, self.held.version) = (value, version);
        Ok(())
    }
    fn core(&mut self) -> &mut CxCore {
        self.core
    }
}
