//! How a new run begins.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Leg,
    begin::{Begin, again},
    guard::Guard,
    stored::stored_session,
};
use crate::{
    content::Kept,
    db::{Db, DbError, rows::StateWrite},
    desk::Row,
    durable::{Claimed, Outbox, definition, new_run},
    error::RunError,
    plan::Durability,
    run::{Before, ExtraPart, Run, RunInfo, SessionRef, StatePart},
    schema::Violations,
    session::Session,
    shared::Shared,
    workflow::{Drive, ExtraGiven, Runner, Workflow, request::About},
};

/// Prepares a new run, or the one that has its id.
pub(super) async fn start<W: Workflow, X: ExtraGiven<W>>(
    runner: Runner<W>,
    input: Arc<W::Input>,
    mut about: About<W>,
) -> Result<Begin<W>, RunError> {
    let kept = Kept::new(Arc::clone(&input), W::INPUT);
    if let Some(run_id) = &about.run_id
        && let Some(begin) = of_this_id(&runner, run_id, &kept, &about).await?
    {
        return Ok(begin);
    }
    let extra = match about.leg.extra.take() {
        Some(extra) => W::Extra::of(Some(extra)),
        None => X::first(),
    };
    let Some(extra) = extra else {
        return Err(RunError::Misuse { reason: "the run's additional data is not there; give it with `.extra(…)`".to_owned() });
    };
    let options = &runner.inner.options;
    let durability = about.leg.durability.unwrap_or(options.durability);
    let store = runner.store().filter(|_| durability != Durability::None).cloned();
    let stores_events = about.store_events.or(options.store_events).unwrap_or(about.leg.background);
    let (is_named, state) = (about.run_id.is_some(), about.state.take());
    let (is_background, debug) = (about.leg.background, about.leg.debug);
    let info = Arc::new(RunInfo { extra: extra.any(), is_stored: store.is_some(), ..info(&runner, about) });
    let session = open_session(&runner, store.as_deref(), &info).await?;
    let replace = |state| W::State::replace(&SessionRef(&session, &info.run_id), &options.first, state);
    // A store has it with the run, or not at all: until then it is this run's copy of the session that has it.
    let (replaced, state) = match (&store, state) {
        (Some(_), Some(state)) => {
            replace(state);
            (session.state_json(), None)
        }
        (_, state) => (None, state),
    };
    let drive = Arc::<Drive>::default();
    let outbox = match store {
        Some(db) => Some(Arc::new(outbox::<W>(db, &info, &kept, durability, stores_events)?)),
        None => None,
    };
    let before = Before { outbox: outbox.clone(), ..Before::default() };
    let run = Run::new(Arc::clone(&info), runner.desk().clone(), Arc::clone(&session), before, debug);
    if stores_events {
        let hub = run.listen();
        hub.open_log(Vec::new());
        if outbox.is_some() {
            hub.store();
        }
    }
    if let Some(outbox) = &outbox {
        runner.heed_cancels();
        let replaces = replaced.is_some();
        if let Some(value) = replaced {
            let (session_id, by) = (info.session_id.to_string(), info.run_id.to_string());
            outbox.put_state(StateWrite { session_id, key: String::new(), read: None, value, by });
        }
        // Whoever gets a handle may look for the run at once, of two that begin a run of one name only one may, and steps compare the state's version.
        if is_background || is_named || replaces {
            match outbox.flush(run.hub()).await {
                Err(DbError::Exists { run_id }) => return Err(just_begun(&runner, &run_id).await),
                flushed => flushed?,
            }
        }
        if replaces {
            renew(outbox, &session).await;
        }
    }
    let mut row = Row::new(Arc::clone(&info), kept);
    let mut guard = Guard::new(&runner, &run, &drive, &mut row);
    if !runner.desk().insert(row) {
        // Somebody else was faster with the same id: that row is not this guard's.
        guard.forget();
        return Err(just_begun(&runner, &info.run_id).await);
    }
    if let Some(state) = state {
        replace(state);
    }
    Ok(Begin::Leg(Box::new(Leg { runner, run, input: Shared::from(input), extra, first: true, drive, guard })))
}

/// The run that has the id already, if there is one and it is what is asked for.
async fn of_this_id<W: Workflow>(runner: &Runner<W>, run_id: &str, input: &Kept, about: &About<W>) -> Result<Option<Begin<W>>, RunError> {
    let differs = runner.look(run_id, None, |row| sees(runner, row).then(|| difference(runner, row, input, about))).await?;
    match differs {
        None => Ok(None),
        Some(None) => Err(anothers(run_id)),
        Some(Some(None)) => again(runner, run_id, &about.leg).await.map(Some),
        Some(Some(Some(reason))) => Err(conflict(runner, run_id, reason).await),
    }
}

