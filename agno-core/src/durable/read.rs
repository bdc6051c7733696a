//! A run, as it is read again.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    sync::Arc,
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    AskedNode, Attempted, BegunNode, Given, StoredFailure, Tail, WakeAt,
    media::{ByDigest, fetch},
    record::{Nodes, corrupt},
};
use crate::{
    content::Kept,
    db::{
        DbError,
        rows::{MediaRow, Record, RecordKind, RunRow},
    },
    desk::Row,
    event::{Event, EventKind, EventName},
    journal::{
        Begun, Ended, Entry,
        intern::{self, Known},
    },
    plan::{History, Plan},
    run::{Asked, Carried, OpenQuestion, QuestionInfo, RunInfo},
    workflow::{OutcomeKind, Status, StepResult, kept::UNKNOWN},
};

/// What the one who reads knows about the run.
pub(crate) struct Reading {
    pub(crate) plan: &'static Plan,
    pub(crate) skip_events: Vec<EventName>,
    pub(crate) retry_on_conflict: u32,
    pub(crate) history: Option<History>,
}

impl Reading {
    /// Of a workflow that is not known here.
    pub(crate) const UNKNOWN: Self = Self { plan: &UNKNOWN, skip_events: Vec::new(), retry_on_conflict: 0, history: None };
}

/// A run as it is stored, as a row of the desk. `beside`: what its rows name of media; `events`: those that are stored.
pub(crate) fn read_row(
    reading: Reading,
    run: RunRow,
    records: Vec<Record>,
    beside: Vec<MediaRow>,
    events: Option<Vec<Arc<Event>>>,
) -> Result<Row, DbError> {
    let Reading { plan, skip_events, retry_on_conflict, history } = reading;
    let corrupt_run = |what: &str, error: &dyn Display| DbError::Corrupt {
        place: format!("the {what} of run `{}`", run.run_id),
        reason: error.to_string(),
    };
    let given = Given::deserialize(&run.given).map_err(|error| corrupt_run("data", &error))?;
    let beside: ByDigest = beside.into_iter().map(|MediaRow { digest, bytes }| (digest, bytes)).collect();
    let media = fetch(given.media, &beside).map_err(|reason| corrupt_run("data", &reason))?;
    let tail = run.standing.carried.as_ref().map(Tail::deserialize).transpose().map_err(|error| corrupt_run("carried part", &error))?;
    let failure = run.standing.failure.as_ref().map(StoredFailure::deserialize).transpose();
    let failure = failure.map_err(|error| corrupt_run("failure", &error))?.map(StoredFailure::into_failure);
    let fence = run.fence;
    let info = RunInfo {
        run_id: run.run_id.into(),
        session_id: run.session_id.into(),
        own_session: run.own_session,
        user_id: run.user_id.map(Arc::from),
        workflow: run.workflow.into(),
        workflow_id: run.workflow_id.into(),
        plan,
        created_at: run.created_at,
        metadata: given.metadata,
        additional_data: given.additional_data,
        media,
        extra: None,
        skip_events,
        retry_on_conflict,
        history,
        is_stored: true,
        #[cfg(feature = "testing")]
        testing: Arc::default(),
    };
    let read = Records::read(&Nodes::new(plan), records, &beside).map_err(|error| error.within(&info.run_id))?;
    let mut row = Row::new(Arc::new(info), Kept::json_only(run.input));
    row.status = run.standing.status;
    row.output = run.standing.output.map(Kept::json_only);
    row.failure = failure;
    row.nanos = read.nanos.max(run.standing.nanos);
    row.sequence = read.sequence.max(run.standing.sequence);
    row.state = run.standing.state;
    let tail = tail.unwrap_or_default();
    let cut = row.status == Status::Running && tail.fence != fence;
    row.begun = read.begun(tail.begun, cut.then_some(events.as_deref()));
    if cut && !row.info.skip_events.is_empty() {
        // The events that end them may be among those that are not kept.
        row.begun.retain(|begun| !read.has_completed(&begun.path));
    }
    let Records { entries, questions, mut carried, .. } = read;
    carried.used = tail.used;
    row.journal = Arc::new(entries.into_iter().map(StepResult).collect());
    row.questions = questions;
    row.carried = Some(Box::new(carried));
    if let Some(last) = events.iter().flatten().next_back() {
        row.sequence = row.sequence.max(last.sequence + 1);
    }
    #[cfg(feature = "audit")]
    {
        row.audit = match &events {
            Some(events) if row.info.skip_events.is_empty() => Some(events.clone()),
            _ if cut => {
                // What the leg that was cut has heard is lost.
                crate::testing::audit::forget(&row.info);
                None
            }
            _ => crate::testing::audit::kept(&row.info),
        };
    }
    row.events = events;
    Ok(row)
}

