//! Adds up what the nodes of a plan can take.

use std::time::Duration;

use super::{Bound, Bounds, Unbounded, WhyUnbounded};
use crate::{
    plan::{
        NodeKind, OnError, StepOptions, Work,
        outline::{Outline, PlaceId, Runs},
    },
    step::longest_delay,
};

/// What can be bounded.
trait Amount: Copy + Ord + Default {
    fn plus(self, other: Self) -> Self;
    fn times(self, factor: u64) -> Self;
}

impl Amount for u64 {
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn times(self, factor: u64) -> Self {
        self.saturating_mul(factor)
    }
}

impl Amount for Duration {
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn times(self, factor: u64) -> Self {
        self.saturating_mul(u32::try_from(factor).unwrap_or(u32::MAX))
    }
}

/// How bounds add up.
trait Sum<T>: Sized {
    fn none() -> Self;
    fn combine(self, other: Self, combine: impl FnOnce(T, T) -> T) -> Self;
    /// One and the other.
    fn plus(self, other: Self) -> Self;
    /// One or the other.
    fn or(self, other: Self) -> Self;
    fn times(self, factor: u64) -> Self;
    /// Any number of times: nothing stays nothing.
    fn endlessly(self, why: &Unbounded) -> Self;
    /// The smaller one.
    fn at_most(self, other: Self) -> Self;
}

impl<T: Amount> Sum<T> for Bound<T> {
    fn none() -> Self {
        Self::Finite(T::default())
    }

    fn combine(self, other: Self, combine: impl FnOnce(T, T) -> T) -> Self {
        match (self, other) {
            (Self::Finite(one), Self::Finite(other)) => Self::Finite(combine(one, other)),
            (Self::Unbounded(why), _) | (_, Self::Unbounded(why)) => Self::Unbounded(why),
        }
    }

    fn plus(self, other: Self) -> Self {
        self.combine(other, T::plus)
    }

    fn or(self, other: Self) -> Self {
        self.combine(other, T::max)
    }

    fn times(self, factor: u64) -> Self {
        match self {
            Self::Finite(most) => Self::Finite(most.times(factor)),
            unbounded => unbounded,
        }
    }

    fn endlessly(self, why: &Unbounded) -> Self {
        match self {
            Self::Finite(most) if most == T::default() => Self::none(),
            Self::Finite(_) => Self::Unbounded(why.clone()),
            unbounded => unbounded,
        }
    }

    fn at_most(self, other: Self) -> Self {
        match (self, other) {
            (Self::Finite(one), Self::Finite(other)) => Self::Finite(one.min(other)),
            (Self::Unbounded(_), finite @ Self::Finite(_)) => finite,
            (bound, _) => bound,
        }
    }
}

/// What a place can take at most.
#[derive(Clone)]
struct Cost {
    steps: Bound<u64>,
    attempts: Bound<u64>,
    concurrency: Bound<u64>,
    time: Bound<Duration>,
    /// The part of the time in which the run may be paused: a container's timeout does not count it.
    pauses: Bound<Duration>,
}

impl Cost {
    fn nothing() -> Self {
        let (steps, attempts, concurrency) = (Bound::none(), Bound::none(), Bound::none());
        Self { steps, attempts, concurrency, time: Bound::none(), pauses: Bound::none() }
    }

    fn of(attempts: u64, concurrency: u64, time: Bound<Duration>) -> Self {
        let (attempts, concurrency) = (Bound::Finite(attempts), Bound::Finite(concurrency));
        Self { steps: Bound::Finite(1), attempts, concurrency, time, pauses: Bound::none() }
    }

    /// One after the other.
    fn then(self, next: Self) -> Self {
        Self {
            steps: self.steps.plus(next.steps),
            attempts: self.attempts.plus(next.attempts),
            concurrency: self.concurrency.or(next.concurrency),
            time: self.time.plus(next.time),
            pauses: self.pauses.plus(next.pauses),
        }
    }

