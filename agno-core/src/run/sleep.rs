//! `sleep`: a timer whose wake time is recorded.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use jiff::Timestamp;

use super::{Cx, CxCore, Fork, Scope, Stop, clock};
use crate::{
    journal::Content,
    plan::{Node, NodeKind},
};

impl<P: Fork, O: 'static> Cx<P, O> {
    /// Waits as long as the node says. After a crash it waits for the rest.
    ///
    /// # Errors
    /// The run, or the part of it that this stands in, is cancelled.
    pub async fn sleep(&mut self, node: &'static Node) -> Result<(), Stop<O>> {
        let core = &mut self.core;
        let path = core.leaf(node.name);
        if core.run.replays() && core.run.replay.find(&path).is_some() {
            return Ok(());
        }
        if core.is_closed() {
            return Err(Stop::Cancelled);
        }
        let NodeKind::Sleep { duration } = node.kind else { unreachable!("a sleep's node says how long") };
        core.begin_plain(node);
        let left = core.wake(&path, duration);
        if let Some(stored) = core.stored() {
            stored.await.map_err(Stop::Fault)?;
        }
        let timer = Timer { sleep: Box::pin(tokio::time::sleep(left)), scope: Arc::clone(&core.scope) };
        if timer.await {
            core.end_plain(node, Content::Json(Arc::new(serde_json::Value::Null)));
            Ok(())
        } else {
            core.cancel_plain(node);
            Err(Stop::Cancelled)
        }
    }
}

impl CxCore {
    /// How long there is still to wait. The first leg records when to wake.
    fn wake(&self, path: &str, duration: Duration) -> Duration {
        let now = clock::now();
        let wake = self.run.wake_at(path, || {
            // A wait of more than the age of the universe is as good as one that ends there.
            now.checked_add(jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
        });
        // Should the clock have been set back since, it is no longer than the whole of it.
        Duration::try_from(wake.duration_since(now)).unwrap_or(Duration::ZERO).min(duration)
    }
}

/// A timer that a cancelled scope ends: `true` when it has rung.
struct Timer {
    sleep: Pin<Box<tokio::time::Sleep>>,
    scope: Arc<Scope>,
}

impl Future for Timer {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if self.scope.is_cancelled() {
            return Poll::Ready(false);
        }
        self.sleep.as_mut().poll(cx).map(|()| true)
    }
}
