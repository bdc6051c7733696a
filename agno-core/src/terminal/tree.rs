//! [`RunTree`]: what the events of a run say about its nodes, as a tree. A pure function of events; nothing here writes to a terminal.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    draw::Drawing,
    node::{Node, State, since},
    place,
};
use crate::{
    event::{Event, EventKind},
    plan::Plan,
    run::QuestionInfo,
    workflow::{Metrics, OutcomeKind},
};

/// Items and iterations that ended well and are listed; earlier ones are counted. A list of a million items makes no tree of a million nodes.
const LISTED: usize = 5;

/// What a run has done so far, as a tree: what `print` draws. It is made from events alone, and its `Display` draws it without colours.
///
/// ```no_run
/// # use agno_core::{Event, terminal::RunTree};
/// # fn show(events: Vec<Event>) {
/// let mut tree = RunTree::default();
/// for event in &events {
///     tree.apply(event);
/// }
/// println!("{tree}");
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct RunTree {
    pub(super) name: String,
    pub(super) run_id: Option<Arc<str>>,
    plan: Option<&'static Plan>,
    /// By path; the workflow itself has the empty one.
    pub(super) nodes: HashMap<String, Node>,
    pub(super) totals: Totals,
    pub(super) questions: Vec<QuestionInfo>,
    /// The run's output, if it has one.
    pub(super) content: Option<Value>,
    /// When the leg that runs has begun.
    leg: Option<Timestamp>,
}

/// What a run took, summed up from its events, or from its own metrics.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) duration: Duration,
    pub(super) steps: usize,
    pub(super) attempts: u64,
    pub(super) step_time: Duration,
}

impl From<&Metrics> for Totals {
    fn from(metrics: &Metrics) -> Self {
        let Metrics { duration, steps, attempts, step_time } = *metrics;
        Self { duration, steps, attempts, step_time }
    }
}

impl fmt::Display for RunTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.lines(&Drawing::plain()) {
            writeln!(f, "{}", line.paint(false))?;
        }
        Ok(())
    }
}

impl RunTree {
    /// A tree of a run of this workflow: labels of containers, which events do not carry, are taken from the plan.
    #[must_use]
    pub fn of(plan: &'static Plan) -> Self {
        Self { plan: Some(plan), name: plan.name.to_owned(), ..Self::default() }
    }

    /// A tree of a run that is named so, of whose nodes nothing is known yet.
    pub(super) fn named(name: &str, run_id: &Arc<str>) -> Self {
        Self { name: name.to_owned(), run_id: Some(Arc::clone(run_id)), ..Self::default() }
    }

