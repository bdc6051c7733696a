//! Waiting between attempts.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Sleep;

use crate::run::Scope;

/// The longest wait before attempt `next` (2 is the first that waits): exponential, capped.
pub(crate) fn longest_delay(backoff: Duration, cap: Duration, next: u32) -> Duration {
    backoff.saturating_mul(1 << next.saturating_sub(2).min(20)).min(cap)
}

/// The wait before attempt `next`: between half and all of it.
///
/// The jitter keeps runs that failed together from trying again together. It comes from the run's id and not from a clock, so that it is the same on replay.
pub(crate) fn delay(backoff: Duration, cap: Duration, next: u32, seed: impl Hash) -> Duration {
    let doubled = longest_delay(backoff, cap, next);
    let mut hasher = DefaultHasher::new();
    (seed, next).hash(&mut hasher);
    let half = doubled / 2;
    let jitter = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    half + half.saturating_mul(jitter) / 1000
}

/// A wait that a cancelled scope ends.
pub(crate) struct Wait {
    sleep: Pin<Box<Sleep>>,
    scope: Arc<Scope>,
}

/// The scope was cancelled while something waited.
pub(crate) struct Cancelled;

impl Wait {
    pub(crate) fn new(duration: Duration, scope: &Arc<Scope>) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep(duration)), scope: Arc::clone(scope) }
    }
}

impl Future for Wait {
    type Output = Result<(), Cancelled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.scope.is_cancelled() {
            return Poll::Ready(Err(Cancelled));
        }
        self.sleep.as_mut().poll(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap() {
        let (first, cap) = (Duration::from_millis(100), Duration::from_secs(1));
        for (next, full) in [(2, 100), (3, 200), (4, 400), (5, 800), (6, 1000), (40, 1000)] {
            let full = Duration::from_millis(full);
            let wait = delay(first, cap, next, "run");
            assert!(full / 2 <= wait && wait <= full, "attempt {next}: {wait:?}");
        }
    }
}
