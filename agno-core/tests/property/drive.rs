//! Runs a plan leg by leg, each by another owner of its store, and cuts some of them.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, task::Poll, time::Duration};

use agno_core::{
    __private as p, Db, ErrorDecision, Outcome, QuestionInfo, RunError, Status, StepOutcome, StoredRun,
    testing::{
        Doomed,
        grammar::{self, Extent},
    },
};
use serde_json::{Value as Json, json};

use crate::{
    flow::{Flow, Outer},
    generate::{Case, Cut},
    values::{Value, answer, decision, mix_number},
};

/// More than any plan has questions and cuts.
const LEGS: u32 = 1_000;

const RUN: &str = "random";

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) run: StoredRun,
    /// How often each step took effect, by path.
    pub(crate) effects: BTreeMap<String, u32>,
    pub(crate) legs: u32,
    /// Legs that ended before their time.
    pub(crate) cuts: u32,
    /// Those of them whose process died.
    pub(crate) deaths: u32,
    /// How often a person has sent an attempt again that was cut, by the step's path.
    pub(crate) sent_again: BTreeMap<String, u32>,
}

/// Opens the store of a run for another owner.
pub(crate) type Open<'o> = &'o dyn Fn() -> Pin<Box<dyn Future<Output = Arc<dyn Db>>>>;

/// Runs a plan to its end as it is, without a store.
pub(crate) async fn run_whole(case: &Case, input: &Value) -> Result<Came, String> {
    let mut run = Driven::new(case, input);
    let workflow = run.workflow(None);
    run.to_its_end(&workflow, None).await
}

/// Runs a plan to its end in a store, through all its cuts.
pub(crate) async fn run_cut(case: &Case, input: &Value, open: Open<'_>) -> Result<Came, String> {
    let mut run = Driven::new(case, input);
    let workflow = run.workflow(Some(open().await));
    run.to_its_end(&workflow, Some(open)).await
}

struct Driven<'c> {
    case: &'c Case,
    input: &'c Value,
    flow: Flow,
    person: Person,
    /// How often steps had taken effect when they were recorded.
    recorded: BTreeMap<String, u32>,
}

/// What the next leg is to do.
#[derive(Debug)]
enum Next {
    Run,
    Resume,
    Answer(String, Json),
}

type Ended = Result<Outcome<Value, Value>, RunError>;

impl<'c> Driven<'c> {
    fn new(case: &'c Case, input: &'c Value) -> Self {
        let flow = Flow { body: Arc::new(case.tree.clone()), world: Arc::default(), in_child: false };
        Self { case, input, flow, person: Person::default(), recorded: BTreeMap::new() }
    }

    fn workflow(&self, db: Option<Arc<dyn Db>>) -> Outer {
        let builder = p::Builder::<Outer>::default().store_events(true);
        let builder = match db {
            Some(db) => builder.db(db).durability(self.case.durability()),
            None => builder,
        };
        builder.build_with(self.flow.clone())
    }

    async fn to_its_end(mut self: &mut Self, looks: &Outer, open: Option<Open<'_>>) -> Result<Came, String> {
        let this = &mut self;
        let mut cuts = this.case.cuts.iter().copied();
        let (mut cut, mut deaths) = (0, 0);
        for legs in 0..LEGS {
            let run = looks.get_run(RUN).await.map_err(|error| error.to_string())?;
            if let Some(run) = &run {
                this.look_at(run)?;
            }
            let next = match run {
                None => Next::Run,
                Some(run) if run.status.is_terminal() => {
                    let effects = this.flow.world.effects().clone();
                    let sent_again = std::mem::take(&mut this.person.sent_again);
                    return Ok(Came { run, effects, legs, cuts: cut, deaths, sent_again });
                }
                Some(run) if run.status == Status::Paused => this.after_pause(&run, legs).await,
                Some(_) => Next::Resume,
            };
            let Some(open) = open else {
                expect_end(leg(looks, &next, this.input).await)?;
                continue;
            };
            let db = open().await;
            until_free(&db).await?;
            let planned = cuts.next().unwrap_or(Cut::Spares);
            let ended = this.leg_until(planned, db, &next).await;
            match (ended, planned) {
                (Some(ended), _) => expect_end(ended)?,
                (None, planned) => {
                    cut += 1;
                    deaths += u32::from(matches!(planned, Cut::Dies { .. }));
                }
            }
        }
        Err(format!("it did not end in {LEGS} legs"))
    }