    /// One or the other.
    fn or(self, other: Self) -> Self {
        Self {
            steps: self.steps.or(other.steps),
            attempts: self.attempts.or(other.attempts),
            concurrency: self.concurrency.or(other.concurrency),
            time: self.time.or(other.time),
            pauses: self.pauses.or(other.pauses),
        }
    }

    fn times(self, factor: u64) -> Self {
        Self {
            steps: self.steps.times(factor),
            attempts: self.attempts.times(factor),
            concurrency: self.concurrency,
            time: self.time.times(factor),
            pauses: self.pauses.times(factor),
        }
    }

    /// Any number of times, one after the other.
    fn endlessly(self, path: &str, why: WhyUnbounded) -> Self {
        let why = Unbounded { path: path.to_owned(), why };
        Self {
            steps: self.steps.endlessly(&why),
            attempts: self.attempts.endlessly(&why),
            concurrency: self.concurrency,
            time: self.time.endlessly(&why),
            pauses: self.pauses.endlessly(&why),
        }
    }

    fn within(self, timeout: Option<Duration>) -> Self {
        let Some(timeout) = timeout else { return self };
        let time = self.time.at_most(Bound::Finite(timeout).plus(self.pauses.clone()));
        Self { time, ..self }
    }
}

impl Outline<'_> {
    pub(crate) fn bounds(&self) -> Bounds {
        let Cost { steps, attempts, concurrency, time, .. } = self.sequence(&self.body);
        Bounds { steps, attempts, concurrency, time }
    }

    fn sequence(&self, places: &[PlaceId]) -> Cost {
        places.iter().map(|id| self.cost(*id)).fold(Cost::nothing(), Cost::then)
    }

    /// The places of the first block, one after the other.
    fn first_block(&self, id: PlaceId) -> Cost {
        self.place(id).blocks.first().map_or_else(Cost::nothing, |block| self.sequence(&block.places))
    }

    fn decision(&self, id: PlaceId) -> Cost {
        self.place(id).decision.map_or_else(Cost::nothing, |decision| self.cost(decision))
    }

    fn one_of_the_blocks(&self, id: PlaceId) -> Cost {
        self.place(id).blocks.iter().map(|block| self.sequence(&block.places)).fold(Cost::nothing(), Cost::or)
    }

    fn cost(&self, id: PlaceId) -> Cost {
        let place = self.place(id);
        let timeout = place.node.options.timeout;
        let cost = match place.node.kind {
            NodeKind::Call | NodeKind::Decision => self.call(id),
            NodeKind::Map => Cost::of(1, 1, Bound::none()),
            NodeKind::Sleep { duration } => Cost::of(1, 0, Bound::Finite(duration)),
            NodeKind::Ask { timeout, .. } => {
                let why = Unbounded { path: place.path.clone(), why: WhyUnbounded::NoDeadline };
                let time = timeout.map_or(Bound::Unbounded(why), Bound::Finite);
                Cost { pauses: time.clone(), ..Cost::of(1, 0, time) }
            }
            NodeKind::Steps => self.first_block(id).within(timeout),
            NodeKind::Parallel { limit } => self.side_by_side(id, limit).within(timeout),
            NodeKind::Each { limit } => {
                let body = self.first_block(id);
                let concurrency = body.concurrency.clone().times(limit.max(1) as u64);
                Cost { concurrency, ..body.endlessly(&place.path, WhyUnbounded::Items) }.within(timeout)
            }
            NodeKind::Condition { .. } => self.decision(id).then(self.one_of_the_blocks(id)).within(timeout),
            NodeKind::Loop { max, .. } => self.first_block(id).then(self.decision(id)).times(u64::from(max)).within(timeout),
            NodeKind::Router { many } => {
                let arms = self.one_of_the_blocks(id);
                let arms = if many { arms.endlessly(&place.path, WhyUnbounded::Selection) } else { arms };
                self.decision(id).then(arms).within(timeout)
            }
        };
        let fallback = place.fallback.map_or_else(Cost::nothing, |fallback| self.cost(fallback));
        let cost = cost.then(fallback);
        match place.node.options.on_error {
            OnError::Pause => {
                let why = Unbounded { path: place.path.clone(), why: WhyUnbounded::Decision };
                let (steps, attempts) = (Bound::Unbounded(why.clone()), Bound::Unbounded(why.clone()));
                Cost { steps, attempts, time: Bound::Unbounded(why.clone()), pauses: Bound::Unbounded(why), ..cost }
            }
            _ => cost,
        }
    }

    fn call(&self, id: PlaceId) -> Cost {
        let place = self.place(id);
        let options = place.step_options();
        let attempts = u64::from(options.retry) + 1;
        match place.runs {
            Runs::Step(step) => {
                let time = match (step.work, options.timeout) {
                    (Work::Sync, _) => Bound::none(),
                    (Work::Async | Work::Blocking, Some(timeout)) => Bound::Finite(timeout),
                    (Work::Async | Work::Blocking, None) => {
                        Bound::Unbounded(Unbounded { path: place.path.clone(), why: WhyUnbounded::NoTimeout })
                    }
                };
                Cost::of(attempts, 1, time.times(attempts).plus(Bound::Finite(delays(&options))))
            }
            // Each start is a result of its own, and has no attempts: what is in it has.
            Runs::Workflow(_) => {
                let own = Cost::of(0, 0, Bound::none());
                own.then(self.first_block(id).within(options.timeout)).times(attempts)
            }
            Runs::Again(..) => {
                let why = Unbounded { path: place.path.clone(), why: WhyUnbounded::Recursion };
                let count = || Bound::Unbounded(why.clone());
                let (time, pauses) = (Bound::Unbounded(why.clone()), Bound::Unbounded(why.clone()));
                Cost { steps: count(), attempts: count(), concurrency: count(), time, pauses }.within(options.timeout)
            }
            Runs::Itself => Cost::of(1, 1, Bound::none()),
        }
    }

    fn side_by_side(&self, id: PlaceId, limit: Option<usize>) -> Cost {
        let branches: Vec<_> = self.place(id).blocks.iter().flat_map(|block| &block.places).map(|branch| self.cost(*branch)).collect();
        let limit = limit.unwrap_or(branches.len()).clamp(1, branches.len().max(1));
        let sum = branches.iter().cloned().fold(Cost::nothing(), Cost::then);
        let longest = branches.iter().map(|branch| branch.time.clone()).fold(Bound::none(), Bound::or);
        let time = match sum.pauses {
            // Graham's bound for a list of jobs on so many machines. It holds for shorter jobs as well.
            Bound::Finite(Duration::ZERO) if limit < branches.len() => sum.time.clone().combine(longest, |sum, longest| {
                let machines = u32::try_from(limit).unwrap_or(u32::MAX);
                (sum / machines).plus(longest - longest / machines)
            }),
            Bound::Finite(Duration::ZERO) => longest,
            // A branch that was paused goes on when its siblings have come to their end or to a pause too, so in the worst case they take turns.
            _ => sum.time.clone(),
        };
        let mut most: Vec<_> = branches.into_iter().map(|branch| branch.concurrency).collect();
        // What has no bound stands first.
        most.sort_by_key(|bound| std::cmp::Reverse(bound.finite().copied().unwrap_or(u64::MAX)));
        let concurrency = most.into_iter().take(limit).fold(Bound::none(), Bound::plus);
        Cost { time, concurrency, ..sum }
    }
}

/// The longest waits between the attempts of a step, all together.
fn delays(options: &StepOptions) -> Duration {
    let StepOptions { retry, backoff, max_backoff, .. } = *options;
    // After so many doublings a delay does not grow any more.
    const GROWING: u32 = 22;
    let growing: Duration =
        (0..retry.min(GROWING)).map(|retry| longest_delay(backoff, max_backoff, retry + 2)).fold(Duration::ZERO, Duration::plus);
    let rest = longest_delay(backoff, max_backoff, GROWING + 2).saturating_mul(retry.saturating_sub(GROWING));
    growing.plus(rest)
}
