//! How a leg begins: a new run, or one that is taken on.

use std::sync::Arc;

use super::{Leg, answer::record_answer, copy::copy, guard::Guard, start::start, stored::take_on};
use crate::{
    desk::{Live, Row},
    durable::Outbox,
    error::RunError,
    journal::Replay,
    run::{Before, ExtraPart, Run},
    schema::{Violations, validate},
    session::Session,
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
    let mut about = about.unwrap_or_default();
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
        Request::Resume { run_id } => {
            refuse_what_begins(&run_id, &about)?;
            again(&runner, &run_id, &about).await
        }
        Request::From { run_id, path, change } => {
            let new_id = about.run_id.take();
            refuse_what_begins(&run_id, &about)?;
            let copied = copy(&runner, &run_id, &path, change, new_id).await?;
            again(&runner, &copied, &about).await
        }
        Request::Answer { run_id, question, answer } => {
            refuse_what_begins(&run_id, &about)?;
            record_answer(&runner, &run_id, &question, answer).await?;
            again(&runner, &run_id, &about).await
        }
    }
}

/// A run that has begun is what it is, and what is made of another one is like that.
fn refuse_what_begins<W: Workflow>(run_id: &str, about: &About<W>) -> Result<(), RunError> {
    let Some(option) = about.of_a_new_run() else { return Ok(()) };
    let reason = format!("`.{option}(…)` is for a run that begins; run `{run_id}` has begun, and keeps what it was begun with");
    Err(RunError::Misuse { reason })
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
