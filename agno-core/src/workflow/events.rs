//! [`EventStream`]: the events of a run, from any number on.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use futures_util::stream;
use tokio::sync::watch;

use super::{Runner, Status, Workflow, kept::EVENTS_AT_ONCE};
use crate::{
    db::{Db, DbError, LEASE},
    error::{Error, Result, RunError},
    event::{Event, Hub},
};

/// After how long a store that does not answer is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// The events of a run from a sequence number on: the kept ones, then those that come. It ends with the leg that runs.
pub struct EventStream(Pin<Box<dyn Stream<Item = Arc<Event>> + Send>>);

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventStream")
    }
}

impl EventStream {
    pub(super) async fn open<W: Workflow>(runner: &Runner<W>, run_id: &str, from: u64) -> Result<Self> {
        if let Some((db, run)) = runner.stored_run(run_id, runner.user()).await?
            && run.stores_events
        {
            return Ok(Self::stored(Arc::clone(db), run.run_id, from));
        }
        let found = runner.look(run_id, runner.user(), |row| match (&row.live, &row.events) {
            (Some(live), _) => {
                let hub = live.run.listen();
                hub.open_window();
                Ok(Self::live(hub, from))
            }
            (None, Some(events)) => {
                let events: Vec<_> = events.iter().filter(|event| event.sequence >= from).cloned().collect();
                Ok(Self(Box::pin(stream::iter(events))))
            }
            (None, None) => Err(Error::EventsNotStored { run_id: run_id.to_owned() }),
        });
        found.await?.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }.into()))
    }

    pub(super) fn empty() -> Self {
        Self(Box::pin(stream::empty()))
    }

    /// The events that are stored, as they come, until the run has let go: it has ended, waits for answers, or its process is gone.
    fn stored(db: Arc<dyn Db>, run_id: String, from: u64) -> Self {
        let changes = db.changes();
        let state = Following { db, run_id, from, changes, read: VecDeque::new() };
        Self(Box::pin(stream::unfold(state, |mut state| async move {
            let event = state.next().await?;
            Some((event, state))
        })))
    }

    fn live(hub: Arc<Hub>, from: u64) -> Self {
        Self(Box::pin(stream::unfold((hub, from), |(hub, from)| async move {
            let event = hub.next(from).await?;
            let next = event.sequence + 1;
            Some((event, (hub, next)))
        })))
    }
}

/// A reader of the stored events of a run.
struct Following {
    db: Arc<dyn Db>,
    run_id: String,
    from: u64,
    changes: watch::Receiver<u64>,
    read: VecDeque<Arc<Event>>,
}

impl Following {
    async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.from = event.sequence + 1;
                return Some(event);
            }
            self.changes.mark_unchanged();
            match self.look().await {
                Ok(_) if !self.read.is_empty() => {}
                Ok(false) => return None,
                // That a process is gone is no change.
                Ok(true) => _ = tokio::time::timeout(LEASE / 3, self.changes.changed()).await,
                Err(error) if error.is_transient() => {
                    tracing::debug!(run_id = self.run_id, %error, "the events cannot be read now; asking again");
                    tokio::time::sleep(AGAIN).await;
                }
                Err(error) => {
                    tracing::warn!(run_id = self.run_id, %error, "the events cannot be read; they end here, whatever becomes of the run");
                    return None;
                }
            }
        }
    }

    /// Reads what there is. Whether more may come: the run is there, and somebody works on it.
    async fn look(&mut self) -> Result<bool, DbError> {
        // Whether it runs is asked first: what it has stored before it let go is there then.
        let runs = match self.db.run(&self.run_id).await? {
            Some(run) => run.standing.status == Status::Running && self.db.is_owned(&self.run_id).await?,
            None => false,
        };
        self.read = self.db.events(&self.run_id, self.from, EVENTS_AT_ONCE).await?.into();
        Ok(runs)
    }
}

impl Stream for EventStream {
    type Item = Arc<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arc<Event>>> {
        self.0.as_mut().poll_next(cx)
    }
}