    /// Takes in what happened next.
    pub fn apply(&mut self, event: &Event) {
        let Event { path, at, .. } = event;
        let at = *at;
        self.run_id.get_or_insert_with(|| Arc::clone(&event.run_id));
        match &event.kind {
            EventKind::WorkflowStarted { depth: 0, name } => {
                self.name.clone_from(name);
                self.begin("", at);
                self.leg = Some(at);
            }
            EventKind::WorkflowStarted { name, .. } => {
                self.begin(path, at);
                let node = self.node(path);
                // `FactCheck;` is the node `fact_check`: to say both would be to say it twice.
                if !place::name(path).replace('_', " ").eq_ignore_ascii_case(name) {
                    node.note = Some(name.clone());
                }
            }
            EventKind::WorkflowContinued {} => {
                if self.name.is_empty() {
                    self.name = event.workflow.to_string();
                }
                self.begin("", at);
                self.questions.clear();
                self.leg = Some(at);
            }
            EventKind::WorkflowPaused { questions } => {
                self.questions.clone_from(questions);
                self.end_leg(at);
                self.set("", State::Waiting { question: String::new() });
            }
            EventKind::WorkflowCompleted { content, .. } => {
                if path.is_empty() {
                    self.content = Some(content.clone());
                }
                self.end(path, State::Completed, at);
            }
            EventKind::WorkflowError { error, .. } => {
                // The node that failed has said why.
                let error = (!self.any_failed()).then(|| error.clone());
                self.end(path, State::Failed { error }, at);
            }
            EventKind::WorkflowCancelled { .. } => self.end(path, State::Cancelled, at),
            EventKind::StepStarted { label, .. } => {
                self.begin(path, at);
                if label.is_some() {
                    self.node(path).label.clone_from(label);
                }
            }
            EventKind::StepCompleted { attempts, duration, content } => {
                self.finish_step(path, *attempts, *duration, State::Completed, at);
                self.note_decision(path, content);
            }
            EventKind::StepError { attempts, error } => {
                let state = State::Failed { error: Some(error.clone()) };
                self.finish_step(path, *attempts, f64::NAN, state, at);
            }
            EventKind::StepSkipped { reason } => {
                self.totals.attempts += 1;
                self.end(path, State::Skipped { reason: reason.clone() }, at);
            }
            EventKind::StepCancelled {} => self.end(path, State::Cancelled, at),
            EventKind::StepRetrying { attempt, error, delay } => {
                let delay = Duration::try_from_secs_f64(*delay).unwrap_or_default();
                let node = self.node(path);
                node.began.get_or_insert(at);
                node.attempts = *attempt;
                node.is_old = false;
                node.streamed.clear();
                node.state = State::Retrying { error: error.clone(), delay };
            }
            EventKind::StepOutput { .. } | EventKind::CustomEvent { .. } => {}
            EventKind::StepProgress { message, .. } => {
                self.goes_on(path);
                self.node(path).progress = Some(message.clone());
            }
            EventKind::RunContent { content } => {
                self.goes_on(path);
                match content {
                    Value::String(chunk) => self.node(path).stream(chunk),
                    other => self.node(path).stream(&format!("{other}\n")),
                }
            }
            EventKind::StepPaused { question } => {
                self.begin(path, at);
                self.set(path, State::Waiting { question: question.text.clone() });
            }
            EventKind::StepContinued { content } => {
                self.end(path, State::Completed, at);
                // How long a person thought about it is no work of the run's.
                let node = self.node(path);
                node.took = None;
                node.note = Some(short(content));
            }
            EventKind::StepsExecutionStarted {}
            | EventKind::ParallelExecutionStarted { .. }
            | EventKind::ConditionExecutionStarted {}
            | EventKind::RouterExecutionStarted {}
            | EventKind::LoopExecutionStarted { .. } => self.begin(path, at),
            EventKind::EachExecutionStarted { items } => {
                self.begin(path, at);
                self.node(path).items = Some(*items);
            }
            EventKind::EachItemStarted { .. } | EventKind::LoopIterationStarted { .. } => self.begin_item(path, at),
            EventKind::EachItemCompleted { outcome, .. } | EventKind::LoopIterationCompleted { outcome, .. } => {
                self.end_container(path, *outcome, at);
                self.fold(place::container(path));
            }
            EventKind::StepsExecutionCompleted { outcome }
            | EventKind::ParallelExecutionCompleted { outcome }
            | EventKind::EachExecutionCompleted { outcome }
            | EventKind::ConditionExecutionCompleted { outcome, .. } => self.end_container(path, *outcome, at),
            EventKind::LoopExecutionCompleted { outcome, iterations } => {
                let plural = if *iterations == 1 { "" } else { "s" };
                self.node(path).note = Some(format!("{iterations} iteration{plural}"));
                self.end_container(path, *outcome, at);
            }
            EventKind::RouterExecutionCompleted { outcome, selected } => {
                if !selected.is_empty() {
                    self.node(path).note = Some(format!("→ {}", selected.join(", ")));
                }
                self.end_container(path, *outcome, at);
            }
        }
    }

    /// What has ended is not drawn again by [`Self::lines`]: it stands on the screen.
    pub(super) fn set_shown(&mut self) {
        for node in self.nodes.values_mut().filter(|node| node.state.is_over()) {
            node.is_old = true;
        }
    }

    /// The node at a path, which is made if it is not there yet, with what it stands in.
    pub(super) fn node(&mut self, path: &str) -> &mut Node {
        self.ensure(path, None);
        self.nodes.entry(path.to_owned()).or_default()
    }

    /// `container`: where it stands, if it is known better than by the path.
    pub(super) fn ensure(&mut self, path: &str, container: Option<&str>) {
        if self.nodes.contains_key(path) {
            return;
        }
        let label = self.plan.and_then(|plan| place::label_in(plan, path)).map(str::to_owned);
        self.nodes.insert(path.to_owned(), Node { name: place::shown_name(path).to_owned(), label, ..Node::default() });
        if path.is_empty() {
            return;
        }
        let container = match container {
            Some(container) => container.to_owned(),
            // `refine[0]` stands in `refine`; but `by_audience/many[0]` stands in the router, where there is no `many`.
            None if self.nodes.contains_key(place::container(path)) => place::container(path).to_owned(),
            None => place::parent(path).to_owned(),
        };
        self.ensure(&container, None);
        if let Some(container) = self.nodes.get_mut(&container) {
            container.children.push(path.to_owned());
        }
    }

