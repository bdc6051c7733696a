//! Lets go of a run when its leg ends: what the leg leaves goes on its row and into its store.

use std::sync::Arc;

use super::{
    Concluded, LegEnd,
    begin::{Follows, next_leg},
    conclude::concluded,
};
use crate::{
    db::{DbError, rows::Standing},
    desk::{Failure, Keep, Live, Row},
    durable::{LegStands, Outbox, standing},
    error::{Fault, RunError},
    run::Run,
    workflow::{Drive, Runner, Status, Workflow},
};

/// Lets go of the run when the leg ends, and when it is dropped.
pub(super) struct Guard<W: Workflow> {
    runner: Runner<W>,
    run: Arc<Run>,
    /// Until it has let go.
    drive: Option<Arc<Drive>>,
    /// What the leg leaves is on its row, and stored.
    gathered: Option<Gathered>,
}

/// What the leg has left on its row.
struct Gathered {
    /// Whether an answer came meanwhile, so that the run goes on without a pause.
    goes_on: bool,
    /// Where the run stands then, once that is to be stored.
    standing: Option<Standing>,
}

/// What comes after a leg.
#[expect(clippy::large_enum_variant, reason = "it is matched where it is made")]
pub(super) enum After<W: Workflow> {
    /// The next one: what this one waited for came while it ran.
    Leg(Arc<Run>),
    Concluded(Concluded<W>),
}

impl<W: Workflow> Guard<W> {
    pub(super) fn new(runner: &Runner<W>, run: &Arc<Run>, drive: &Arc<Drive>, row: &mut Row) -> Self {
        row.failure = None;
        row.takes_on(Live { run: Arc::clone(run), drive: Arc::clone(drive) });
        Self { runner: runner.clone(), run: Arc::clone(run), drive: Some(Arc::clone(drive)), gathered: None }
    }

    /// The run is not this leg's.
    pub(super) fn forget(&mut self) {
        self.drive = None;
    }

    /// Puts what the leg leaves on the run's row.
    fn gather(&self, row: &mut Row, status: Option<Status>) -> Gathered {
        let run = &self.run;
        let still_open = row.still_open(run);
        let mut inner = run.inner();
        // What a store has of them has changed when they did, before whatever runs again was recorded anew.
        row.settle(&run.replay.take_settled(), None);
        row.append(std::mem::take(&mut inner.journal));
        row.questions = still_open;
        // What this leg did not come to lies in what it came to, or beside it: innermost first.
        row.begun = run.replay.take_all_begun("");
        row.begun.append(&mut inner.begun);
        row.carried = inner.carried.take();
        drop(inner);
        row.nanos = run.now();
        row.state = run.session.state_json();
        let goes_on = status == Some(Status::Paused) && row.has_answers();
        if status == Some(Status::Failed) {
            row.fail(run.outbox.as_deref());
        }
        if status.is_some_and(Status::is_terminal) {
            row.begun.clear();
            row.close_questions(run.outbox.as_deref());
        }
        Gathered { goes_on, standing: None }
    }

    /// Stores how the leg ended, where a store keeps the run: what else is to be stored, the last event, and where the run stands.
    pub(super) async fn store(&mut self, ended: &mut LegEnd) -> Result<(), DbError> {
        let Some(outbox) = self.run.outbox.clone() else { return Ok(()) };
        if let Some(Failure::Fault(fault)) = &ended.failure
            && let Fault::Db(error) = &**fault
        {
            return Err(error.clone());
        }
        let run = Arc::clone(&self.run);
        let run_id = &run.info.run_id;
        let gathered = self.runner.desk().with(run_id, None, |row| self.gather(row, Some(ended.status)));
        // Of a run that was deleted nothing is stored.
        let Some(gathered) = gathered else { return Ok(()) };
        let goes_on = gathered.goes_on;
        let gathered = self.gathered.insert(gathered);
        if goes_on {
            return outbox.flush(run.hub()).await;
        }
        // An event that is stored is held back until it is. One that is not is delivered when the leg ends.
        if outbox.stores_events
            && let Some(last) = ended.last.take()
        {
            run.deliver_or_count("", || last);
        }
        let sequence = run.sequence() + u64::from(ended.last.is_some());
        let standing = self.runner.desk().with(run_id, None, |row| {
            standing(LegStands {
                status: ended.status,
                output: ended.output.as_ref(),
                failure: ended.failure.as_ref(),
                begun: &row.begun,
                carried: row.carried.as_deref(),
                questions: &row.questions,
                sequence,
                nanos: row.nanos,
                state: row.state.clone(),
                fence: outbox.fence(),
            })
        });
        let Some(standing) = standing.transpose().map_err(DbError::other)? else { return Ok(()) };
        gathered.standing = Some(standing.clone());
        outbox.finish(standing, run.hub()).await
    }

