//! Runs that begin with what another one has recorded: `retry_from` and `fork`.

use std::{collections::HashSet, fmt::Display, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    db::{
        Db, DbError,
        rows::{Commit, NewRun, Record, RecordKind, RunRow, Standing},
    },
    durable::{Nodes, digests},
    error::RunError,
    journal::{Ended, is_within},
    schema::validate,
    workflow::{Runner, Workflow, request::Changed},
};

/// What is said of the new run.
pub(super) struct Copied {
    pub(super) run_id: Option<String>,
    pub(super) store_events: Option<bool>,
    pub(super) background: bool,
}

/// Stores a run that has recorded what another one had before a node, and gives its id. `change`: with the node's own record too, its value changed.
pub(super) async fn copy<W: Workflow>(
    runner: &Runner<W>,
    run_id: &str,
    path: &str,
    change: Option<Changed>,
    new: Copied,
) -> Result<String, RunError> {
    let Some(db) = runner.store() else {
        let reason = "only a run that a store keeps can be begun again from one of its nodes; give the workflow a `.db(…)`".to_owned();
        return Err(RunError::Misuse { reason });
    };
    let Some((_, run)) = runner.stored_run(run_id, runner.user()).await? else {
        return Err(RunError::NotFound { run_id: run_id.to_owned() });
    };
    if *run.workflow_id != *runner.id() {
        let reason = format!("run `{run_id}` is a run of the workflow `{}`, not of `{}`", run.workflow_id, runner.id());
        return Err(RunError::Misuse { reason });
    }
    let nodes = Nodes::new(W::PLAN);
    let records = as_new(&nodes, db.records(run_id).await?)?;
    let Some(mut records) = before(&nodes, records, path) else {
        let reason = format!("run `{run_id}` has recorded nothing at `{path}`; `get_run` has the paths of its steps");
        return Err(RunError::Misuse { reason });
    };
    if let Some(change) = change {
        if records.own.kind == RecordKind::Answer && nodes.schema_of(&records.own).is_none() {
            let reason = format!("`{path}` is a decision about a failure; fork at the node that failed");
            return Err(RunError::Misuse { reason });
        }
        if nodes.is_of_others(&records.own) {
            let reason =
                format!("`{path}` is made of other nodes, whose values it has; fork at the last of them, or at the node that follows");
            return Err(RunError::Misuse { reason });
        }
        let value = records.own.content.take().unwrap_or_default();
        let refused = |reason: &dyn Display| RunError::Misuse {
            reason: format!("the value at `{path}` of run `{run_id}` cannot be changed so: {reason}"),
        };
        let content = change(value).map_err(|error| refused(&error))?;
        if let Some(schema) = nodes.schema_of(&records.own) {
            validate(&schema, &content).map_err(|violations| refused(&violations))?;
        }
        records.own.content = Some(content);
        complete(&mut records.own);
        records.kept.push(records.own);
    }
    let run_id = new.run_id.unwrap_or_else(|| Uuid::now_v7().to_string());
    let stores_events = new.store_events.unwrap_or(run.stores_events || new.background);
    let new = RunRow { run_id, stores_events, ..run.clone() };
    store(&**db, &run.run_id, new, records.kept).await.map_err(|error| match error {
        DbError::Exists { .. } => RunError::Misuse { reason: error.to_string() },
        error => error.into(),
    })
}

/// A node whose value is given has completed, whatever it did: a person may have found out what a step has done that failed, or was cut.
fn complete(record: &mut Record) {
    if let (RecordKind::Node, Some(about)) = (record.kind, record.about.as_object_mut()) {
        about.insert("ended".to_owned(), json!(Ended::Completed));
        about.remove("error");
    }
}

struct Before {
    kept: Vec<Record>,
    /// The record of the node itself: its value, or the answer to it.
    own: Record,
}

