//! [`Answers`]: answers that are given before the questions are asked.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::{
    error::RunError,
    run::{QuestionInfo, clock, path::plan_path},
    workflow::{AnswerTo, ExtraGiven, Outcome, RunBuilder, Workflow},
};

/// Answers that are given before the questions are asked: a run goes on by itself where it would have paused.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    given: Vec<(String, Value)>,
    /// Whether deadlines are waited for.
    waits: bool,
}

impl Answers {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a question whenever it is asked: by its path, its place in the plan, its name, or typed (`Name::questions().review`).
    ///
    /// # Panics
    /// The answer cannot be written as JSON.
    #[must_use]
    #[track_caller]
    pub fn answer<T: Serialize>(mut self, question: impl AnswerTo<T>, answer: T) -> Self {
        let question = question.path();
        let answer = serde_json::to_value(answer).unwrap_or_else(|error| panic!("the answer to `{question}` cannot be written: {error}"));
        self.given.push((question, answer));
        self
    }

    /// Waits for the deadline of a question that nothing here answers, and goes on with what it comes to then: its default, or a failure. With a paused clock
    /// that takes no time.
    #[must_use]
    pub fn wait_for_deadlines(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Runs to the end, or to a pause with questions that nothing here answers.
    ///
    /// # Errors
    /// As [`RunBuilder::outcome`].
    pub async fn run<W: Workflow, X: ExtraGiven<W>>(&self, run: RunBuilder<W, X>) -> Result<Outcome<W::Output, W::Input>, RunError> {
        let runner = run.runner.clone();
        let mut outcome = run.outcome().await?;
        loop {
            let Outcome::Paused(paused) = &outcome else { return Ok(outcome) };
            let answered = paused.questions().iter().find_map(|question| Some((question.path.clone(), self.to(question)?)));
            outcome = match (answered, self.left(paused.questions())) {
                (Some((path, answer)), _) => runner.answer_json(paused.run_id(), path, answer.clone()).outcome().await?,
                (None, Some(left)) => {
                    tokio::time::sleep(left).await;
                    runner.resume(paused.run_id()).outcome().await?
                }
                (None, None) => return Ok(outcome),
            };
        }
    }

    /// Time to the first deadline, if it is waited for, and a moment more, so that it is over then.
    fn left(&self, questions: &[QuestionInfo]) -> Option<Duration> {
        let first = questions.iter().filter_map(|question| question.deadline).min().filter(|_| self.waits)?;
        Some(Duration::try_from(first.duration_since(clock::now())).unwrap_or_default() + Duration::from_millis(1))
    }

    fn to(&self, question: &QuestionInfo) -> Option<&Value> {
        let is_meant = |wanted: &str| wanted == question.path || wanted == plan_path(&question.path) || wanted == question.name();
        self.given.iter().find(|(wanted, _)| is_meant(wanted)).map(|(_, answer)| answer)
    }
}
