//! How a leg begins: a new run, or one that is taken on.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Guard, Leg, answer::record_answer};
use crate::{
    content::Kept,
    db::{Live, Row},
    error::RunError,
    journal::Replay,
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
    /// The run has ended, or waits.
    Ended(Arc<str>),
}

/// Prepares what is asked for. The run is recorded when this returns.
pub(crate) fn begin<W: Workflow, X: ExtraGiven<W>>(builder: RunBuilder<W, X>) -> Result<Begin<W>, RunError> {
    let RunBuilder { runner, request, about, .. } = builder;
    let about = about.unwrap_or_default();
    match request {
        Request::Refused { reason } => Err(RunError::Misuse { reason }),
        Request::Start(input) => {
            runner.check(&input).map_err(RunError::InvalidInput)?;
            start::<W, X>(runner, input, *about)
        }
        Request::StartJson(json) => {
            validate(&W::INPUT.schema(), &json).map_err(RunError::InvalidInput)?;
            let input = W::INPUT.read(json).map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
            start::<W, X>(runner, input, *about)
        }
        Request::Resume { run_id } => again(&runner, &run_id, &about),
        Request::Answer { run_id, question, answer } => {
            record_answer(&runner, &run_id, &question, answer)?;
            again(&runner, &run_id, &about)
        }
    }
}

fn start<W: Workflow, X: ExtraGiven<W>>(runner: Runner<W>, input: Arc<W::Input>, about: About<W>) -> Result<Begin<W>, RunError> {
    let kept = Kept::new(Arc::clone(&input), W::INPUT);
    if let Some(run_id) = &about.run_id
        && let Some(same) = runner.db().with(run_id, None, |row| is_same(&row.input, &kept))
    {
        return if same {
            again(&runner, run_id, &about)
        } else {
            let reason = "there is a run of this id with another input; choose another id, or `resume` it".to_owned();
            Err(conflict(&runner, run_id, reason))
        };
    }
    let id = || Arc::from(Uuid::now_v7().to_string());
    let run_id: Arc<str> = about.run_id.map_or_else(id, Arc::from);
    let own_session = about.session_id.is_none();
    let session_id: Arc<str> = about.session_id.map_or_else(id, Arc::from);
    if let (Some(own), Some(other)) = (runner.user(), &about.user_id)
        && own != other
    {
        let reason = format!("this is user `{own}`'s view of the workflow, which runs nothing for user `{other}`; use the workflow itself");
        return Err(RunError::Misuse { reason });
    }
    let user_id = about.user_id.map(Arc::from).or_else(|| runner.user_id.clone());
    let Some(session) = runner.db().open_session(&session_id, user_id.as_ref()) else {
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
    if let Some(state) = about.state {
        W::State::replace(&SessionRef(&session, &run_id), &runner.inner.options.first, state);
    }
    let options = &runner.inner.options;
    let drive = Arc::<Drive>::default();
    let info = Arc::new(RunInfo {
        run_id,
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
        #[cfg(feature = "testing")]
        testing: about.testing.unwrap_or_default(),
    });
    let run = Run::new(Arc::clone(&info), runner.db().clone(), session, Before::default(), about.debug);
    if about.store_events.or(options.store_events).unwrap_or(about.background) {
        run.listen().open_log(Vec::new());
    }
    let mut row = Row::new(Arc::clone(&info), kept);
    let mut guard = Guard::new(&runner, &run, &drive, &mut row);
    if !runner.db().insert(row) {
        // Somebody else was faster with the same id: that row is not this guard's.
        guard.drive = None;
        return Err(conflict(&runner, &info.run_id, "another run of this id has just begun".to_owned()));
    }
    Ok(Begin::Leg(Box::new(Leg { runner, run, input: Shared::from(input), extra, first: true, drive, guard })))
}

/// Whether two inputs are written alike.
fn is_same(a: &Kept, b: &Kept) -> bool {
    matches!((a.json(), b.json()), (Ok(a), Ok(b)) if a == b)
}

fn conflict<W: Workflow>(runner: &Runner<W>, run_id: &str, reason: String) -> RunError {
    match runner.db().with(run_id, runner.user(), |row| Box::new(row.partial())) {
        Some(run) => RunError::Conflict { reason, run },
        None => RunError::NotFound { run_id: run_id.to_owned() },
    }
}

/// Takes a run on, if it can be.
pub(super) fn again<W: Workflow>(runner: &Runner<W>, run_id: &str, about: &About<W>) -> Result<Begin<W>, RunError> {
    let session = runner.db().with(run_id, runner.user(), |row| Arc::clone(&row.info.session_id)).and_then(|id| runner.db().session(&id));
    let begun = runner.db().with(run_id, runner.user(), |row| {
        if row.plan().id != W::PLAN.id {
            let reason = format!("it is a run of the workflow `{}`, not of `{}`", row.plan().id, W::PLAN.id);
            return Err(RunError::Conflict { reason, run: Box::new(row.partial()) });
        }
        let id = Arc::clone(&row.info.run_id);
        if let Some(live) = &row.live {
            return Ok(Begin::Wait(live.clone(), id));
        }
        match row.status {
            Status::Completed => return Ok(Begin::Ended(id)),
            Status::Cancelled => return Err(RunError::Cancelled { run: Box::new(row.partial()) }),
            Status::Paused if !row.has_answers() && !row.is_due() => return Ok(Begin::Ended(id)),
            Status::Pending | Status::Running | Status::Paused | Status::Failed => {}
        }
        let Some(session) = &session else { return Err(RunError::NotFound { run_id: run_id.to_owned() }) };
        let Some(extra) = W::Extra::of(row.info.extra.clone()) else {
            return Err(RunError::Misuse { reason: format!("the additional data of run `{id}` is of another type") });
        };
        let input = row.input.shared(W::INPUT);
        let input = input.map_err(|error| RunError::InvalidInput(Violations::one("", error.to_string())))?;
        #[cfg(feature = "testing")]
        if let Some(testing) = &about.testing {
            Arc::make_mut(&mut row.info).testing = Arc::clone(testing);
        }
        let run = next_leg(row, runner, Arc::clone(session), about.debug, None);
        if about.background {
            run.listen().open_log(row.events.clone().unwrap_or_default());
        }
        let drive = Arc::<Drive>::default();
        let guard = Guard::new(runner, &run, &drive, row);
        Ok(Begin::Leg(Box::new(Leg { runner: runner.clone(), run, input, extra, first: false, drive, guard })))
    });
    let begun = begun.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))?;
    runner.db().continued(run_id);
    Ok(begun)
}

/// The run of a next leg, with what the earlier ones left. `last`: the one that it follows without a pause.
pub(super) fn next_leg<W: Workflow>(row: &mut Row, runner: &Runner<W>, session: Arc<Session>, debug: bool, last: Option<&Run>) -> Arc<Run> {
    let before = Before {
        replay: Some(Replay::new(row.journal.iter().map(|step| &step.0), std::mem::take(&mut row.begun))),
        sequence: row.sequence,
        nanos: row.nanos,
        carried: row.carried.clone(),
        scope: last.map(|last| Arc::clone(&last.scope)).unwrap_or_default(),
        hub: last.and_then(Run::hub).cloned(),
    };
    let run = Run::new(Arc::clone(&row.info), runner.db().clone(), session, before, debug);
    if let Some(events) = &row.events {
        run.listen().open_log(events.clone());
    }
    if last.is_some_and(Run::shows) {
        run.show();
    }
    run
}