/// The records of a run as those of another one, which has said nothing yet: what waits in the old one waits anew, and what must run once and was cut is asked
/// about.
fn as_new(nodes: &Nodes, records: Vec<Record>) -> Result<Vec<Record>, DbError> {
    let ended: HashSet<String> =
        records.iter().filter(|record| record.kind == RecordKind::Node).map(|record| record.path.clone()).collect();
    let mut new = Vec::with_capacity(records.len());
    for mut record in records {
        match record.kind {
            RecordKind::Node => {
                if let Some(about) = record.about.as_object_mut() {
                    about.insert("sequence".to_owned(), json!(0));
                }
            }
            RecordKind::Begun if !ended.contains(&record.path) => record = nodes.recorded_doubt(&record)?,
            RecordKind::Question | RecordKind::Wake | RecordKind::Begun | RecordKind::Failed => continue,
            RecordKind::Answer | RecordKind::Call | RecordKind::Asked => {}
        }
        new.push(record);
    }
    Ok(new)
}

/// The records before that of a node, and those of branches beside it. What is recorded later may depend on it, and what is round it does; what is in it is
/// its own.
fn before(nodes: &Nodes, records: Vec<Record>, path: &str) -> Option<Before> {
    let is_own = |record: &Record| record.path == path && matches!(record.kind, RecordKind::Node | RecordKind::Answer);
    let place = records.iter().position(is_own)?;
    let mut kept = records;
    let later = kept.split_off(place);
    let mut later = later.into_iter();
    let own = later.next()?;
    kept.retain(|record| !is_within(&record.path, path));
    kept.extend(later.filter(|record| nodes.are_beside(&record.path, path)));
    Some(Before { kept, own })
}

/// Takes a run away that was made of another and did not begin.
pub(super) async fn delete_copy<W: Workflow>(runner: &Runner<W>, run_id: &str) {
    if let Some(db) = runner.store()
        && let Err(error) = db.delete_run(run_id).await
    {
        tracing::warn!(run_id, %error, "a run that was made of another and did not begin stays");
    }
}

async fn store(db: &dyn Db, old: &str, run: RunRow, records: Vec<Record>) -> Result<String, DbError> {
    let session = db.session(&run.session_id).await?.ok_or_else(|| DbError::Missing { id: run.session_id.clone() })?;
    let definition = db.definition(&run.fingerprint).await?.unwrap_or_else(|| Arc::new(Value::Null));
    let mut media = db.media(old).await?;
    let named = digests(&run.given, &records);
    media.retain(|media| named.contains(&*media.digest));
    let now = db.now();
    let run_id = run.run_id.clone();
    let run = RunRow { own_session: false, created_at: now, standing: Standing::begun(now), owner: None, fence: 1, cancel: false, ..run };
    let begin = Some(Box::new(NewRun { run, session, definition }));
    let commit = Commit { begin, records, media, release: true, ..Commit::new(Arc::from(run_id.as_str()), 1) };
    db.commit(commit).await?;
    Ok(run_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::kept::UNKNOWN;

    fn node(path: &str) -> Record {
        Record { path: path.to_owned(), kind: RecordKind::Node, about: Value::Null, content: None }
    }

    #[test]
    fn what_is_before_is_kept() {
        let nodes = Nodes::new(&UNKNOWN);
        let records = ["split", "loop[0]/a", "loop[0]/b", "loop[0]", "plan/x#0", "plan", "end"].map(node).to_vec();
        let paths = |path| {
            before(&nodes, records.clone(), path).map(|before| before.kept.into_iter().map(|record| record.path).collect::<Vec<_>>())
        };
        assert_eq!(paths("loop[0]/b").as_deref(), Some(&["split", "loop[0]/a"].map(str::to_owned)[..]));
        assert_eq!(paths("plan").map(|paths| paths.len()), Some(4), "its children are its own");
        assert_eq!(paths("plan/x#0").map(|paths| paths.len()), Some(4));
        assert_eq!(paths("nowhere"), None);
    }
}
