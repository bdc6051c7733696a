//! How a plan speaks of its nodes: the words of `workflow!`, in one line each.

use std::time::Duration;

use super::{
    Durability, Effect, History, NodeKind, OnError, OnMax, Plan, StepOptions, TypeInfo, Work,
    outline::{Place, Role, Runs},
};

/// `alloc::vec::Vec<my_crate::Topic>` is `Vec<Topic>`.
pub(crate) fn short_type(full: &str) -> String {
    let mut short = String::with_capacity(full.len());
    // Where the name that is being read begins: what stands before a `::` is dropped.
    let mut begin = 0;
    let mut rest = full.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == ':' && rest.peek() == Some(&':') {
            rest.next();
            short.truncate(begin);
        } else {
            short.push(letter);
            if !(letter.is_alphanumeric() || letter == '_') {
                begin = short.len();
            }
        }
    }
    short
}

pub(crate) fn type_of(info: fn() -> TypeInfo) -> String {
    short_type(info().name)
}

/// Text in one line, without anything that a terminal would act on.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if letter.is_control() {
                line.extend(letter.escape_default());
            } else {
                line.push(letter);
            }
        }
    }
    line
}

/// A length of time that somebody wrote: `30s`, `1h 30m`.
pub(crate) fn written(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration).map_or_else(|_| format!("{duration:?}"), |duration| format!("{duration:#}"))
}

/// A length of time that was measured: `1.2ms`, `2m 5s`.
pub(crate) fn measured(duration: Duration) -> String {
    match duration {
        Duration::ZERO => "0s".to_owned(),
        duration if duration < Duration::from_secs(60) => format!("{duration:.1?}"),
        duration => written(Duration::from_secs(duration.as_secs())),
    }
}

/// `Digest(text: String) -> Report`
pub(crate) fn signature(plan: &Plan) -> String {
    format!("{}({}: {}) -> {}", plan.type_name, plan.input_name, type_of(plan.input), type_of(plan.output))
}

/// What a workflow declares, and its options.
pub(crate) fn declarations(plan: &Plan) -> Vec<String> {
    let mut said: Vec<_> = plan.uses.iter().map(|used| format!("use {}: {}", used.name, one_line(used.type_name))).collect();
    said.extend(plan.state.map(|state| format!("state {}", type_of(state))));
    said.extend(plan.extra.map(|extra| format!("extra {}", type_of(extra))));
    let options = &plan.options;
    said.extend(options.history.map(history));
    match options.durability {
        Durability::Step => {}
        Durability::Run => said.push("durability run".to_owned()),
        Durability::None => said.push("durability none".to_owned()),
    }
    if options.store_events == Some(true) {
        said.push("store_events".to_owned());
    }
    said
}

fn history(history: History) -> String {
    match history {
        History::Off => "history off".to_owned(),
        History::All => "history".to_owned(),
        History::Last(runs) => format!("history {runs}"),
    }
}