    /// Runs a leg until its cut, if it gets so far.
    async fn leg_until(&self, cut: Cut, db: Arc<dyn Db>, next: &Next) -> Option<Ended> {
        match cut {
            Cut::Spares => Some(leg(&self.workflow(Some(db)), next, self.input).await),
            Cut::Drops { polls } => {
                let workflow = self.workflow(Some(db));
                let mut leg = leg(&workflow, next, self.input);
                let mut left = polls;
                std::future::poll_fn(move |cx| {
                    if left == 0 {
                        return Poll::Ready(None);
                    }
                    left -= 1;
                    leg.as_mut().poll(cx).map(Some)
                })
                .await
            }
            Cut::Dies { write, made } => {
                let dying = Doomed::new(db).at(write, made);
                let store: Arc<dyn Db> = Arc::new(dying.clone());
                let workflow = self.workflow(Some(store));
                tokio::select! {
                    biased;
                    () = dying.died() => None,
                    ended = leg(&workflow, next, self.input) => Some(ended),
                }
            }
        }
    }

    /// What is recorded has not run again since, and the events are whole.
    fn look_at(&mut self, run: &StoredRun) -> Result<(), String> {
        let effects = self.flow.world.effects();
        for (path, count) in &self.recorded {
            let now = effects.get(path).copied().unwrap_or_default();
            if now != *count {
                return Err(format!("`{path}` was recorded after {count} effects, and has {now}"));
            }
        }
        for step in run.steps.iter().filter(|step| matches!(step.outcome(), StepOutcome::Completed) && !step.is_container()) {
            let path = step.path();
            let count = effects.get(&path).copied().unwrap_or_default();
            self.recorded.entry(path).or_insert(count);
        }
        let events = run.events.as_deref().ok_or("its events are not there")?;
        if let Some((event, number)) = events.iter().zip(0..).find(|(event, number)| event.sequence != *number) {
            return Err(format!("event {number} is missing, before {}", event.sequence));
        }
        let extent = if run.status.is_terminal() { Extent::Whole } else { Extent::SoFar };
        grammar::check(events.iter().map(|event| &**event), extent)
    }

    /// What a person does about a run that is paused, or time.
    async fn after_pause(&mut self, run: &StoredRun, legs: u32) -> Next {
        let answered: Vec<_> = run.questions.iter().filter(|question| question.deadline.is_none()).collect();
        if answered.is_empty() {
            if !run.questions.is_empty() {
                tokio::time::sleep(Duration::from_secs(4_000)).await;
            }
            return Next::Resume;
        }
        let chosen = mix_number(self.case.person, legs.into()) % answered.len() as u64;
        let question = answered[usize::try_from(chosen).expect("few questions")];
        Next::Answer(question.path.clone(), self.person.answer(question))
    }
}

/// A leg whose process does not die ends as the run does, or in a pause.
fn expect_end(ended: Ended) -> Result<(), String> {
    match ended {
        Ok(_) | Err(RunError::Failed { .. }) => Ok(()),
        Err(error) => Err(format!("a leg ended in an error: {error:?}")),
    }
}

fn leg<'l>(workflow: &'l Outer, next: &'l Next, input: &Value) -> Pin<Box<dyn Future<Output = Ended> + Send + 'l>> {
    match next {
        Next::Run => Box::pin(workflow.run(input.clone()).run_id(RUN).session("session").outcome()),
        Next::Resume => Box::pin(workflow.resume(RUN).outcome()),
        Next::Answer(question, answer) => Box::pin(workflow.answer_json(RUN, question.clone(), answer.clone()).outcome()),
    }
}

/// A store with threads of its own needs a moment to let go of a run.
async fn until_free(db: &Arc<dyn Db>) -> Result<(), String> {
    for _ in 0..10_000 {
        if !db.is_owned(RUN).await.map_err(|error| error.to_string())? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("an owner that is gone has the run".to_owned())
}

/// Somebody who answers.
#[derive(Default)]
struct Person {
    /// What was decided about failures, by question: whoever is asked again says the same.
    given: BTreeMap<String, ErrorDecision>,
    /// How often each node has failed.
    failures: BTreeMap<String, u32>,
    sent_again: BTreeMap<String, u32>,
}

impl Person {
    fn answer(&mut self, question: &QuestionInfo) -> Json {
        if question.type_name != "ErrorDecision" {
            return json!(answer(&question.path));
        }
        let node = question.path.rsplit_once('/').map_or("", |(node, _)| node).to_owned();
        if question.text.contains("must run once") {
            *self.sent_again.entry(node).or_default() += 1;
            return json!(ErrorDecision::Retry);
        }
        let decided = self.given.entry(question.path.clone()).or_insert_with(|| {
            let number = self.failures.entry(node.clone()).or_default();
            *number += 1;
            decision(&node, *number)
        });
        json!(decided)
    }
}
