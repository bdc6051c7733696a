//! [`RunHandle`]: a run in the background.

use std::sync::Arc;

use super::{Drive, EventStream, Outcome, RunOutput, Runner, Status, Workflow, leg};
use crate::error::{Result, RunError};

/// A run in the background. Dropping the handle changes nothing for the run.
#[derive(Clone, Debug)]
pub struct RunHandle<W: Workflow> {
    runner: Runner<W>,
    run_id: Arc<str>,
    /// Of the leg that it was given for, or of the task that takes the run on once another process lets go of it.
    drive: Arc<Drive>,
}

impl<W: Workflow> RunHandle<W> {
    pub(super) fn new(runner: Runner<W>, run_id: Arc<str>, drive: Arc<Drive>) -> Self {
        Self { runner, run_id, drive }
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.run_id
    }

    #[cfg(feature = "terminal")]
    pub(crate) fn runner(&self) -> &Runner<W> {
        &self.runner
    }

    /// Where the run stands.
    ///
    /// # Errors
    /// The run was deleted.
    pub async fn status(&self) -> Result<Status, RunError> {
        self.runner.status(&self.run_id).await
    }

    /// The run's events from a sequence number on, without gap or duplicate.
    ///
    /// # Errors
    /// The run was deleted, or has ended and its events are not kept.
    pub async fn events(&self, from: u64) -> Result<EventStream> {
        self.runner.events(&*self.run_id, from).await
    }

    /// Waits for the run's end: what awaiting the run would have given.
    ///
    /// # Errors
    /// As when the run is awaited.
    pub async fn wait(&self) -> Result<RunOutput<W::Output, W::Input>, RunError> {
        self.drive.ended().await;
        loop {
            if let Some(live) = self.runner.look_here(&self.run_id, |row| row.live.clone()).flatten() {
                live.ended().await;
                continue;
            }
            // Another process may work on it. One that was cut is nobody's until somebody resumes it.
            if self.runner.status(&self.run_id).await? != Status::Running {
                break;
            }
            self.runner.let_go_elsewhere(&self.run_id).await?;
            if self.runner.status(&self.run_id).await? == Status::Running && !self.runner.is_live(&self.run_id) {
                break;
            }
        }
        match (leg::conclude(&self.runner, &self.run_id).await, self.drive.lost()) {
            (Ok(Outcome::Completed(output)), _) => Ok(output),
            (Ok(Outcome::Paused(paused)), _) => Err(RunError::Paused(Box::new(paused))),
            // Nothing has become of the run since.
            (Err(RunError::Conflict { run, .. }), Some(error)) if run.status == Status::Running => {
                Err(RunError::Db { error: error.clone(), run: Some(run) })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Cancels the run, and waits until nothing of it is left running.
    ///
    /// # Errors
    /// The run has ended, or was deleted.
    pub async fn cancel(&self) -> Result<(), RunError> {
        leg::cancel(&self.runner, &self.run_id).await
    }
}