#[derive(Default)]
struct Records {
    entries: Vec<Entry>,
    questions: Vec<OpenQuestion>,
    carried: Carried,
    /// Attempts that have begun, or failed, of nodes that have not ended; and whether one is known to have begun, of a step that must run once.
    attempted: HashMap<String, (u32, bool)>,
    /// The numbers of the next event and the nanoseconds, as far as records say.
    sequence: u64,
    nanos: u64,
}

fn about<T: DeserializeOwned>(record: &Record) -> Result<T, DbError> {
    T::deserialize(&record.about).map_err(|error| corrupt(record, error))
}

impl Records {
    fn read(nodes: &Nodes, records: Vec<Record>, beside: &ByDigest) -> Result<Self, DbError> {
        let mut read = Self::default();
        let ended: HashSet<String> =
            records.iter().filter(|record| record.kind == RecordKind::Node).map(|record| record.path.clone()).collect();
        for record in records {
            match record.kind {
                RecordKind::Node => {
                    let sequence = record.about.get("sequence").and_then(Value::as_u64).unwrap_or_default();
                    read.sequence = read.sequence.max(sequence);
                    let entry = nodes.read(record, beside)?;
                    read.nanos = read.nanos.max(entry.started.saturating_add(entry.duration));
                    if let Some(detail) = &entry.detail {
                        read.carried.attached.extend(detail.media.iter().cloned());
                    }
                    read.entries.push(entry);
                }
                RecordKind::Question => {
                    let info: QuestionInfo = about(&record)?;
                    let (parent, name, mark) = intern::place(&record.path);
                    let node = nodes.find(&record.path, "ask", None, || Known { name, kind: "ask", label: None, skips: false });
                    read.questions.push(OpenQuestion { info, codec: None, node, parent, mark });
                }
                RecordKind::Answer if ended.contains(&record.path) => {}
                RecordKind::Answer => read.entries.push(nodes.answered(record)),
                RecordKind::Wake => {
                    let WakeAt { at } = about(&record)?;
                    read.carried.wakes.insert(record.path, at);
                }
                RecordKind::Begun | RecordKind::Failed if ended.contains(&record.path) => {}
                RecordKind::Begun | RecordKind::Failed => {
                    let Attempted { attempts, before } = about(&record)?;
                    let once = record.kind == RecordKind::Begun;
                    let begun = attempts + u32::from(!once);
                    let (known, is_once) = read.attempted.entry(record.path.clone()).or_default();
                    *known = begun.max(*known);
                    *is_once |= once;
                    if before > 0 {
                        read.carried.failed.insert(record.path, before);
                    }
                }
                RecordKind::Call => {
                    let Some((step, child)) = record.path.rsplit_once('/') else { return Err(corrupt(&record, "it is no child's")) };
                    let name = intern::name(child.split(['[', '#', '~']).next().unwrap_or_default());
                    read.carried.calls.entry(step.to_owned()).or_default().push(name);
                }
                RecordKind::Asked => {
                    let AskedNode { number, settled } = about(&record)?;
                    read.carried.asked.insert(record.path, Asked { number, settled });
                }
            }
        }
        Ok(read)
    }

