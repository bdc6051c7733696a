//! How a leg begins: a new run, or one that is taken on.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Leg,
    answer::record_answer,
    copy::copy,
    guard::Guard,
    stored::{stored_session, take_on},
};
use crate::{
    content::Kept,
    db::{DbError, rows::StateWrite},
    desk::{Live, Row},
    durable::{Claimed, Outbox, definition, new_run},
    error::RunError,
    journal::Replay,
    plan::Durability,
    run::{Before, ExtraPart, Run, RunInfo, SessionRef, StatePart},
    schema::{Violations, validate},
    session::Session,
    shared::Shared,
    workflow::{
        Drive, ExtraGiven, RunBuilder, Runner, Status, Workflow,
        request::{About, Request},
    },
};

/// What a request comes to before anything runs.
pub(crate) enum Begin<W: Workflow> {
    /// A leg is to run. In a box: futures that hold it are kept as long as the run is in flight.
    Leg(Box<Leg<W>>),
    /// Another leg of the run is under way: its end is this request's too.
    Wait(Live, Arc<str>),
    /// Another process works on the run.
    Elsewhere(Arc<str>),
    /// The run has ended, or waits.
    Ended(Arc<str>),
}

/// Prepares what is asked for. The run is recorded when this returns.
pub(crate) async fn begin<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<Begin<W>, RunError> {
    let RunBuilder { runner, request, about, .. } = builder;
    let about = about.unwrap_or_default();
    if let (Some(own), Some(other)) = (runner.user(), &about.user_id)
        && own != other
    {
        let reason = format!("this is user `{own}`'s view of the workflow, which runs nothing for user `{other}`; use the workflow itself");
        return Err(RunError::Misuse { reason });
    }
    // Whoever runs something for a user sees what that user sees.
    let runner = match &about.user_id {
        Some(user) => runner.as_user(user.clone()),
        None => runner,
    };
    match request {
        Request::Refused { reason } => Err(RunError::Misuse { reason }),
        Request::Start(input) => {
            runner.check(&input).map_err(RunError::InvalidInput)?;
            start::<W, X>(runner, input, *about).await
        }
        Request::StartJson(json) => {
            validate(&W::INPUT.schema(), &json).map_err(RunError::InvalidInput)?;
            let input = W::INPUT.read(json).map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
            start::<W, X>(runner, input, *about).await
        }
        Request::Resume { run_id } => again(&runner, &run_id, &about).await,
        Request::From { run_id, path, change } => {
            let copied = copy(&runner, &run_id, &path, change).await?;
            again(&runner, &copied, &about).await
        }
        Request::Answer { run_id, question, answer } => {
            record_answer(&runner, &run_id, &question, answer).await?;
            again(&runner, &run_id, &about).await
        }
    }
}

