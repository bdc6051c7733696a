//! Runs that a store keeps, as the workflow's value reads them and takes them on.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use super::{EventStream, Runner, Status, Workflow, runner::Inner};
use crate::{
    db::{
        Db, DbError, LEASE,
        rows::{RunRow, Standing},
    },
    desk::Row,
    durable::{Reading, digests, read_row},
    error::RunError,
    event::Event,
    plan::Plan,
};

/// How many events are read at once.
pub(super) const EVENTS_AT_ONCE: usize = 256;

/// A run that was read, and its number when it was.
pub(super) struct Loaded {
    pub(super) row: Row,
    pub(super) workflow_id: String,
    pub(super) standing: Standing,
    /// Of the definition that recorded it.
    pub(super) fingerprint: String,
    pub(super) fence: u64,
    /// Whether somebody had it then.
    pub(super) is_owned: bool,
}

/// All events of a run that are stored.
pub(crate) async fn stored_events(db: &dyn Db, run_id: &str) -> Result<Vec<Arc<Event>>, DbError> {
    let mut events = Vec::new();
    loop {
        let from = events.last().map_or(0, |event: &Arc<Event>| event.sequence + 1);
        let mut more = db.events(run_id, from, EVENTS_AT_ONCE).await?;
        let is_last = more.len() < EVENTS_AT_ONCE;
        events.append(&mut more);
        if is_last {
            return Ok(events);
        }
    }
}

/// Reads a run with everything that belongs to it.
pub(crate) async fn load(db: &dyn Db, run: RunRow, reading: Reading) -> Result<Row, DbError> {
    let records = db.records(&run.run_id).await?;
    let events = match run.stores_events {
        true => Some(stored_events(db, &run.run_id).await?),
        false => None,
    };
    let media = match digests(&run.given, &records).is_empty() {
        true => Vec::new(),
        false => db.media(&run.run_id).await?,
    };
    read_row(reading, run, records, media, events)
}

/// A workflow that is not known here.
pub(crate) static UNKNOWN: Plan = {
    fn nothing() -> crate::plan::TypeInfo {
        <() as crate::content::WorkflowValue>::CODEC.info()
    }
    Plan::new("", nothing, nothing)
};

/// Whoever looks out for cancels. Its runtime may end before the workflow's value: then another one has to.
struct Heeding<W: Workflow>(Weak<Inner<W>>);

impl<W: Workflow> Drop for Heeding<W> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.heeds.store(false, Ordering::Relaxed);
        }
    }
}

impl<W: Workflow> Runner<W> {
    /// The store, if runs are kept in one.
    pub(crate) fn store(&self) -> Option<&Arc<dyn Db>> {
        self.inner.store.as_ref()
    }

    /// The row of a run in the store, if it is there for this user.
    pub(super) async fn stored_run(&self, run_id: &str, user: Option<&str>) -> Result<Option<(&Arc<dyn Db>, RunRow)>, DbError> {
        let Some(db) = self.store() else { return Ok(None) };
        let run = db.run(run_id).await?;
        Ok(run.filter(|run| user.is_none() || run.user_id.as_deref() == user).map(|run| (db, run)))
    }

    pub(super) fn reading(&self, workflow_id: &str) -> Reading {
        let options = &self.inner.options;
        let plan = if *workflow_id == *self.id() { W::PLAN } else { &UNKNOWN };
        let (retry_on_conflict, history) = (options.retry_on_conflict, options.history);
        Reading { plan, skip_events: options.skip_events.clone(), retry_on_conflict, history }
    }

    /// Reads a run that no leg in this process works on.
    pub(super) async fn load(&self, run_id: &str, user: Option<&str>) -> Result<Option<Loaded>, DbError> {
        let Some((db, run)) = self.stored_run(run_id, user).await? else { return Ok(None) };
        let (workflow_id, fingerprint, standing, fence) =
            (run.workflow_id.clone(), run.fingerprint.clone(), run.standing.clone(), run.fence);
        let is_owned = run.owner.is_some();
        let row = load(&**db, run, self.reading(&workflow_id)).await?;
        Ok(Some(Loaded { row, workflow_id, fingerprint, standing, fence, is_owned }))
    }

