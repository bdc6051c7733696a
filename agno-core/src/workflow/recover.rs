//! Runs that nobody works on: what was cut, and what time has decided about.

use std::{convert::Infallible, time::Duration};

use jiff::Timestamp;

use super::{RunHandle, Runner, Status, Workflow};
use crate::{
    db::{DbError, rows::RunFilter},
    error::{Error, Result, RunError},
    run::clock,
};

/// So long `serve_timers` waits where nothing is due: for a clock that was set, and for notices that were lost.
const NO_DEADLINE: Duration = Duration::from_secs(60);

/// It does not look more often than this, however much changes in the store.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// So long it waits without a store, where nobody tells of new deadlines.
const WITHOUT_NOTICE: Duration = Duration::from_secs(1);

impl<W: Workflow> Runner<W> {
    /// Takes on, in the background, every run of this workflow whose future was dropped or whose process is gone, and every one that waits for an answer whose time is over.
    ///
    /// A run that this build cannot go on with, or whose records cannot be read, is left as it is, with a warning by `tracing`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recover(&self) -> Result<Vec<RunHandle<W>>> {
        let cut = RunFilter { status: vec![Status::Running], orphaned: true, ..self.own_runs() };
        let mut handles = self.take_on(cut).await?;
        handles.extend(self.take_on(self.due(clock::now())).await?);
        Ok(handles)
    }

    /// Takes runs of this workflow on when the time of a question is over, and when an answer came that nobody went on with, for as long as it is polled.
    /// Run it as a task of a process that lives on; without it that happens when somebody looks at the run.
    ///
    /// # Errors
    /// The store failed.
    pub async fn serve_timers(&self) -> Result<Infallible> {
        let mut changes = self.store().map(|db| db.changes());
        loop {
            if let Some(changes) = &mut changes {
                changes.mark_unchanged();
            }
            let now = clock::now();
            drop(self.take_on(self.due(now)).await?);
            let next = self.next_due(now).await?;
            let left = next.map_or(NO_DEADLINE, |next| Duration::try_from(next.duration_since(clock::now())).unwrap_or_default());
            let wait = tokio::time::sleep(left.clamp(AT_MOST_EVERY, NO_DEADLINE));
            match &mut changes {
                Some(changes) => tokio::select! {
                    () = wait => {}
                    changed = changes.changed() => {
                        changed.map_err(Error::other)?;
                        tokio::time::sleep(AT_MOST_EVERY).await;
                    }
                },
                // Runs of this process alone: nobody tells of new deadlines.
                None => tokio::time::timeout(WITHOUT_NOTICE, wait).await.unwrap_or_default(),
            }
        }
    }

    /// When the next question of a paused run runs out of time. What was due before and is paused still cannot be taken on.
    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let Some(db) = self.store() else {
            let paused = RunFilter { status: vec![Status::Paused], ..self.own_runs() };
            let questions = self.desk().runs(&paused).into_iter().flat_map(|run| run.questions);
            return Ok(questions.filter_map(|question| question.deadline).filter(|at| *at > now).min());
        };
        Ok(db.next_due(&self.id(), self.user(), now).await?)
    }

    fn own_runs(&self) -> RunFilter {
        RunFilter { workflow_id: Some(self.id().to_string()), ..self.filter() }
    }

    /// Paused runs that have to wait no more.
    fn due(&self, now: Timestamp) -> RunFilter {
        RunFilter { status: vec![Status::Paused], due: Some(now), ..self.own_runs() }
    }

    /// Takes runs on in the background.
    async fn take_on(&self, filter: RunFilter) -> Result<Vec<RunHandle<W>>> {
        let mut runs: Vec<String> = self.desk().runs(&filter).iter().map(|run| run.run_id.to_string()).collect();
        if let Some(db) = self.store() {
            runs.extend(db.runs(filter).await?.into_iter().map(|run| run.run_id));
        }
        let mut handles = Vec::new();
        for run_id in runs {
            match self.resume(&*run_id).background().await {
                Ok(handle) => handles.push(handle),
                // Somebody was quicker: it has ended.
                Err(RunError::Cancelled { .. } | RunError::NotFound { .. }) => {}
                Err(error) if is_of_store(&error) => return Err(Error::Run(error)),
                // It waits for a build that can go on with it, for its `.extra(…)`, or for somebody who mends it; the others need not.
                Err(error) => tracing::warn!(run_id, %error, "a run is left as it is"),
            }
        }
        Ok(handles)
    }
}

/// Whether the store itself has failed, so that it is of no use to try other runs. What it has of one run may be broken.
fn is_of_store(error: &RunError) -> bool {
    matches!(error, RunError::Db { error, .. } if !matches!(error, DbError::Corrupt { .. }))
}
