//! Whether this build can go on with the runs of a store.

use serde::{Deserialize, Serialize};

use super::{Adoption, Current, Refusal};
use crate::{
    db::{
        Db, DbError,
        rows::{RunFilter, RunRow},
    },
    workflow::Status,
};

/// How many runs are read at once.
const RUNS_AT_ONCE: usize = 256;

/// What becomes of an open run under the workflow's definition of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DefinitionCheck {
    /// The run.
    pub run_id: String,
    /// Where it stands.
    pub status: Status,
    /// What becomes of it.
    pub verdict: DefinitionVerdict,
}

/// Whether a run can go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DefinitionVerdict {
    /// It goes on: nothing has changed that it has recorded.
    Continues,
    /// It goes on, and when it does what it has recorded is rewritten.
    Adapts {
        /// Paths that change by `#[was("…")]`, as they are and as they will be.
        renamed: Vec<(String, String)>,
        /// Paths whose values are converted by `migrate`.
        migrated: Vec<String>,
    },
    /// It cannot go on: [`RunError::DefinitionChanged`](crate::RunError::DefinitionChanged).
    Refused {
        /// Where.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
}

impl DefinitionVerdict {
    /// Whether the run goes on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

/// Looks at every open run that the filter lets through.
pub(crate) async fn check(db: &dyn Db, filter: RunFilter, current: &'static Current) -> Result<Vec<DefinitionCheck>, DbError> {
    let status = vec![Status::Pending, Status::Running, Status::Paused, Status::Failed];
    let mut filter = RunFilter { status, limit: Some(RUNS_AT_ONCE), ..filter };
    let mut checks = Vec::new();
    loop {
        let runs = db.runs(filter.clone()).await?;
        let Some(last) = runs.last() else { return Ok(checks) };
        filter.after = Some((last.created_at, last.run_id.clone()));
        for run in runs {
            checks.extend(look(db, run, current).await?);
        }
    }
}

async fn look(db: &dyn Db, run: RunRow, current: &'static Current) -> Result<Option<DefinitionCheck>, DbError> {
    let verdict = if run.fingerprint == current.fingerprint {
        DefinitionVerdict::Continues
    } else {
        let judged = match Adoption::judge(db, &run.run_id, current).await {
            // It stops its own run alone.
            Err(DbError::Corrupt { place, reason }) => {
                let reason = format!("what is stored in {place} cannot be read: {reason}");
                Some(Err(Refusal { path: String::new(), reason }))
            }
            judged => judged?,
        };
        match judged {
            // It was deleted meanwhile.
            None => return Ok(None),
            Some(Err(Refusal { path, reason })) => DefinitionVerdict::Refused { path, reason },
            Some(Ok(adoption)) => match (adoption.renamed(), adoption.migrated()) {
                (renamed, migrated) if renamed.is_empty() && migrated.is_empty() => DefinitionVerdict::Continues,
                (renamed, migrated) => DefinitionVerdict::Adapts { renamed, migrated },
            },
        }
    };
    Ok(Some(DefinitionCheck { run_id: run.run_id, status: run.standing.status, verdict }))
}