    /// Looks at a run, wherever it is: on the desk, or in the store. What is changed in a row of the store is not kept.
    pub(crate) async fn look<T>(&self, run_id: &str, user: Option<&str>, look: impl FnOnce(&mut Row) -> T) -> Result<Option<T>, RunError> {
        let mut look = Some(look);
        if let Some(seen) = self.desk().with(run_id, user, |row| look.take().map(|look| look(row))) {
            return Ok(seen);
        }
        let Some(look) = look else { return Ok(None) };
        Ok(self.load(run_id, user).await?.map(|mut loaded| look(&mut loaded.row)))
    }

    /// Looks at a run that is on the desk.
    pub(super) fn look_here<T>(&self, run_id: &str, look: impl FnOnce(&mut Row) -> T) -> Option<T> {
        self.desk().with(run_id, self.user(), look)
    }

    /// Whether a leg in this process works on it.
    pub(super) fn is_live(&self, run_id: &str) -> bool {
        self.look_here(run_id, |row| row.live.is_some()) == Some(true)
    }

    /// Where a run stands.
    pub(super) async fn status(&self, run_id: &str) -> Result<Status, RunError> {
        if let Some(status) = self.desk().with(run_id, self.user(), |row| row.status) {
            return Ok(status);
        }
        let run = self.stored_run(run_id, self.user()).await?;
        run.map(|(_, run)| run.standing.status).ok_or_else(|| RunError::NotFound { run_id: run_id.to_owned() })
    }

    /// Waits until a run that another process works on may have become somebody's to take on, or has ended.
    pub(super) async fn let_go_elsewhere(&self, run_id: &str) -> Result<(), RunError> {
        let Some(db) = self.store() else { return Ok(()) };
        let mut changes = db.changes();
        loop {
            changes.mark_unchanged();
            match self.stored_run(run_id, self.user()).await? {
                Some((_, run)) if run.standing.status == Status::Running && db.is_owned(run_id).await? => {}
                _ => return Ok(()),
            }
            // A lease that runs out is no change.
            _ = tokio::time::timeout(LEASE / 3, changes.changed()).await;
        }
    }

    /// The events of the leg that another process runs, if they are stored.
    pub(super) async fn events_of_leg(&self, run_id: &str) -> EventStream {
        let from = match self.stored_run(run_id, self.user()).await {
            Ok(Some((_, run))) if run.stores_events => run.standing.sequence,
            _ => return EventStream::empty(),
        };
        self.events(run_id, from).await.unwrap_or_else(|_| EventStream::empty())
    }

    /// Cancels runs of this process that others want cancelled, for as long as the workflow's value is there.
    pub(super) fn heed_cancels(&self) {
        const AT_MOST_EVERY: Duration = Duration::from_millis(100);
        let Some(db) = self.store() else { return };
        if self.inner.heeds.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut changes = db.changes();
        let (heeding, db) = (Heeding(Arc::downgrade(&self.inner)), Arc::downgrade(db));
        #[expect(clippy::disallowed_methods, reason = "it outlives every run, and ends with the workflow's value")]
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let (Some(inner), Some(db)) = (heeding.0.upgrade(), db.upgrade()) else { return };
                // A store that fails just now fails the runs themselves.
                for run_id in db.to_cancel().await.unwrap_or_default() {
                    inner.desk.with(&run_id, None, |row| {
                        if let Some(live) = &row.live {
                            live.run.scope.cancel();
                        }
                    });
                }
                drop((inner, db));
                tokio::time::sleep(AT_MOST_EVERY).await;
            }
        });
    }
}
