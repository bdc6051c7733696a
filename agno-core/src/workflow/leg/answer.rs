//! Answers to questions, and what time decides about them.

use std::sync::Arc;

use serde_json::Value;

use super::{
    begin::{Begin, again, extra_of, refuse_anothers},
    stored::adopt_waiting,
};
use crate::{
    db::{
        DbError,
        rows::{Record, RecordKind},
    },
    error::RunError,
    journal::{Content, Ended, Entry},
    run::{OpenQuestion, clock, path::plan_path},
    schema::{Violations, validate},
    workflow::{Runner, Status, Workflow, request::AboutLeg},
};

/// Writes an answer down, if the question is open and the answer fits it.
pub(super) async fn record_answer<W: Workflow>(
    runner: &Runner<W>,
    run_id: &str,
    question: &str,
    answer: Value,
    about: &AboutLeg<W>,
) -> Result<(), RunError> {
    let missing = || RunError::NotFound { run_id: run_id.to_owned() };
    adopt_waiting(runner, run_id).await?;
    let entry = runner.look(run_id, runner.user(), |row| {
        refuse_anothers(runner, row)?;
        // Who runs it has it already; who takes it on has to.
        if row.live.is_none() && row.status == Status::Paused {
            extra_of(row, about)?;
        }
        let open: Vec<_> = row.open_questions().into_iter().filter(|open| !open.is_due()).collect();
        let found = find_question(&open, question).cloned();
        let Some(open_question) = found else {
            let open = open.into_iter().map(|open| open.info).collect();
            return Err(RunError::UnknownQuestion { question: question.to_owned(), open, run: Box::new(row.partial()) });
        };
        let schema = schemars::Schema::try_from(open_question.info.schema.clone()).unwrap_or_default();
        if let Err(violations) = validate(&schema, &answer) {
            let question = open_question.info.path;
            return Err(RunError::InvalidAnswer { question, violations, run: Box::new(row.partial()) });
        }
        if let Some(codec) = open_question.codec
            && let Err(error) = (codec.from_json)(answer.clone())
        {
            let violations = Violations::one("", error.to_string());
            return Err(RunError::InvalidAnswer { question: open_question.info.path, violations, run: Box::new(row.partial()) });
        }
        let OpenQuestion { node, parent, mark, .. } = open_question;
        let started = row.nanos;
        let content = Content::Json(Arc::new(answer));
        let entry = Entry { parent, node, mark, content, started, duration: 0, attempts: 1, ended: Ended::Completed, detail: None };
        if row.info.is_stored {
            return Ok(entry);
        }
        row.append(vec![entry.clone()]);
        Ok(entry)
    });
    let entry = entry.await?.ok_or_else(missing)??;
    let is_stored = runner.look_here(run_id, |row| row.info.is_stored).unwrap_or(true);
    let Some(db) = runner.store().filter(|_| is_stored) else { return Ok(()) };
    let (question, content) = (entry.path(), entry.content.json().map_err(DbError::other)?);
    let about = serde_json::json!({ "at": entry.started });
    if !db.answer(run_id, Record { path: question.clone(), kind: RecordKind::Answer, about, content }).await? {
        let unknown = runner.look(run_id, runner.user(), |row| {
            let open = row.question_infos();
            RunError::UnknownQuestion { question, open, run: Box::new(row.partial()) }
        });
        return Err(unknown.await?.unwrap_or_else(missing));
    }
    // Should a leg of this process work on it, it sees the answer when it comes to the question.
    runner.look_here(run_id, |row| row.append(vec![entry]));
    Ok(())
}

/// The one open question that is meant: by path, by name, or by its place in the plan.
fn find_question<'q>(open: &'q [OpenQuestion], wanted: &str) -> Option<&'q OpenQuestion> {
    let only = |matches: &dyn Fn(&OpenQuestion) -> bool| {
        let mut found = open.iter().filter(|question| matches(question));
        found.next().filter(|_| found.next().is_none())
    };
    only(&|question| question.info.path == wanted)
        .or_else(|| only(&|question| question.info.name() == wanted))
        .or_else(|| only(&|question| plan_path(&question.info.path) == wanted))
}

/// Takes a run on whose question's time is over, so that who reads it sees what came of that.
pub(crate) async fn settle_due<W: Workflow>(runner: &Runner<W>, run_id: &str, about: &AboutLeg<W>) {
    let is_due = match runner.look_here(run_id, |row| row.status == Status::Paused && row.is_due()) {
        Some(is_due) => is_due,
        // Where it stands says so without its records.
        None => runner.stored_run(run_id, runner.user()).await.is_ok_and(|stored| {
            let standing = stored.map(|(_, run)| run.standing);
            standing.is_some_and(|standing| standing.status == Status::Paused && standing.due_at.is_some_and(|at| at <= clock::now()))
        }),
    };
    if is_due && let Ok(Begin::Leg(leg)) = again(runner, run_id, about).await {
        // What came of it is in the store.
        _ = leg.run().await;
    }
}
