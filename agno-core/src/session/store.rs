//! Reading and changing sessions and runs from outside of runs.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    db::{
        Db, Store,
        rows::{Prune, RunFilter, RunRow, SessionFilter, SessionRow},
    },
    desk::Desk,
    durable::Reading,
    error::{Error, Result, RunError},
    run::QuestionInfo,
    workflow::{Metrics, Status, StoredRun, kept::load},
};

/// A session, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: String,
    /// The user whose it is.
    pub user_id: Option<String>,
    /// The id of the workflow whose run it began with.
    pub workflow_id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<SessionRow> for SessionInfo {
    fn from(row: SessionRow) -> Self {
        let SessionRow { id, user_id, workflow_id, name, created_at } = row;
        Self { id, user_id, workflow_id, name, created_at }
    }
}

/// A question of a run that waits for its answer.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct OpenQuestion {
    /// The run.
    pub run_id: String,
    /// Its session.
    pub session_id: String,
    /// The workflow's id.
    pub workflow_id: String,
    /// The question: what `answer` takes, the form, the deadline.
    #[serde(flatten)]
    pub question: QuestionInfo,
}

/// The sessions and runs of a store. As a view of one user it sees that user's only.
#[derive(Clone, Debug)]
pub struct Sessions {
    desk: Desk,
    store: Option<Arc<dyn Db>>,
    user_id: Option<Arc<str>>,
}

impl Sessions {
    pub(crate) fn new(desk: Desk, store: Option<Arc<dyn Db>>, user_id: Option<Arc<str>>) -> Self {
        Self { desk, store, user_id }
    }

    /// The sessions of a store, without a workflow.
    pub fn of(db: impl Into<Store>) -> Self {
        Self::new(Desk::default(), Some(db.into().0), None)
    }

    /// The same, as a user sees them.
    #[must_use]
    pub fn as_user(&self, user_id: impl Into<String>) -> Self {
        Self { user_id: Some(Arc::from(user_id.into())), ..self.clone() }
    }

    fn user(&self) -> Option<String> {
        self.user_id.as_deref().map(str::to_owned)
    }

    fn sees(&self, user_id: Option<&str>) -> bool {
        self.user_id.is_none() || self.user_id.as_deref() == user_id
    }

    pub(super) fn here(&self, session_id: &str) -> Option<Arc<super::Session>> {
        self.desk.session(session_id).filter(|session| self.sees(session.user_id.as_deref()))
    }

    /// The session in the store, if this user has it.
    pub(super) async fn stored(&self, session_id: &str) -> Result<Option<(&Arc<dyn Db>, SessionRow)>> {
        let Some(db) = &self.store else { return Ok(None) };
        let row = db.session(session_id).await?.filter(|row| self.sees(row.user_id.as_deref()));
        Ok(row.map(|row| (db, row)))
    }

