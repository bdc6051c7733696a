//! One node of a run's tree, as its events have told it so far.

use std::time::Duration;

use jiff::Timestamp;

/// How much of a step's streamed content is kept: enough for the lines that are shown of it.
const TAIL: usize = 4 << 10;

/// A node that has begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The end of its path.
    pub(super) name: String,
    /// What somebody wants to be seen beside it.
    pub(super) label: Option<String>,
    pub(super) state: State,
    /// When it began.
    pub(super) began: Option<Timestamp>,
    /// How long it took.
    pub(super) took: Option<Duration>,
    pub(super) attempts: u32,
    /// What a container has to say: the arm that was chosen, how many items there are.
    pub(super) note: Option<String>,
    /// How far it is, in its own words.
    pub(super) progress: Option<String>,
    /// The end of what it has streamed.
    pub(super) streamed: String,
    /// Where its children are, in the order in which they began.
    pub(super) children: Vec<String>,
    /// Items and iterations that have ended well and are not listed.
    pub(super) folded: usize,
    /// Items, of `each`.
    pub(super) items: Option<usize>,
    /// It ran in an earlier leg, and has been shown.
    pub(super) is_old: bool,
}

/// Where a node stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum State {
    /// No event of its own: it stands as its children do.
    #[default]
    Implied,
    Running,
    /// An attempt failed, and another one follows.
    Retrying {
        error: String,
        delay: Duration,
    },
    /// A question is open.
    Waiting {
        question: String,
    },
    Completed,
    /// A container, in which a step ended the workflow early.
    Ended,
    Failed {
        error: Option<String>,
    },
    Skipped {
        reason: String,
    },
    Cancelled,
}

impl State {
    /// Whether nothing more will happen to it.
    pub(super) fn is_over(&self) -> bool {
        !matches!(self, Self::Implied | Self::Running | Self::Retrying { .. } | Self::Waiting { .. })
    }
}

impl Node {
    /// Notes a chunk of what it streams.
    pub(super) fn stream(&mut self, chunk: &str) {
        self.streamed.push_str(chunk);
        if self.streamed.len() > 2 * TAIL {
            let start = (self.streamed.len() - TAIL..).find(|start| self.streamed.is_char_boundary(*start));
            self.streamed.drain(..start.unwrap_or_default());
        }
    }

    /// How long it has taken, by `now` if it has not ended.
    pub(super) fn duration(&self, now: Timestamp) -> Option<Duration> {
        match self.state {
            State::Running | State::Retrying { .. } => self.took.or_else(|| Some(since(self.began?, now))),
            _ => self.took,
        }
    }

    pub(super) fn end(&mut self, state: State, at: Timestamp) {
        self.state = state;
        if self.took.is_none() {
            self.took = self.began.map(|began| since(began, at));
        }
        self.progress = None;
        self.streamed.clear();
    }
}

/// The time between two times; none if the clock was set back.
pub(super) fn since(began: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(began)).unwrap_or_default()
}

/// A duration for people: `0.2 ms`, `21 ms`, `1.2 s`, `2 min 3 s`, `3 h 5 min`.
pub(super) fn human(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.as_secs_f64() * 1_000.0);
    match seconds {
        // What would be written `10.0` is written `10`, and so on: the borders are those of the rounding.
        0 if millis < 9.95 => format!("{millis:.1} ms"),
        0 if millis < 999.5 => format!("{millis:.0} ms"),
        0..60 if duration.as_secs_f64() < 59.95 => format!("{:.1} s", duration.as_secs_f64()),
        0..60 => "1 min 0 s".to_owned(),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_for_people() {
        let human = |seconds: f64| human(Duration::from_secs_f64(seconds));
        let written = [0.000_04, 0.009_94, 0.009_96, 0.021, 0.999_6, 1.25, 59.94, 59.96, 61.0, 3_599.0, 3_600.0, 11_100.0].map(human);
        let expected = [
            "0.0 ms",
            "9.9 ms",
            "10 ms",
            "21 ms",
            "1.0 s",
            "1.2 s",
            "59.9 s",
            "1 min 0 s",
            "1 min 1 s",
            "59 min 59 s",
            "1 h 0 min",
            "3 h 5 min",
        ];
        assert_eq!(written, expected);
    }

    #[test]
    fn only_the_end_of_a_long_stream_is_kept() {
        let mut node = Node::default();
        for _ in 0..10_000 {
            node.stream("語");
        }
        assert!(node.streamed.len() <= 2 * TAIL + 3 && node.streamed.ends_with('語'), "{}", node.streamed.len());
    }
}
