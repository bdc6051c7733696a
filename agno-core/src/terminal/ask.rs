//! Open questions, asked in place.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    form::{Form, Given},
    prompt::Prompter,
    text::{DIM, Line, PLAIN, STRONG, WARN},
};
use crate::{
    error::RunError,
    run::{QuestionInfo, clock},
    workflow::{PausedRun, RunBuilder, Runner, WithExtra, Workflow},
};

/// Asks the first of the open questions, and gives the run that goes on with the answer; what else is open it asks for again.
/// `None`: nobody answers, and the run stays as it is.
pub(super) async fn answer<W: Workflow>(
    runner: &Runner<W>,
    paused: &PausedRun,
    prompter: &mut impl Prompter,
) -> Option<RunBuilder<W, WithExtra>> {
    let QuestionInfo { path, deadline, .. } = paused.questions().first()?;
    let asked = ask(paused.questions().first()?, prompter);
    let given = match deadline.map(left_until) {
        Some(left) => tokio::time::timeout(left, asked).await,
        None => Ok(asked.await),
    };
    match given {
        Ok(Given::Value(value)) => Some(runner.answer_json(paused.run_id(), path, value)),
        Ok(Given::Nothing | Given::End) => None,
        Err(_) => {
            prompter.settle().await;
            prompter.say(&[Line::styled("the time to answer is over", WARN)]);
            Some(runner.resume(paused.run_id()))
        }
    }
}

async fn ask(question: &QuestionInfo, prompter: &mut impl Prompter) -> Given {
    let QuestionInfo { path, text, schema, type_name, deadline, .. } = question;
    let mut line = Line::styled("? ", WARN).with(text, STRONG).with(&format!("  {path} ({type_name})"), DIM);
    if let Some(deadline) = deadline {
        line.push(&format!("  until {deadline}"), DIM);
    }
    prompter.say(&[line]);
    // An `Option` may be answered with nothing, which is `null`.
    match Form::new(prompter, schema).ask("answer").await {
        Given::Nothing => Given::Value(Value::Null),
        other => other,
    }
}

/// Time to a deadline, and a moment more, so that it is over then.
fn left_until(deadline: Timestamp) -> Duration {
    Duration::try_from(deadline.duration_since(clock::now())).unwrap_or_default() + Duration::from_millis(1)
}

/// Whether a failed call may be followed by a better answer, which is then asked for. Says what was wrong.
pub(super) fn may_answer_again(error: &RunError, prompter: &mut impl Prompter) -> Option<String> {
    match error {
        RunError::InvalidAnswer { violations, run, .. } => {
            Form::new(prompter, &Value::Null).complain("", violations);
            Some(run.run_id.to_string())
        }
        // Somebody else has answered, or time has.
        RunError::UnknownQuestion { run, .. } => {
            prompter.say(&[Line::styled(&error.to_string(), PLAIN)]);
            Some(run.run_id.to_string())
        }
        _ => None,
    }
}
