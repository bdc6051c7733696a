//! How a leg begins: a new run, or one that is taken on.

use std::sync::Arc;

use super::{
    Leg,
    answer::{record_answer, settle_due},
    copy::{Copied, copy, delete_copy},
    guard::Guard,
    start::start,
    stored::take_on,
};
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
        request::{About, AboutLeg, Request},
    },
};

/// What a request comes to before anything runs.
pub(crate) enum Begin<W: Workflow> {
    /// A leg is to run. In a box: futures that hold it are kept as long as the run is in flight.
    Leg(Box<Leg<W>>),
    /// Another leg of the run is under way: its end is this request's too, unless it is dropped.
    Wait(Live, Arc<str>, AboutLeg<W>),
    /// Another process works on the run.
    Elsewhere(Arc<str>, AboutLeg<W>),
    /// The run has ended, or waits.
    Ended(Arc<str>),
}

/// Prepares what is asked for. The run is recorded when this returns.
pub(crate) async fn begin<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<Begin<W>, RunError> {
    let RunBuilder { runner, request, about, .. } = builder;
    let mut about = about.unwrap_or_default();
    for (option, id) in [("run_id", &about.run_id), ("session", &about.session_id)] {
        if id.as_ref().is_some_and(String::is_empty) {
            return Err(RunError::Misuse { reason: format!("`.{option}(…)` was given an empty id") });
        }
    }
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
            again(&runner, &run_id, &about.leg).await
        }
        Request::From { run_id, path, change } => {
            let new = Copied { run_id: about.run_id.take(), store_events: about.store_events.take(), background: about.leg.background };
            refuse_what_begins(&run_id, &about)?;
            let copied = copy(&runner, &run_id, &path, change, new).await?;
            let begun = again(&runner, &copied, &about.leg).await;
            if begun.is_err() {
                // Nobody has heard of it. Where it cannot be deleted it is a run like any other.
                delete_copy(&runner, &copied).await;
            }
            begun
        }
        Request::Answer { run_id, question, answer } => {
            refuse_what_begins(&run_id, &about)?;
            // Before an answer counts, what time has decided does.
            Box::pin(settle_due(&runner, &run_id, &about.leg)).await;
            record_answer(&runner, &run_id, &question, answer, &about.leg).await?;
            again(&runner, &run_id, &about.leg).await
        }
    }
}

/// A run that has begun is what it is, and what is made of another one is like that.
fn refuse_what_begins<W: Workflow>(run_id: &str, about: &About<W>) -> Result<(), RunError> {
    let Some(option) = about.of_a_new_run() else { return Ok(()) };
    let reason = format!(
        "`.{option}(…)` is for a run that begins; run `{run_id}` has begun, and what it was begun with stays, also for `retry_from` and `fork`"
    );
    Err(RunError::Misuse { reason })
}

/// Takes a run on, if it can be.
pub(super) async fn again<W: Workflow>(runner: &Runner<W>, run_id: &str, about: &AboutLeg<W>) -> Result<Begin<W>, RunError> {
    let missing = || RunError::NotFound { run_id: run_id.to_owned() };
    let desk = runner.desk();
    if desk.with(run_id, runner.user(), |_| ()).is_none()
        && let Some(db) = runner.store()
    {
        return take_on(runner, db, run_id, about).await;
    }
    let session = desk.with(run_id, runner.user(), |row| Arc::clone(&row.info.session_id)).and_then(|id| desk.session(&id));
    let begun = desk.with(run_id, runner.user(), |row| {
        refuse_anothers(runner, row)?;
        if let Some(begin) = may_go_on(row, about)? {
            return Ok(begin);
        }
        let session = session.ok_or_else(missing)?;
        next(row, runner, session, about, None)
    });
    let begun = begun.unwrap_or_else(|| Err(missing()))?;
    desk.continued(run_id);
    Ok(begun)
}

/// Only its own workflow does anything with a run.
pub(super) fn refuse_anothers<W: Workflow>(runner: &Runner<W>, row: &Row) -> Result<(), RunError> {
    let (theirs, ours) = (&row.info.workflow_id, runner.id());
    if *theirs == ours {
        return Ok(());
    }
    let reason = format!(
        "it is a run of the workflow `{theirs}`, not of `{ours}`; if that is what this one was called, write `id = \"{theirs}\"` in its `with (…)`"
    );
    Err(RunError::Conflict { reason, run: Box::new(row.partial()) })
}

/// What is to be done about a run instead of taking it on.
pub(super) fn may_go_on<W: Workflow>(row: &Row, about: &AboutLeg<W>) -> Result<Option<Begin<W>>, RunError> {
    let id = Arc::clone(&row.info.run_id);
    if let Some(live) = &row.live {
        return Ok(Some(Begin::Wait(live.clone(), id, about.clone())));
    }
    match row.status {
        Status::Completed => Ok(Some(Begin::Ended(id))),
        Status::Cancelled => Err(RunError::Cancelled { run: Box::new(row.partial()) }),
        Status::Paused if !row.has_answers() && !row.is_due() => Ok(Some(Begin::Ended(id))),
        Status::Pending | Status::Running | Status::Paused | Status::Failed => Ok(None),
    }
}

/// The additional data of a run that is taken on: its own, or what is given again.
pub(super) fn extra_of<W: Workflow>(row: &Row, about: &AboutLeg<W>) -> Result<W::Extra, RunError> {
    let given = || about.extra.as_ref().map(|extra| Arc::clone(extra) as _);
    W::Extra::of(row.info.extra.clone().or_else(given)).ok_or_else(|| {
        let id = &row.info.run_id;
        let reason = format!("the additional data of run `{id}` is not stored, or of another type; give it again with `.extra(…)`");
        RunError::Misuse { reason }
    })
}

/// The next leg of the run of a row.
pub(super) fn next<W: Workflow>(
    row: &mut Row,
    runner: &Runner<W>,
    session: Arc<Session>,
    about: &AboutLeg<W>,
    outbox: Option<Arc<Outbox>>,
) -> Result<Begin<W>, RunError> {
    let extra = extra_of(row, about)?;
    Arc::make_mut(&mut row.info).extra = extra.any();
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
