//! A run, as it is kept.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    content::Kept,
    db::rows::RecordKind,
    durable::Outbox,
    error::{Fault, StepError},
    event::Event,
    journal::{Begun, Ended, Entry, Settled},
    media::Media,
    plan::NodeKind,
    run::{Carried, OpenQuestion, QuestionInfo, Run, RunInfo},
    workflow::{Drive, Metrics, PartialRun, PausedRun, Status, StepResult, Steps},
};

/// A run, as it is kept: what a next leg needs, and what its callers ask for.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) info: Arc<RunInfo>,
    pub(crate) input: Kept,
    pub(crate) status: Status,
    pub(crate) output: Option<Kept>,
    pub(crate) failure: Option<Failure>,
    pub(crate) journal: Arc<Vec<StepResult>>,
    pub(crate) questions: Vec<OpenQuestion>,
    pub(crate) begun: Vec<Begun>,
    pub(crate) sequence: u64,
    pub(crate) nanos: u64,
    pub(crate) carried: Option<Box<Carried>>,
    pub(crate) events: Option<Vec<Arc<Event>>>,
    pub(crate) state: Option<Value>,
    /// When it began, or finished.
    pub(crate) updated_at: Timestamp,
    /// All its events, as far as they are known: of a run that was cut, those are that are stored.
    #[cfg(feature = "audit")]
    pub(crate) audit: Option<Vec<Arc<Event>>>,
    /// The leg that runs now, in this process.
    pub(crate) live: Option<Live>,
}

/// Why a run failed.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Step(StepError),
    Fault(Arc<Fault>),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Step(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

/// A leg that runs.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) run: Arc<Run>,
    pub(crate) drive: Arc<Drive>,
}

impl Live {
    /// Waits for the leg's end.
    pub(crate) async fn ended(self) {
        self.drive.ended().await;
    }
}

impl Row {
    pub(crate) fn new(info: Arc<RunInfo>, input: Kept) -> Self {
        Self {
            updated_at: info.created_at,
            info,
            input,
            status: Status::Running,
            output: None,
            failure: None,
            journal: Arc::default(),
            questions: Vec::new(),
            begun: Vec::new(),
            sequence: 0,
            nanos: 0,
            carried: None,
            events: None,
            state: None,
            #[cfg(feature = "audit")]
            audit: Some(Vec::new()),
            live: None,
        }
    }

    /// What the run has done, what the leg that runs has shown included.
    pub(crate) fn steps(&self) -> Steps {
        match &self.live {
            Some(live) => {
                let inner = live.run.inner();
                if inner.shown.is_empty() {
                    return Steps(Arc::clone(&self.journal));
                }
                let entries = inner.shown.iter().cloned().map(StepResult);
                Steps(Arc::new(self.journal.iter().cloned().chain(entries).collect()))
            }
            None => Steps(Arc::clone(&self.journal)),
        }
    }

    /// What was given with the run, and what its steps attached.
    pub(crate) fn media(&self) -> Vec<Media> {
        let attached = self.carried.as_deref().map_or(&[][..], |carried| &carried.attached);
        self.info.media.iter().chain(attached).cloned().collect()
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let nanos = self.live.as_ref().map_or(self.nanos, |live| live.run.now());
        metrics(&self.steps(), Duration::from_nanos(nanos))
    }

    pub(crate) fn partial(&self) -> PartialRun {
        let state = self.live.as_ref().map_or_else(|| self.state.clone(), |live| live.run.session.state_json());
        PartialRun {
            run_id: Arc::clone(&self.info.run_id),
            session_id: Arc::clone(&self.info.session_id),
            status: self.status,
            steps: self.steps(),
            metrics: self.metrics(),
            state,
        }
    }

    /// The questions that are open now, those of the leg that runs included.
    pub(crate) fn open_questions(&self) -> Vec<OpenQuestion> {
        let mut open = match &self.live {
            Some(live) => self.still_open(&live.run),
            None => self.questions.clone(),
        };
        if !open.is_empty() {
            let answered = self.answered();
            open.retain(|question| !answered.contains(&question.info.path));
        }
        open
    }