/// Why a run is not the one that is asked for.
fn difference<W: Workflow>(runner: &Runner<W>, row: &Row, input: &Kept, about: &About<W>) -> Option<String> {
    let (theirs, session_id) = (&row.info.workflow_id, &row.info.session_id);
    if *theirs != runner.id() {
        return Some(format!("there is a run of this id, of the workflow `{theirs}`; choose another id"));
    }
    if about.session_id.as_ref().is_some_and(|wanted| **wanted != **session_id) {
        return Some(format!("there is a run of this id, in session `{session_id}`; choose another id, or `resume` it"));
    }
    let is_same = matches!((row.input.json(), input.json()), (Ok(theirs), Ok(ours)) if theirs == ours);
    (!is_same).then(|| "there is a run of this id with another input; choose another id, or `resume` it".to_owned())
}

/// What a run is begun with. What only its caller knows is left out.
fn info<W: Workflow>(runner: &Runner<W>, about: About<W>) -> RunInfo {
    let id = || Arc::from(Uuid::now_v7().to_string());
    let options = &runner.inner.options;
    RunInfo {
        run_id: about.run_id.map_or_else(id, Arc::from),
        own_session: about.session_id.is_none(),
        session_id: about.session_id.map_or_else(id, Arc::from),
        user_id: runner.user_id.clone(),
        workflow: runner.name(),
        workflow_id: runner.id(),
        plan: W::PLAN,
        created_at: Timestamp::now(),
        metadata: about.metadata,
        additional_data: about.additional_data,
        media: about.media,
        extra: None,
        skip_events: options.skip_events.clone(),
        retry_on_conflict: options.retry_on_conflict,
        history: options.history,
        is_stored: false,
        #[cfg(feature = "testing")]
        testing: about.leg.testing.unwrap_or_default(),
    }
}

/// The session of a run, which begins now if there is none.
async fn open_session<W: Workflow>(runner: &Runner<W>, db: Option<&dyn Db>, info: &RunInfo) -> Result<Arc<Session>, RunError> {
    let (session_id, user_id) = (&info.session_id, info.user_id.as_ref());
    let session = match db {
        Some(_) if info.own_session => Some(Arc::new(Session::new(Arc::clone(session_id), user_id.cloned()))),
        Some(db) => stored_session(db, session_id, user_id).await?,
        None => runner.desk().open_session(session_id, user_id),
    };
    session.ok_or_else(|| RunError::Misuse { reason: format!("session `{session_id}` belongs to another user; choose another session") })
}

/// What is to be stored of a run that begins.
fn outbox<W: Workflow>(
    db: Arc<dyn Db>,
    info: &RunInfo,
    input: &Kept,
    durability: Durability,
    stores_events: bool,
) -> Result<Outbox, RunError> {
    let input = input.json().map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
    let mut media = Vec::new();
    let new = new_run(info, input, stores_events, definition::<W>(), &mut media).map_err(DbError::other)?;
    let outbox = Outbox::new(db, Arc::clone(&info.run_id), 1, durability, stores_events, Some(Box::new(new)));
    outbox.put_media(media);
    Ok(outbox)
}

/// Reads the states of a session anew, whose versions are others if somebody has written them since they were read. If they cannot be read, the first step
/// that writes one finds out.
async fn renew(outbox: &Arc<Outbox>, session: &Session) {
    let claimed = Claimed::new(Arc::clone(outbox), None);
    if let Ok(states) = outbox.db.states(&session.id).await {
        session.put_states(states);
    }
    claimed.handed_on();
}

/// Whether a run is one of the runner's user.
fn sees<W: Workflow>(runner: &Runner<W>, row: &Row) -> bool {
    runner.user().is_none_or(|user| row.info.user_id.as_deref() == Some(user))
}

/// Says nothing of the run but that its id is taken.
fn anothers(run_id: &str) -> RunError {
    RunError::Misuse { reason: format!("run `{run_id}` belongs to another user; choose another id") }
}

async fn just_begun<W: Workflow>(runner: &Runner<W>, run_id: &str) -> RunError {
    conflict(runner, run_id, "another run of this id has just begun".to_owned()).await
}

async fn conflict<W: Workflow>(runner: &Runner<W>, run_id: &str, reason: String) -> RunError {
    match runner.look(run_id, None, |row| sees(runner, row).then(|| Box::new(row.partial()))).await {
        Ok(Some(Some(run))) => RunError::Conflict { reason, run },
        Ok(Some(None)) => anothers(run_id),
        Ok(None) => RunError::NotFound { run_id: run_id.to_owned() },
        Err(error) => error,
    }
}