    /// What has begun and not ended. `cut`: the run was cut, and these are the events that are stored of it, if any are.
    fn begun(&self, tail: Vec<BegunNode>, cut: Option<Option<&[Arc<Event>]>>) -> Vec<Begun> {
        let tail = tail.into_iter().map(|BegunNode { path, attempts, once, why, end }| Begun {
            path,
            attempts,
            once,
            why: intern::name(&why),
            end,
        });
        let mut begun: Vec<Begun> = match cut {
            None => return tail.collect(),
            Some(Some(events)) => open_after(events),
            // What the leg that was cut has recorded, it has ended.
            Some(None) => tail.filter(|begun| !self.has_ended(&begun.path)).collect(),
        };
        for (path, (attempts, once)) in &self.attempted {
            let attempted = Begun { once: *once, ..Begun::new(path.clone(), *attempts, EventKind::StepCancelled {}) };
            match begun.iter_mut().find(|begun| begun.path == *path) {
                Some(begun) => (begun.attempts, begun.once) = (begun.attempts.max(*attempts), begun.once | once),
                None => begun.push(attempted),
            }
        }
        for question in &self.questions {
            if !begun.iter().any(|begun| begun.path == question.info.path) {
                begun.push(Begun::new(question.info.path.clone(), 0, EventKind::StepCancelled {}));
            }
        }
        // Innermost first.
        begun.sort_by_key(|begun| std::cmp::Reverse(begun.path.matches('/').count()));
        begun
    }

    /// Whether it has a record of its own, other than an answer that nobody has gone on with.
    fn has_completed(&self, path: &str) -> bool {
        self.has_ended(path) && !self.questions.iter().any(|question| question.info.path == path)
    }

    fn has_ended(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.ended != Ended::Standing && entry.path() == path)
    }
}

/// What has begun and not ended after these events.
fn open_after(events: &[Arc<Event>]) -> Vec<Begun> {
    let mut open: Vec<Begun> = Vec::new();
    for event in events.iter().filter(|event| !event.path.is_empty()) {
        let outcome = OutcomeKind::Cancelled;
        let end = match &event.kind {
            EventKind::StepStarted { .. } => Some((1, EventKind::StepCancelled {})),
            EventKind::StepPaused { .. } => Some((0, EventKind::StepCancelled {})),
            EventKind::StepRetrying { attempt, .. } => Some((*attempt, EventKind::StepCancelled {})),
            EventKind::WorkflowStarted { depth, .. } => Some((0, EventKind::WorkflowCancelled { depth: *depth })),
            EventKind::StepsExecutionStarted {} => Some((0, EventKind::StepsExecutionCompleted { outcome })),
            EventKind::ParallelExecutionStarted { .. } => Some((0, EventKind::ParallelExecutionCompleted { outcome })),
            EventKind::EachExecutionStarted { .. } => Some((0, EventKind::EachExecutionCompleted { outcome })),
            EventKind::EachItemStarted { index } => Some((0, EventKind::EachItemCompleted { index: *index, outcome })),
            EventKind::ConditionExecutionStarted {} => Some((0, EventKind::ConditionExecutionCompleted { outcome, condition: None })),
            EventKind::LoopExecutionStarted { .. } => Some((0, EventKind::LoopExecutionCompleted { outcome, iterations: 0 })),
            EventKind::LoopIterationStarted { iteration } => {
                Some((0, EventKind::LoopIterationCompleted { iteration: *iteration, outcome, until: false }))
            }
            EventKind::RouterExecutionStarted {} => Some((0, EventKind::RouterExecutionCompleted { outcome, selected: Vec::new() })),
            EventKind::StepProgress { .. }
            | EventKind::StepOutput { .. }
            | EventKind::RunContent { .. }
            | EventKind::CustomEvent { .. }
            | EventKind::WorkflowContinued {}
            | EventKind::WorkflowPaused { .. } => continue,
            _ => None,
        };
        let known = open.iter().position(|begun| begun.path == event.path);
        match (end, known) {
            // The last one counts: attempts begin anew when a person has decided so.
            (Some((attempts, _)), Some(known)) => open[known].attempts = attempts,
            (Some((attempts, end)), None) => open.push(Begun::new(event.path.clone(), attempts, end)),
            (None, Some(known)) => _ = open.remove(known),
            (None, None) => {}
        }
    }
    open
}