    fn begin(&mut self, path: &str, at: Timestamp) {
        let node = self.node(path);
        node.state = State::Running;
        node.is_old = false;
        node.took = None;
        node.began.get_or_insert(at);
    }

    fn begin_item(&mut self, path: &str, at: Timestamp) {
        self.ensure(path, Some(place::container(path)));
        self.begin(path, at);
    }

    fn set(&mut self, path: &str, state: State) {
        self.node(path).state = state;
    }

    /// A step that says something is at work again.
    fn goes_on(&mut self, path: &str) {
        let node = self.node(path);
        if matches!(node.state, State::Retrying { .. }) {
            node.state = State::Running;
        }
    }

    fn end(&mut self, path: &str, state: State, at: Timestamp) {
        self.node(path).end(state, at);
        if path.is_empty() {
            self.end_leg(at);
        }
    }

    /// Pauses are no time of the run's.
    fn end_leg(&mut self, at: Timestamp) {
        if let Some(leg) = self.leg.take() {
            self.totals.duration += since(leg, at);
        }
    }

    fn end_container(&mut self, path: &str, outcome: OutcomeKind, at: Timestamp) {
        let state = match outcome {
            OutcomeKind::Completed => State::Completed,
            OutcomeKind::Failed => State::Failed { error: None },
            OutcomeKind::Cancelled => State::Cancelled,
            OutcomeKind::Ended => State::Ended,
        };
        self.end(path, state, at);
    }

    fn finish_step(&mut self, path: &str, attempts: u32, seconds: f64, state: State, at: Timestamp) {
        self.totals.attempts += u64::from(attempts);
        self.totals.steps += usize::from(state == State::Completed);
        let node = self.node(path);
        node.attempts = attempts;
        node.took = Duration::try_from_secs_f64(seconds).ok();
        node.end(state, at);
        let took = node.took.unwrap_or_default();
        self.totals.step_time += took;
        // A step may call others as often as it likes.
        if path.ends_with(|letter: char| letter.is_ascii_digit()) && path[place::parent(path).len()..].contains('#') {
            self.fold(place::parent(path));
        }
    }

    /// What a predicate said is the condition's to tell.
    pub(super) fn note_decision(&mut self, path: &str, content: &Value) {
        if place::name(path) == "if"
            && let Value::Bool(yes) = content
        {
            let note = if *yes { "yes" } else { "no" };
            self.node(place::parent(path)).note = Some(note.to_owned());
        }
    }

    fn any_failed(&self) -> bool {
        self.nodes.values().any(|node| matches!(node.state, State::Failed { error: Some(_) }))
    }

    /// Counts the oldest of many items, and forgets them.
    pub(super) fn fold(&mut self, container: &str) {
        let Some(node) = self.nodes.get(container) else { return };
        let ended: Vec<_> = node.children.iter().filter(|child| self.has_completed(child)).cloned().collect();
        let Some(more) = ended.len().checked_sub(LISTED).filter(|more| *more > 0) else { return };
        for path in &ended[..more] {
            self.forget(path);
        }
        let node = self.node(container);
        node.children.retain(|child| !ended[..more].contains(child));
        node.folded += more;
    }

    fn has_completed(&self, path: &str) -> bool {
        self.nodes.get(path).is_some_and(|node| node.state == State::Completed)
    }

    fn forget(&mut self, path: &str) {
        for child in self.nodes.remove(path).map(|node| node.children).unwrap_or_default() {
            self.forget(&child);
        }
    }

    /// Items of an `each` that have ended well.
    pub(super) fn done_items(&self, node: &Node) -> usize {
        node.folded + node.children.iter().filter(|child| self.has_completed(child)).count()
    }
}

/// An answer, in so many words.
fn short(content: &Value) -> String {
    let mut text = match content {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some((end, _)) = text.char_indices().nth(60) {
        text.truncate(end);
        // Writing into a `String` cannot fail.
        let _ = write!(text, "…");
    }
    text
}