    /// A leg takes the run on.
    pub(crate) fn takes_on(&mut self, live: Live) {
        self.status = Status::Running;
        #[cfg(feature = "audit")]
        if crate::testing::audit::is_on()
            && let Some(audit) = self.audit.take()
        {
            live.run.listen().open_audit(audit);
        }
        self.live = Some(live);
    }

    /// The questions of a leg: its own, and those of earlier legs that it has not come to yet.
    pub(crate) fn still_open(&self, run: &Run) -> Vec<OpenQuestion> {
        let earlier = self.questions.iter().filter(|question| run.replay.is_begun(&question.info.path));
        earlier.chain(&run.inner().questions).cloned().collect()
    }

    pub(crate) fn question_infos(&self) -> Vec<QuestionInfo> {
        self.open_questions().into_iter().map(|question| question.info).collect()
    }

    pub(crate) fn paused(&self) -> PausedRun {
        PausedRun::new(self.partial(), self.question_infos())
    }

    /// The questions that have an answer.
    fn answered(&self) -> HashSet<String> {
        let questions = self.journal.iter().filter(|step| matches!(step.0.node.kind, NodeKind::Ask { .. }));
        questions.filter(|step| step.0.is_record()).map(StepResult::path).collect()
    }

    /// What has become of standing failures.
    pub(crate) fn settle(&mut self, settled: &[Settled], outbox: Option<&Outbox>) {
        if settled.is_empty() || !self.journal.iter().any(|step| step.0.ended == Ended::Standing) {
            return;
        }
        for step in Arc::make_mut(&mut self.journal).iter_mut().filter(|step| step.0.ended == Ended::Standing) {
            let path = step.path();
            let settled = settled.iter().find(|settled| settled.concerns(&path, step.0.ended, step.0.error()));
            let Some(settled) = settled else { continue };
            step.0.ended = settled.ended;
            if let Some(outbox) = outbox {
                outbox.put_entry(&step.0, self.sequence);
            }
        }
    }

    /// The run fails: if somebody resumes it, then what failed runs again, and is asked about anew. What was settled stays so.
    pub(crate) fn fail(&mut self, outbox: Option<&Outbox>) {
        self.settle(&[Settled { path: String::new(), ended: Ended::Failed }], outbox);
        if let Some(carried) = &mut self.carried {
            carried.forget_asked(outbox, |_| true);
        }
    }

    /// The run has ended: nobody is asked any more.
    pub(crate) fn close_questions(&mut self, outbox: Option<&Outbox>) {
        for question in std::mem::take(&mut self.questions) {
            if let Some(outbox) = outbox {
                outbox.remove(question.info.path, RecordKind::Question);
            }
        }
    }

    /// Adds entries, and drops what they supersede: failures of nodes that have run again.
    pub(crate) fn append(&mut self, entries: Vec<Entry>) {
        let journal = Arc::make_mut(&mut self.journal);
        let leg = !journal.is_empty();
        if leg {
            let again: HashSet<String> = entries.iter().map(Entry::path).collect();
            journal.retain(|step| step.0.is_record() || !again.contains(&step.path()));
        }
        journal.extend(entries.into_iter().map(StepResult));
    }

    /// Whether a question's time is over.
    pub(crate) fn is_due(&self) -> bool {
        self.questions.iter().any(OpenQuestion::is_due)
    }

    /// Whether a question has been answered since it was asked, so that the run can go on.
    pub(crate) fn has_answers(&self) -> bool {
        if self.questions.is_empty() {
            return false;
        }
        let answered = self.answered();
        self.questions.iter().any(|question| answered.contains(&question.info.path))
    }
}

fn metrics(steps: &[StepResult], duration: Duration) -> Metrics {
    let mut metrics = Metrics { duration, ..Metrics::default() };
    for step in steps {
        if step.is_container() {
            continue;
        }
        metrics.steps += usize::from(step.0.is_record());
        metrics.attempts += u64::from(step.attempts());
        if matches!(step.kind(), NodeKind::Call | NodeKind::Decision) {
            metrics.step_time += step.duration();
        }
    }
    metrics
}