impl Place {
    /// The doc comment: the node's own, or that of what runs there.
    pub(crate) fn doc(&self) -> Option<&'static str> {
        let about = match self.runs {
            Runs::Itself => None,
            Runs::Step(step) => step.description,
            Runs::Workflow(plan) | Runs::Again(plan, _) => plan.description,
        };
        self.node.description.or(about).map(str::trim).filter(|doc| !doc.is_empty())
    }

    /// What people see: the label, or the name with spaces.
    pub(crate) fn label(&self) -> String {
        let label = match self.runs {
            Runs::Step(step) => self.node.label.or(step.label),
            _ => self.node.label,
        };
        label.map_or_else(|| self.own_name().replace('_', " "), one_line)
    }

    /// The label, if somebody has written one.
    pub(crate) fn written_label(&self) -> Option<String> {
        let step = if let Runs::Step(step) = self.runs { step.label } else { None };
        self.node.label.or(step).map(one_line)
    }

    /// The node's name, which for a decision and a fallback is that of what runs there.
    fn own_name(&self) -> &'static str {
        self.called().filter(|_| self.role != Role::Member).unwrap_or(self.node.name)
    }

    /// What is called, as it was written: `whisper(title, 3) as quiet`.
    pub(crate) fn call(&self) -> Option<String> {
        let call = self.call_without_name()?;
        let is_named = self.role == Role::Member && !same_name(self.called()?, self.node.name);
        Some(if is_named { format!("{call} as {}", self.node.name) } else { call })
    }

    /// What is called, without the node's own name: `whisper(title, 3)`.
    pub(crate) fn call_without_name(&self) -> Option<String> {
        let called = self.called()?;
        Some(self.node.args.map_or_else(|| called.to_owned(), |args| format!("{called}({})", one_line(&args.join(", ")))))
    }

    fn called(&self) -> Option<&'static str> {
        match self.runs {
            Runs::Itself => None,
            Runs::Step(step) => Some(step.name),
            Runs::Workflow(plan) | Runs::Again(plan, _) => Some(plan.type_name),
        }
    }

    /// The word of `workflow!` for it; empty for what is called by its name.
    pub(crate) fn keyword(&self) -> &'static str {
        match self.node.kind {
            NodeKind::Call => match self.role {
                Role::Fallback => "fallback",
                Role::Member | Role::Decision => "",
            },
            NodeKind::Decision => self.node.name,
            NodeKind::Map => "map",
            NodeKind::Steps => "steps",
            NodeKind::Parallel { .. } => "parallel",
            NodeKind::Each { .. } => "each",
            NodeKind::Condition { .. } => "condition",
            NodeKind::Loop { .. } => "loop",
            NodeKind::Router { .. } => "router",
            NodeKind::Ask { .. } => "ask",
            NodeKind::Sleep { .. } => "sleep",
        }
    }

    /// The node as it was written, in one line and without its options: `loop refine`, `ask review: Review`.
    pub(crate) fn head(&self) -> String {
        let keyword = self.keyword();
        if let Some(call) = self.call() {
            return if keyword.is_empty() { call } else { format!("{keyword} {call}") };
        }
        let name = self.node.name;
        match self.node.kind {
            NodeKind::Decision => format!("{keyword} |…| …"),
            NodeKind::Ask { .. } => match self.node.value {
                Some(value) => format!("ask {name}: {}", type_of(value)),
                None => format!("ask {name}"),
            },
            NodeKind::Sleep { .. } | NodeKind::Map if name == keyword => name.to_owned(),
            NodeKind::Sleep { .. } | NodeKind::Map => format!("{keyword} as {name}"),
            _ => format!("{keyword} {name}"),
        }
    }

    /// The options in force: the node's, and where it says nothing those of its step.
    pub(crate) fn step_options(&self) -> StepOptions {
        let Runs::Step(step) = self.runs else {
            let options = &self.node.options;
            return StepOptions { retry: options.retry.unwrap_or(0), timeout: options.timeout, ..StepOptions::DEFAULT };
        };
        let (node, own) = (&self.node.options, step.options);
        StepOptions {
            retry: node.retry.unwrap_or(own.retry),
            backoff: node.backoff.unwrap_or(own.backoff),
            max_backoff: node.max_backoff.unwrap_or(own.max_backoff),
            timeout: node.timeout.or(own.timeout),
            history: node.history.or(own.history),
            effect: own.effect,
        }
    }

    /// What the node says about how it runs, a few words each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.kind_notes();
        let options = self.step_options();
        if options.retry > 0 {
            notes.push(format!("retry {}", options.retry));
            if matches!(self.runs, Runs::Step(_)) {
                notes.push(format!("backoff {}", written(options.backoff)));
                if options.max_backoff != StepOptions::DEFAULT.max_backoff {
                    notes.push(format!("max_backoff {}", written(options.max_backoff)));
                }
            }
        }
        let is_ask = matches!(self.node.kind, NodeKind::Ask { .. });
        notes.extend(options.timeout.filter(|_| !is_ask).map(|timeout| format!("timeout {}", written(timeout))));
        notes.extend(options.history.map(history));
        match options.effect {
            Effect::Idempotent => {}
            Effect::Pure => notes.push("effect pure".to_owned()),
            Effect::Once => notes.push("effect once".to_owned()),
        }
        if let Runs::Step(step) = self.runs
            && step.work == Work::Blocking
        {
            notes.push("blocking".to_owned());
        }
        match self.node.options.on_error {
            OnError::Fail => {}
            OnError::Skip => notes.push("on_error skip".to_owned()),
            OnError::None => notes.push("on_error none".to_owned()),
            OnError::Fallback => notes.push("on_error fallback".to_owned()),
            OnError::Pause => notes.push("on_error pause".to_owned()),
            OnError::Collect => notes.push("on_error collect".to_owned()),
        }
        notes
    }

    /// What only this kind of node says.
    fn kind_notes(&self) -> Vec<String> {
        match self.node.kind {
            NodeKind::Parallel { limit } => limit.map(|limit| format!("limit {limit}")).into_iter().collect(),
            NodeKind::Each { limit } => vec![format!("limit {limit}")],
            NodeKind::Loop { max, restart, on_max, until: _ } => {
                let restart = restart.then(|| "restart".to_owned());
                let on_max = (on_max == OnMax::Fail).then(|| "on_max fail".to_owned());
                [Some(format!("max {max}")), restart, on_max].into_iter().flatten().collect()
            }
            NodeKind::Router { many } => many.then(|| "many".to_owned()).into_iter().collect(),
            NodeKind::Ask { question: _, timeout, default } => {
                let timeout = timeout.map(|timeout| format!("timeout {}", written(timeout)));
                let default = default.then(|| "default".to_owned());
                [timeout, default].into_iter().flatten().collect()
            }
            NodeKind::Sleep { duration } => vec![written(duration)],
            _ => Vec::new(),
        }
    }
}

/// Whether a node is named like what it calls: `fact_check` and `FactCheck`.
pub(crate) fn same_name(called: &str, node: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect::<String>();
    letters(called) == letters(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_their_modules_everywhere() {
        assert_eq!(short_type("alloc::string::String"), "String");
        assert_eq!(short_type("alloc::vec::Vec<(a::b::Topic, core::option::Option<&str>)>"), "Vec<(Topic, Option<&str>)>");
        assert_eq!(short_type("[u8; 4]"), "[u8; 4]");
        assert_eq!(short_type("()"), "()");
    }

    #[test]
    fn text_in_one_line_cannot_move_a_cursor() {
        assert_eq!(one_line("two\n  lines"), "two lines");
        assert_eq!(one_line("red \u{1b}[31m"), "red \\u{1b}[31m");
    }

    #[test]
    fn times_read_as_they_are_written() {
        assert_eq!(written(Duration::from_millis(200)), "200ms");
        assert_eq!(written(Duration::from_secs(5400)), "1h 30m");
        assert_eq!(measured(Duration::from_micros(1234)), "1.2ms");
        assert_eq!(measured(Duration::from_millis(125_600)), "2m 5s");
    }
}
