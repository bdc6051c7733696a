//! What a run can take at most, as far as the plan alone says.

mod cost;

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Plan, outline::Outline, words};

/// What a run can take at most.
///
/// It is one undisturbed run: what `resume` adds to a run that failed or was cut does not count, nor does an attempt that is repeated because
/// another run changed the session's state. Children that a step runs itself are not in the plan.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bounds {
    /// Nodes that have a result: what [`Metrics::steps`](crate::Metrics::steps) counts.
    pub steps: Bound<u64>,
    /// Attempts: what [`Metrics::attempts`](crate::Metrics::attempts) counts.
    pub attempts: Bound<u64>,
    /// Steps that run at the same time.
    pub concurrency: Bound<u64>,
    /// How long the run can wait: for asynchronous and blocking steps up to their timeouts, between attempts, in `sleep`, and for answers up
    /// to their deadlines. What synchronous steps, `map` and closures compute is not waiting, and no timeout ends it; it is not in here. Nor is the
    /// time between a deadline and the leg that applies it.
    pub time: Bound<Duration>,
}

/// The most that something can be.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound<T> {
    /// So much. What is too big for the type is its biggest value.
    Finite(T),
    /// The plan sets no bound.
    Unbounded(Unbounded),
}

/// Why there is no bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Unbounded {
    /// The first node that has none.
    pub path: String,
    /// Why.
    pub why: WhyUnbounded,
}

/// Why a node has no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyUnbounded {
    /// `each` runs once for each item of a list.
    Items,
    /// The selector of a router with `many` says how many arms run.
    Selection,
    /// A workflow nests itself.
    Recursion,
    /// Under `on_error = pause` a person may let it run again.
    Decision,
    /// A step has no timeout.
    NoTimeout,
    /// A question has no timeout.
    NoDeadline,
}

impl Plan {
    /// What a run can take at most: results, attempts, steps at the same time, and time.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Outline::new(self).bounds()
    }
}

impl Bounds {
    /// Those that are finite, and more than nothing, in one line.
    pub(crate) fn line(&self) -> Option<String> {
        let Self { steps, attempts, concurrency, time } = self;
        let parts = [
            steps.finite().map(|steps| format!("{steps} steps")),
            attempts.finite().map(|attempts| format!("{attempts} attempts")),
            concurrency.finite().filter(|concurrency| **concurrency > 0).map(|concurrency| format!("{concurrency} at once")),
            time.finite().filter(|time| !time.is_zero()).map(|time| format!("{} of waiting", words::written(*time))),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("at most {}", parts.join(", ")))
    }
}

impl<T> Bound<T> {
    /// The bound, if there is one.
    #[must_use]
    pub fn finite(&self) -> Option<&T> {
        match self {
            Self::Finite(most) => Some(most),
            Self::Unbounded(_) => None,
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "steps: {}\nattempts: {}\nconcurrency: {}\ntime: {}", self.steps, self.attempts, self.concurrency, self.time)
    }
}

impl fmt::Display for Bound<u64> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(most) => write!(f, "at most {most}"),
            Self::Unbounded(unbounded) => unbounded.fmt(f),
        }
    }
}

impl fmt::Display for Bound<Duration> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(most) => write!(f, "at most {}", words::written(*most)),
            Self::Unbounded(unbounded) => unbounded.fmt(f),
        }
    }
}

impl fmt::Display for Unbounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            WhyUnbounded::Items => "runs once for each item",
            WhyUnbounded::Selection => "runs what its selector chooses, as often as it does",
            WhyUnbounded::Recursion => "nests a workflow that it is in",
            WhyUnbounded::Decision => "runs again when a person decides so",
            WhyUnbounded::NoTimeout => "has no timeout",
            WhyUnbounded::NoDeadline => "waits for an answer without a timeout",
        };
        write!(f, "unbounded: `{}` {why}", self.path)
    }
}
