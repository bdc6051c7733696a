//! [`EventStream`]: the events of a run, from any number on.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::stream;

use crate::{
    db::InMemoryDb,
    error::{Error, Result, RunError},
    event::{Event, Hub},
};

/// The events of a run from a sequence number on: the kept ones, then those that come. It ends with the leg that runs.
pub struct EventStream(Pin<Box<dyn Stream<Item = Arc<Event>> + Send>>);

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventStream")
    }
}

impl EventStream {
    pub(super) fn open(db: &InMemoryDb, run_id: &str, user_id: Option<&str>, from: u64) -> Result<Self> {
        let found = db.with(run_id, user_id, |row| match (&row.live, &row.events) {
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
        found.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }.into()))
    }

    fn live(hub: Arc<Hub>, from: u64) -> Self {
        Self(Box::pin(stream::unfold((hub, from), |(hub, from)| async move {
            let event = hub.next(from).await?;
            let next = event.sequence + 1;
            Some((event, (hub, next)))
        })))
    }
}

impl Stream for EventStream {
    type Item = Arc<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arc<Event>>> {
        self.0.as_mut().poll_next(cx)
    }
}
