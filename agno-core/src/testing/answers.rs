//! [`Answers`]: answers that are given before the questions are asked.

use serde::Serialize;
use serde_json::Value;

use crate::{
    error::RunError,
    run::{QuestionInfo, path::plan_path},
    workflow::{AnswerTo, ExtraGiven, Outcome, RunBuilder, Workflow},
};

/// Answers that are given before the questions are asked: a run goes on by itself where it would have paused.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    given: Vec<(String, Value)>,
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
            let Some((path, answer)) = answered else { return Ok(outcome) };
            outcome = runner.answer_json(paused.run_id(), path, answer.clone()).outcome().await?;
        }
    }

    fn to(&self, question: &QuestionInfo) -> Option<&Value> {
        let is_meant = |wanted: &str| wanted == question.path || wanted == plan_path(&question.path) || wanted == question.name();
        self.given.iter().find(|(wanted, _)| is_meant(wanted)).map(|(_, answer)| answer)
    }
}