    /// A session, if there is one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get(&self, session_id: impl Into<String>) -> Result<Option<SessionInfo>> {
        let session_id = session_id.into();
        if let Some((_, row)) = self.stored(&session_id).await? {
            return Ok(Some(row.into()));
        }
        Ok(self.here(&session_id).map(|session| session.info()))
    }

    /// Makes a session before its first run. `false`: there is one of this id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn create(&self, session_id: impl Into<String>) -> Result<bool> {
        let session_id = session_id.into();
        let Some(db) = &self.store else {
            let is_new = self.desk.session(&session_id).is_none();
            _ = self.desk.open_session(&Arc::from(session_id), self.user_id.as_ref());
            return Ok(is_new);
        };
        let row = SessionRow { id: session_id, user_id: self.user(), workflow_id: None, name: None, created_at: db.now() };
        Ok(db.create_session(row).await?)
    }

    /// All sessions, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<SessionInfo>> {
        self.page(SessionFilter::default()).await
    }

    /// Some sessions: of a user, of a workflow, of a time; page by page with `after` and `limit`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn page(&self, filter: SessionFilter) -> Result<Vec<SessionInfo>> {
        let filter = SessionFilter { user_id: self.user().or(filter.user_id), ..filter };
        if let Some(db) = &self.store {
            return Ok(db.sessions(filter).await?.into_iter().map(SessionInfo::from).collect());
        }
        let sessions = self.desk.sessions_of(filter.user_id.as_deref());
        let mut sessions: Vec<_> = sessions.iter().map(|session| session.info()).filter(|session| passes(&filter, session)).collect();
        sessions.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        if filter.newest_first {
            sessions.reverse();
        }
        sessions.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(sessions)
    }

    /// Gives a session a name; `false` if there is none of this id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn rename(&self, session_id: impl Into<String>, name: impl Into<String>) -> Result<bool> {
        let (session_id, name) = (session_id.into(), name.into());
        if let Some((db, _)) = self.stored(&session_id).await? {
            return Ok(db.rename_session(&session_id, &name).await?);
        }
        let Some(session) = self.here(&session_id) else { return Ok(false) };
        session.rename(name);
        Ok(true)
    }

    /// Deletes a session with its runs; `false` if there is none of this id.
    ///
    /// # Errors
    /// One of its runs is worked on; the store failed.
    pub async fn delete(&self, session_id: impl Into<String>) -> Result<bool> {
        let session_id = session_id.into();
        if let Some((db, _)) = self.stored(&session_id).await? {
            let runs = RunFilter { session_id: Some(session_id.clone()), status: vec![Status::Running], ..RunFilter::default() };
            for run in db.runs(runs).await? {
                refuse_owned(&**db, &run.run_id).await?;
            }
            return Ok(db.delete_session(&session_id).await?);
        }
        let Some(session) = self.here(&session_id) else { return Ok(false) };
        self.desk.delete_session(&session.id);
        Ok(true)
    }

    /// What the session's runs took together.
    ///
    /// # Errors
    /// The store failed.
    pub async fn metrics(&self, session_id: impl Into<String>) -> Result<Metrics> {
        let filter = RunFilter { session_id: Some(session_id.into()), user_id: self.user(), ..RunFilter::default() };
        let mut sum = Metrics::default();
        let Some(db) = &self.store else {
            self.desk.runs(&filter).iter().for_each(|run| sum.add(&run.metrics));
            return Ok(sum);
        };
        for run in db.runs(filter).await? {
            // Events say nothing that records do not.
            let run = RunRow { stores_events: false, ..run };
            sum.add(&load(&**db, run, Reading::UNKNOWN).await?.metrics());
        }
        Ok(sum)
    }

    /// The ids of the session's runs, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn run_ids(&self, session_id: impl Into<String>) -> Result<Vec<String>> {
        let session_id = session_id.into();
        if let Some((db, _)) = self.stored(&session_id).await? {
            let runs = db.runs(RunFilter { session_id: Some(session_id), user_id: self.user(), ..RunFilter::default() }).await?;
            return Ok(runs.into_iter().map(|run| run.run_id).collect());
        }
        let runs = self.here(&session_id).map(|session| session.runs()).unwrap_or_default();
        let is_seen = |run_id: &&Arc<str>| self.desk.with(run_id, self.user_id.as_deref(), |_| ()).is_some();
        Ok(runs.iter().filter(is_seen).map(|run_id| run_id.to_string()).collect())
    }

    /// The session's runs, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn runs(&self, session_id: impl Into<String>) -> Result<Vec<StoredRun>> {
        self.runs_page(RunFilter { session_id: Some(session_id.into()), ..RunFilter::default() }).await
    }

    /// Some runs: of a session, of a workflow, in some state, of a time; page by page with `after` and `limit`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn runs_page(&self, filter: RunFilter) -> Result<Vec<StoredRun>> {
        let filter = RunFilter { user_id: self.user().or(filter.user_id), ..filter };
        let Some(db) = &self.store else { return Ok(self.desk.runs(&filter)) };
        let mut runs = Vec::new();
        for run in db.runs(filter).await? {
            runs.push(StoredRun::new(&load(&**db, run, Reading::UNKNOWN).await?));
        }
        Ok(runs)
    }

    /// The open questions of some runs. The filter's limit counts runs that have one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn questions(&self, filter: RunFilter) -> Result<Vec<OpenQuestion>> {
        // A run that has ended asks nobody, and most have.
        let status = if filter.status.is_empty() { vec![Status::Running, Status::Paused] } else { filter.status };
        let filter = RunFilter { user_id: self.user().or(filter.user_id), status, ..filter };
        let Some(db) = &self.store else {
            let limit = filter.limit.unwrap_or(usize::MAX);
            let runs = self.desk.runs(&RunFilter { limit: None, ..filter });
            let questions = runs.into_iter().filter(|run| !run.questions.is_empty()).take(limit).flat_map(|run| {
                let (run_id, session_id, workflow_id) = (run.run_id.to_string(), run.session_id.to_string(), run.workflow_id.to_string());
                run.questions.into_iter().map(move |question| OpenQuestion {
                    run_id: run_id.clone(),
                    session_id: session_id.clone(),
                    workflow_id: workflow_id.clone(),
                    question,
                })
            });
            return Ok(questions.collect());
        };
        let mut questions = Vec::new();
        for (run, record) in db.questions(filter).await? {
            let question = serde_json::from_value(record.about)?;
            questions.push(OpenQuestion { run_id: run.run_id, session_id: run.session_id, workflow_id: run.workflow_id, question });
        }
        Ok(questions)
    }

    /// Deletes a run that no process works on. `false`: there is none of this id.
    ///
    /// # Errors
    /// It runs; the store failed.
    pub async fn delete_run(&self, run_id: impl Into<String>) -> Result<bool> {
        let run_id = run_id.into();
        if let Some(db) = &self.store {
            let Some(run) = db.run(&run_id).await?.filter(|run| self.sees(run.user_id.as_deref())) else { return Ok(false) };
            if run.standing.status == Status::Running {
                refuse_owned(&**db, &run_id).await?;
            }
            return Ok(db.delete_run(&run_id).await?);
        }
        self.desk.delete_run(&run_id, self.user_id.as_deref()).ok_or_else(|| runs(&run_id))
    }

    /// Deletes finished runs by age and number. How many there were.
    ///
    /// # Errors
    /// This is a user's view; the store failed.
    pub async fn prune(&self, prune: Prune) -> Result<u64> {
        if let Some(user) = &self.user_id {
            let reason = format!("this is user `{user}`'s view, which deletes no runs of others; prune from the program's own");
            return Err(RunError::Misuse { reason }.into());
        }
        match &self.store {
            Some(db) => Ok(db.prune(prune).await?),
            None => Ok(self.desk.prune(&prune)),
        }
    }
}

/// Says that a run cannot be deleted now.
fn runs(run_id: &str) -> Error {
    RunError::Misuse { reason: format!("run `{run_id}` runs; cancel it before you delete it") }.into()
}

fn passes(filter: &SessionFilter, session: &SessionInfo) -> bool {
    let key = (session.created_at, session.id.clone());
    filter.workflow_id.as_ref().is_none_or(|id| session.workflow_id.as_ref() == Some(id))
        && filter.since.is_none_or(|since| session.created_at >= since)
        && filter.before.is_none_or(|before| session.created_at < before)
        && filter.after.as_ref().is_none_or(|after| if filter.newest_first { key < *after } else { key > *after })
}

impl super::Session {
    fn info(&self) -> SessionInfo {
        SessionInfo {
            id: self.id.to_string(),
            user_id: self.user_id.as_deref().map(str::to_owned),
            workflow_id: self.workflow_id(),
            name: self.name(),
            created_at: self.created_at,
        }
    }
}

/// Refuses a run that somebody works on.
async fn refuse_owned(db: &dyn Db, run_id: &str) -> Result<()> {
    match db.is_owned(run_id).await? {
        true => Err(runs(run_id)),
        false => Ok(()),
    }
}