    /// The store has failed: what it has stays as it is, and the run is let go.
    pub(super) fn unstored(&mut self, error: DbError) -> Concluded<W> {
        let run = Arc::clone(&self.run);
        let runner = self.runner.clone();
        let partial = runner.desk().with(&run.info.run_id, None, |row| {
            if self.gathered.is_none() {
                self.gathered = Some(self.gather(row, None));
            }
            Box::new(row.partial())
        });
        if let Some(outbox) = &run.outbox {
            outbox.let_go(None);
        }
        if let Some(drive) = &self.drive {
            drive.loses(error.clone());
        }
        runner.desk().remove(&run.info.run_id);
        self.close();
        Err(RunError::Db { error, run: partial })
    }

    /// Writes down how the leg ended, and lets go of the run, unless an answer that came meanwhile takes it on. `None`: it was dropped.
    pub(super) fn end(&mut self, ended: Option<LegEnd>) -> After<W> {
        let run = Arc::clone(&self.run);
        let run_id = &run.info.run_id;
        if self.drive.is_none() {
            return After::Concluded(Err(RunError::NotFound { run_id: run_id.to_string() }));
        }
        let status = ended.as_ref().map(|ended| ended.status);
        #[cfg(feature = "audit")]
        let mut audited = None;
        let mut ended = ended;
        let runner = self.runner.clone();
        let after = runner.desk().update(run_id, |row| {
            let Gathered { goes_on, standing } = self.gathered.take().unwrap_or_else(|| self.gather(row, status));
            // Where nobody polls it any more, somebody else takes it on.
            let goes_on = goes_on && status.is_some();
            if let Some(LegEnd { status, output, failure, last }) = ended.take()
                && !goes_on
            {
                row.status = status;
                row.output = output;
                row.failure = failure;
                if let Some(last) = last {
                    run.deliver_or_count("", || last);
                }
            }
            row.sequence = run.sequence();
            row.events = run.hub().and_then(|hub| hub.log());
            #[cfg(feature = "audit")]
            if crate::testing::audit::is_on()
                && let Some(hub) = run.hub()
            {
                row.audit = hub.audit();
                audited = row.audit.clone().map(|events| (events, row.status));
            }
            if let Some(live) = row.live.take()
                && goes_on
            {
                let next = next_leg(row, &self.runner, Arc::clone(&run.session), run.debugs(), Follows::Leg(&run));
                row.takes_on(Live { run: Arc::clone(&next), ..live });
                return (After::Leg(next), Keep::Stays);
            }
            if let Some(outbox) = &run.outbox
                && status.is_none()
            {
                // If it was dropped while its end was being stored, then that is stored.
                outbox.let_go(standing.or_else(|| self.dropped(row, outbox)));
            }
            // Before the run may have to make room for others. What is stored is read from there, as soon as no leg has it here.
            let keep = if run.outbox.is_some() { Keep::Goes } else { Keep::Stays };
            (After::Concluded(concluded::<W>(row)), keep)
        });
        #[cfg(feature = "audit")]
        if let Some((events, status)) = audited {
            if run.outbox.is_some() {
                crate::testing::audit::keep(&run.info, &events);
            }
            if !std::thread::panicking() {
                crate::testing::audit::check(&events, status);
            }
        }
        if let Some(After::Leg(next)) = after {
            self.run = Arc::clone(&next);
            return After::Leg(next);
        }
        if let Some(LegEnd { last: Some(last), .. }) = ended {
            // The run was deleted; those who listen see its end all the same.
            run.deliver_or_count("", || last);
        }
        if run.outbox.is_none() && status.is_some_and(Status::is_terminal) {
            self.runner.desk().finished(run_id);
        }
        self.close();
        after.unwrap_or_else(|| After::Concluded(Err(RunError::NotFound { run_id: run_id.to_string() })))
    }

    /// Where a run stands whose leg was dropped.
    fn dropped(&self, row: &Row, outbox: &Outbox) -> Option<Standing> {
        let standing = standing(LegStands {
            status: Status::Running,
            output: None,
            failure: None,
            begun: &row.begun,
            carried: row.carried.as_deref(),
            questions: &[],
            sequence: self.run.sequence(),
            nanos: row.nanos,
            state: row.state.clone(),
            fence: outbox.fence(),
        });
        standing.ok()
    }

    /// Nothing comes any more.
    fn close(&mut self) {
        if let Some(hub) = self.run.hub() {
            hub.close();
        }
        if let Some(drive) = self.drive.take() {
            drive.over();
        }
    }
}

impl<W: Workflow> Drop for Guard<W> {
    fn drop(&mut self) {
        _ = self.end(None);
    }
}
