//! How a run is taken on that is in a store.

use std::sync::Arc;

use super::begin::{Begin, may_go_on, next, refuse_anothers};
use crate::{
    db::{
        Db, DbError,
        rows::{Claim, Commit},
    },
    definition::{Adoption, Current, Refusal},
    desk::Row,
    durable::{Claimed, Outbox},
    error::RunError,
    plan::Durability,
    session::Session,
    workflow::{Runner, Status, Workflow, kept::Loaded, request::AboutLeg},
};

/// Takes on a run that is in the store.
pub(super) async fn take_on<W: Workflow>(
    runner: &Runner<W>,
    db: &Arc<dyn Db>,
    run_id: &str,
    about: &AboutLeg<W>,
) -> Result<Begin<W>, RunError> {
    let missing = || RunError::NotFound { run_id: run_id.to_owned() };
    loop {
        let Loaded { mut row, fingerprint, standing, fence, is_owned, .. } =
            runner.load(run_id, runner.user()).await?.ok_or_else(missing)?;
        refuse_anothers(runner, &row)?;
        // One that waits has its questions adopted too. One that has ended for good is as it was.
        let adoption = match row.status {
            Status::Completed | Status::Cancelled => None,
            _ => changed_definition::<W>(&**db, &row, &fingerprint).await?,
        };
        if adoption.is_none()
            && let Some(begin) = may_go_on(&row, about)?
        {
            return Ok(begin);
        }
        let ours = match db.claim(run_id, about.take_over).await? {
            Claim::Yours { fence } => fence,
            Claim::Held { until } => {
                let id = Arc::clone(&row.info.run_id);
                if let Some(live) = runner.desk().with(run_id, None, |row| row.live.clone()).flatten() {
                    return Ok(Begin::Wait(live, id, about.clone()));
                }
                if let Some(until) = until {
                    tracing::warn!(run_id, %until, "another machine owns the run; waiting until it ends, or its lease does");
                }
                return Ok(Begin::Elsewhere(id, about.clone()));
            }
            // Since it was read.
            Claim::Ended => continue,
            Claim::Missing => return Err(missing()),
        };
        let durability = about.durability.unwrap_or(runner.inner.options.durability);
        // A run that is in the store stays there.
        let durability = if durability == Durability::None { Durability::Run } else { durability };
        let outbox = Outbox::new(Arc::clone(db), Arc::clone(&row.info.run_id), ours, durability, row.events.is_some(), None);
        let outbox = Arc::new(outbox);
        // Whoever had it may have worked on it since it was read.
        let is_current = !is_owned && ours == fence + 1;
        let claimed = Claimed::new(Arc::clone(&outbox), is_current.then_some(standing));
        if !is_current {
            let_go(&**db, &row, ours).await?;
            claimed.handed_on();
            continue;
        }
        if let Some(adoption) = adoption {
            // From then on it is a run of this definition, as if it had never been of another.
            adopt(&**db, adoption, &row, ours).await?;
            claimed.handed_on();
            continue;
        }
        let session = stored_session(&**db, &row.info.session_id, None).await?.ok_or_else(missing)?;
        let begin = next(&mut row, runner, session, about, Some(outbox))?;
        claimed.handed_on();
        runner.heed_cancels();
        runner.desk().insert(row);
        return Ok(begin);
    }
}

/// Lets go of a run that was claimed, before anything was done with it.
pub(super) async fn let_go(db: &dyn Db, row: &Row, fence: u64) -> Result<(), DbError> {
    let run_id = Arc::clone(&row.info.run_id);
    db.commit(Commit { release: true, ..Commit::new(run_id, fence) }).await
}

/// What changes with a run if another definition recorded it.
///
/// # Errors
/// What it has recorded does not fit the definition of now.
async fn changed_definition<W: Workflow>(db: &dyn Db, row: &Row, fingerprint: &str) -> Result<Option<Adoption>, RunError> {
    let current = Current::of(W::PLAN);
    if fingerprint == current.fingerprint {
        return Ok(None);
    }
    match Adoption::judge(db, &row.info.run_id, current).await? {
        None => Err(RunError::NotFound { run_id: row.info.run_id.to_string() }),
        Some(Ok(adoption)) => Ok(Some(adoption)),
        Some(Err(Refusal { path, reason })) => Err(RunError::DefinitionChanged { path, reason, run: Box::new(row.partial()) }),
    }
}

/// Writes down that a run is of this definition now, and lets it go.
async fn adopt(db: &dyn Db, adoption: Adoption, row: &Row, ours: u64) -> Result<(), RunError> {
    let commit = match ours == adoption.fence() + 1 {
        true => adoption.into_commit(ours, &row.begun).map_err(DbError::other)?,
        // Somebody has worked on it since it was judged.
        false => adoption.let_go(ours),
    };
    #[cfg(feature = "audit")]
    crate::testing::audit::forget(&row.info);
    Ok(db.commit(commit).await?)
}

/// Makes a run that waits in the store one of this definition, before something is written to it that has to fit: its questions have the names and forms that they have now.
pub(super) async fn adopt_waiting<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Result<(), RunError> {
    let Some(db) = runner.store().filter(|_| runner.desk().with(run_id, None, |_| ()).is_none()) else { return Ok(()) };
    let Some(Loaded { row, workflow_id, fingerprint, .. }) = runner.load(run_id, runner.user()).await? else { return Ok(()) };
    if *workflow_id != *runner.id() || row.status.is_terminal() {
        return Ok(());
    }
    let Some(adoption) = changed_definition::<W>(&**db, &row, &fingerprint).await? else { return Ok(()) };
    match db.claim(run_id, false).await? {
        // If another process has it, that one's code asks.
        Claim::Held { .. } | Claim::Ended | Claim::Missing => Ok(()),
        Claim::Yours { fence } => adopt(&**db, adoption, &row, fence).await,
    }
}

/// A session of the store, with its states. `None`: it is another user's.
pub(super) async fn stored_session(
    db: &dyn Db,
    session_id: &Arc<str>,
    user_id: Option<&Arc<str>>,
) -> Result<Option<Arc<Session>>, RunError> {
    let Some(row) = db.session(session_id).await? else {
        return Ok(Some(Arc::new(Session::new(Arc::clone(session_id), user_id.cloned()))));
    };
    if user_id.is_some() && row.user_id.as_deref() != user_id.map(|user| &**user) {
        return Ok(None);
    }
    let session = Session::new(Arc::clone(session_id), row.user_id.map(Arc::from));
    session.put_states(db.states(session_id).await?);
    Ok(Some(Arc::new(session)))
}