async fn start<W: Workflow, X: ExtraGiven<W>>(runner: Runner<W>, input: Arc<W::Input>, about: About<W>) -> Result<Begin<W>, RunError> {
    let kept = Kept::new(Arc::clone(&input), W::INPUT);
    if let Some(run_id) = &about.run_id
        && let Some(same) = runner.look(run_id, None, |row| sees(&runner, row).then(|| is_same(&row.input, &kept))).await?
    {
        return match same {
            Some(true) => again(&runner, run_id, &about).await,
            Some(false) => {
                let reason = "there is a run of this id with another input; choose another id, or `resume` it".to_owned();
                Err(conflict(&runner, run_id, reason).await)
            }
            None => Err(anothers(run_id)),
        };
    }
    let id = || Arc::from(Uuid::now_v7().to_string());
    let is_named = about.run_id.is_some();
    let run_id: Arc<str> = about.run_id.map_or_else(id, Arc::from);
    let own_session = about.session_id.is_none();
    let session_id: Arc<str> = about.session_id.map_or_else(id, Arc::from);
    let user_id = runner.user_id.clone();
    let options = &runner.inner.options;
    let durability = about.durability.unwrap_or(options.durability);
    let store = runner.store().filter(|_| durability != Durability::None).cloned();
    let session = match &store {
        Some(_) if own_session => Some(Arc::new(Session::new(Arc::clone(&session_id), user_id.clone()))),
        Some(db) => stored_session(&**db, &session_id, user_id.as_ref()).await?,
        None => runner.desk().open_session(&session_id, user_id.as_ref()),
    };
    let Some(session) = session else {
        let reason = format!("session `{session_id}` belongs to another user; choose another session");
        return Err(RunError::Misuse { reason });
    };
    let extra = match about.extra {
        Some(extra) => W::Extra::of(Some(extra)),
        None => X::first(),
    };
    let Some(extra) = extra else {
        return Err(RunError::Misuse { reason: "the run's additional data is not there; give it with `.extra(…)`".to_owned() });
    };
    let replace = |session: &Session, state| W::State::replace(&SessionRef(session, &run_id), &options.first, state);
    // A store has it with the run, or not at all: until then it is this run's copy of the session that has it.
    let (replaced, state) = match (&store, about.state) {
        (Some(_), Some(state)) => {
            replace(&session, state);
            (session.state_json(), None)
        }
        (_, state) => (None, state),
    };
    let drive = Arc::<Drive>::default();
    let info = Arc::new(RunInfo {
        run_id: Arc::clone(&run_id),
        session_id,
        own_session,
        user_id,
        workflow: runner.name(),
        workflow_id: runner.id(),
        plan: W::PLAN,
        created_at: Timestamp::now(),
        metadata: about.metadata,
        additional_data: about.additional_data,
        media: about.media,
        extra: extra.any(),
        skip_events: options.skip_events.clone(),
        retry_on_conflict: options.retry_on_conflict,
        history: options.history,
        is_stored: store.is_some(),
        #[cfg(feature = "testing")]
        testing: about.testing.unwrap_or_default(),
    });
    let stores_events = about.store_events.or(options.store_events).unwrap_or(about.background);
    let outbox = match store {
        Some(db) => {
            let input = kept.json().map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
            let mut media = Vec::new();
            let new = new_run(&info, input, stores_events, definition::<W>(), &mut media).map_err(DbError::other)?;
            let outbox = Outbox::new(db, Arc::clone(&info.run_id), 1, durability, stores_events, Some(Box::new(new)));
            outbox.put_media(media);
            Some(Arc::new(outbox))
        }
        None => None,
    };
    let before = Before { outbox: outbox.clone(), ..Before::default() };
    let run = Run::new(Arc::clone(&info), runner.desk().clone(), Arc::clone(&session), before, about.debug);
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
            let (session_id, by) = (info.session_id.to_string(), run_id.to_string());
            outbox.put_state(StateWrite { session_id, key: String::new(), read: None, value, by });
        }
        // Whoever gets a handle may look for the run at once, of two that begin a run of one name only one may, and steps compare the state's version.
        if about.background || is_named || replaces {
            match outbox.flush(run.hub()).await {
                Err(DbError::Exists { run_id }) => {
                    return Err(conflict(&runner, &run_id, "another run of this id has just begun".to_owned()).await);
                }
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
        return Err(conflict(&runner, &info.run_id, "another run of this id has just begun".to_owned()).await);
    }
    if let Some(state) = state {
        replace(&session, state);
    }
    Ok(Begin::Leg(Box::new(Leg { runner, run, input: Shared::from(input), extra, first: true, drive, guard })))
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

/// Whether two inputs are written alike.
fn is_same(a: &Kept, b: &Kept) -> bool {
    matches!((a.json(), b.json()), (Ok(a), Ok(b)) if a == b)
}

/// Whether a run is one of the runner's user.
fn sees<W: Workflow>(runner: &Runner<W>, row: &Row) -> bool {
    runner.user().is_none_or(|user| row.info.user_id.as_deref() == Some(user))
}

/// Says nothing of the run but that its id is taken.
fn anothers(run_id: &str) -> RunError {
    RunError::Misuse { reason: format!("run `{run_id}` belongs to another user; choose another id") }
}

async fn conflict<W: Workflow>(runner: &Runner<W>, run_id: &str, reason: String) -> RunError {
    match runner.look(run_id, None, |row| sees(runner, row).then(|| Box::new(row.partial()))).await {
        Ok(Some(Some(run))) => RunError::Conflict { reason, run },
        Ok(Some(None)) => anothers(run_id),
        Ok(None) => RunError::NotFound { run_id: run_id.to_owned() },
        Err(error) => error,
    }
}

/// Takes a run on, if it can be.
pub(super) async fn again<W: Workflow>(runner: &Runner<W>, run_id: &str, about: &About<W>) -> Result<Begin<W>, RunError> {
    let missing = || RunError::NotFound { run_id: run_id.to_owned() };
    let desk = runner.desk();
    if desk.with(run_id, runner.user(), |_| ()).is_none()
        && let Some(db) = runner.store()
    {
        return take_on(runner, db, run_id, about).await;
    }
    let session = desk.with(run_id, runner.user(), |row| Arc::clone(&row.info.session_id)).and_then(|id| desk.session(&id));
    let begun = desk.with(run_id, runner.user(), |row| {
        if let Some(begin) = may_go_on::<W>(row)? {
            return Ok(begin);
        }
        let session = session.ok_or_else(missing)?;
        next(row, runner, session, about, None)
    });
    let begun = begun.unwrap_or_else(|| Err(missing()))?;
    desk.continued(run_id);
    Ok(begun)
}

/// What is to be done about a run instead of taking it on.
pub(super) fn may_go_on<W: Workflow>(row: &Row) -> Result<Option<Begin<W>>, RunError> {
    if row.plan().id != W::PLAN.id {
        let reason = format!("it is a run of the workflow `{}`, not of `{}`", row.info.workflow_id, W::PLAN.id);
        return Err(RunError::Conflict { reason, run: Box::new(row.partial()) });
    }
    let id = Arc::clone(&row.info.run_id);
    if let Some(live) = &row.live {
        return Ok(Some(Begin::Wait(live.clone(), id)));
    }
    match row.status {
        Status::Completed => Ok(Some(Begin::Ended(id))),
        Status::Cancelled => Err(RunError::Cancelled { run: Box::new(row.partial()) }),
        Status::Paused if !row.has_answers() && !row.is_due() => Ok(Some(Begin::Ended(id))),
        Status::Pending | Status::Running | Status::Paused | Status::Failed => Ok(None),
    }
}

/// The next leg of the run of a row.
pub(super) fn next<W: Workflow>(
    row: &mut Row,
    runner: &Runner<W>,
    session: Arc<Session>,
    about: &About<W>,
    outbox: Option<Arc<Outbox>>,
) -> Result<Begin<W>, RunError> {
    let id = Arc::clone(&row.info.run_id);
    if row.info.extra.is_none()
        && let Some(extra) = &about.extra
    {
        Arc::make_mut(&mut row.info).extra = W::Extra::of(Some(Arc::clone(extra) as _)).and_then(|extra| extra.any());
    }
    let Some(extra) = W::Extra::of(row.info.extra.clone()) else {
        let reason = format!("the additional data of run `{id}` is not stored, or of another type; give it again with `.extra(…)`");
        return Err(RunError::Misuse { reason });
    };
    let input = row.input.shared(W::INPUT);
    let input = input.map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
    #[cfg(feature = "testing")]
    if let Some(testing) = &about.testing {
        Arc::make_mut(&mut row.info).testing = Arc::clone(testing);
    }
    let run = next_leg(row, runner, session, about.debug, Follows::Pause(outbox));
    if about.background {
        run.listen().open_log(row.events.clone().unwrap_or_default());
    }
    let drive = Arc::<Drive>::default();
    // A run that was cut before anything of it was stored begins.
    let first = row.sequence == 0;
    let guard = Guard::new(runner, &run, &drive, row);
    Ok(Begin::Leg(Box::new(Leg { runner: runner.clone(), run, input, extra, first, drive, guard })))
}

/// What a leg follows.
pub(super) enum Follows<'l> {
    /// A pause, a crash or a failure. With what a store keeps of it, if one does.
    Pause(Option<Arc<Outbox>>),
    /// Another leg, without a pause.
    Leg(&'l Run),
}

/// The run of a next leg, with what the earlier ones left.
pub(super) fn next_leg<W: Workflow>(
    row: &mut Row,
    runner: &Runner<W>,
    session: Arc<Session>,
    debug: bool,
    follows: Follows<'_>,
) -> Arc<Run> {
    let (last, outbox) = match follows {
        Follows::Pause(outbox) => (None, outbox),
        Follows::Leg(last) => (Some(last), last.outbox.clone()),
    };
    let stores_events = outbox.as_ref().is_some_and(|outbox| outbox.stores_events);
    let failed = row.carried.as_deref().map(|carried| carried.failed.clone()).unwrap_or_default();
    let before = Before {
        replay: Some(Replay::new(row.journal.iter().map(|step| &step.0), std::mem::take(&mut row.begun), failed)),
        sequence: row.sequence,
        nanos: row.nanos,
        carried: row.carried.clone(),
        scope: last.map(|last| Arc::clone(&last.scope)).unwrap_or_default(),
        hub: last.and_then(Run::hub).cloned(),
        outbox,
    };
    let run = Run::new(Arc::clone(&row.info), runner.desk().clone(), session, before, debug);
    if let Some(events) = &row.events {
        let hub = run.listen();
        hub.open_log(events.clone());
        if stores_events {
            hub.store();
        }
    }
    if last.is_some_and(Run::shows) {
        run.show();
    }
    run
}
