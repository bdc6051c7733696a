//! Ann, Bob, and the program, which sees everything.

use std::sync::Arc;

use agno::{
    Error, Runner, Sessions,
    db::rows::{Prune, Record, RunFilter, RunRow, SessionFilter, SessionRow, StateRow},
    prelude::*,
};

use crate::{
    keeping::{Adding, Amounts, Asking, Gate, adding, asking},
    support::{Place, on_each_store, soon},
};

on_each_store! { with memory:
    what_is_anns_is_not_there_for_bob
    bob_recovers_what_is_his
    a_run_of_the_program_in_bobs_session_is_not_bobs
}

/// Ann's run, in her session.
const RUN: &str = "anns-run";

/// Everything of Ann's that is stored.
#[derive(Debug, PartialEq)]
struct Stored {
    run: Option<RunRow>,
    records: Vec<Record>,
    session: Option<SessionRow>,
    states: Vec<StateRow>,
    runs: Vec<RunRow>,
}

async fn anns(db: &dyn Db) -> Stored {
    let of_session = RunFilter { session_id: Some("anns".to_owned()), ..RunFilter::default() };
    Stored {
        run: db.run(RUN).await.expect("it answers"),
        records: db.records(RUN).await.expect("it answers"),
        session: db.session("anns").await.expect("it answers"),
        states: db.states("anns").await.expect("it answers"),
        runs: db.runs(of_session).await.expect("it answers"),
    }
}

#[track_caller]
fn not_found<T: std::fmt::Debug>(what: &str, given: Result<T, RunError>) {
    assert!(matches!(&given, Err(RunError::NotFound { run_id }) if run_id == RUN), "{what}: {given:?}");
}

#[track_caller]
fn misuse<T: std::fmt::Debug>(what: &str, given: Result<T, RunError>) {
    assert!(matches!(&given, Err(RunError::Misuse { .. })), "{what}: {given:?}");
}

/// Bob tries what can be done with a run, and with a workflow.
async fn cannot_touch_the_run(bob: &Runner<Asking>) {
    assert!(bob.get_run(RUN).await.expect("it answers").is_none());
    assert!(bob.last_run("anns").await.expect("it answers").is_none());
    not_found("resume", soon(bob.resume(RUN).outcome()).await);
    not_found("take_over", soon(bob.resume(RUN).take_over().outcome()).await);
    not_found("answer", soon(bob.answer(RUN, "more", 7_u32).outcome()).await);
    not_found("answer_json", soon(bob.answer_json(RUN, "more", 7).outcome()).await);
    not_found("cancel", soon(bob.cancel(RUN)).await);
    not_found("retry_from", soon(bob.retry_from(RUN, "gate").outcome()).await);
    not_found("fork", soon(bob.fork(RUN, "gate", |count: usize| count + 1).outcome()).await);
    let events = bob.events(RUN, 0).await;
    assert!(matches!(&events, Err(Error::Run(RunError::NotFound { .. }))), "{events:?}");
    let recovered = soon(bob.recover()).await.expect("it answers");
    assert!(recovered.is_empty(), "{recovered:?}");
    let checked = bob.check_definition().await.expect("it answers");
    assert!(checked.iter().all(|check| check.run_id != RUN), "{checked:?}");
    misuse("a run in her session", soon(bob.run(9_u32).session("anns").outcome()).await);
    misuse("a run with a state for her session", soon(bob.run(9_u32).session("anns").state(Amounts(vec![9])).outcome()).await);
    misuse("a run as her", soon(bob.run(9_u32).user("ann").outcome()).await);
}

/// Bob tries what can be done with sessions. He has one, with one run.
async fn cannot_touch_the_session(bob: &Sessions) {
    let of_ann = || RunFilter { user_id: Some("ann".to_owned()), ..RunFilter::default() };
    let of_session = || RunFilter { session_id: Some("anns".to_owned()), ..RunFilter::default() };
    assert!(bob.get("anns").await.expect("it answers").is_none());
    assert!(!bob.create("anns").await.expect("it answers"));
    let pages = [
        bob.list().await.expect("it answers"),
        bob.page(SessionFilter::default()).await.expect("it answers"),
        bob.page(SessionFilter { user_id: Some("ann".to_owned()), ..SessionFilter::default() }).await.expect("it answers"),
    ];
    for page in pages {
        assert_eq!(page.iter().map(|session| &*session.id).collect::<Vec<_>>(), ["bobs"]);
    }
    assert!(!bob.rename("anns", "mine").await.expect("it answers"));
    assert!(!bob.delete("anns").await.expect("it answers"));
    assert!(bob.state::<Amounts>("anns").await.expect("it answers").is_none());
    assert!(bob.state_json("anns").await.expect("it answers").is_none());
    let updated = bob.update_state("anns", |_: Option<Amounts>| Amounts(vec![9])).await;
    assert!(updated.as_ref().is_err_and(|error| error.to_string().contains("no session `anns`")), "{updated:?}");
    assert_eq!(bob.metrics("anns").await.expect("it answers").steps, 0);
    assert!(bob.run_ids("anns").await.expect("it answers").is_empty());
    assert!(bob.runs("anns").await.expect("it answers").is_empty());
    assert!(bob.runs_page(of_session()).await.expect("it answers").is_empty());
    for filter in [RunFilter::default(), of_ann()] {
        let runs = bob.runs_page(filter.clone()).await.expect("it answers");
        assert_eq!(runs.iter().map(|run| &*run.run_id).collect::<Vec<_>>(), ["bobs-run"]);
        let questions = bob.questions(filter).await.expect("it answers");
        assert_eq!(questions.iter().map(|question| &*question.run_id).collect::<Vec<_>>(), ["bobs-run"]);
    }
    assert!(bob.questions(of_session()).await.expect("it answers").is_empty());
    assert!(!bob.delete_run(RUN).await.expect("it answers"));
    let pruned = bob.prune(Prune { keep: Some(0), ..Prune::default() }).await;
    assert!(matches!(&pruned, Err(Error::Run(RunError::Misuse { .. }))), "{pruned:?}");
}

/// Bob tries everything: where Ann's run is at work, and at another place.
async fn cannot_touch_anything(here: &Asking, elsewhere: &Asking, store: Arc<dyn Db>) {
    for program in [here, elsewhere] {
        let bob = program.as_user("bob");
        cannot_touch_the_run(&bob).await;
        cannot_touch_the_session(&bob.sessions()).await;
        cannot_touch_the_session(&program.sessions().as_user("bob")).await;
        misuse("a run of his in her session", soon(program.run(9_u32).user("bob").session("anns").outcome()).await);
    }
    cannot_touch_the_session(&Sessions::of(store).as_user("bob")).await;
}

async fn what_is_anns_is_not_there_for_bob(place: Place) {
    let (gate, db) = (Gate::closed(), place.open_db().await);
    let here = asking(place.open().await, &gate);
    let elsewhere = asking(place.open().await, &Gate::opened());
    let bobs = elsewhere.as_user("bob").run(5_u32).session("bobs").run_id("bobs-run").outcome().await;
    assert!(matches!(bobs, Ok(Outcome::Paused(_))), "{bobs:?}");

    let ann = here.as_user("ann");
    let run = ann.run(1_u32).session("anns").run_id(RUN).background().await.expect("it begins");
    gate.arrived().await;
    let before = db.run(RUN).await.expect("it answers").expect("it is there");
    cannot_touch_anything(&here, &elsewhere, place.open_db().await).await;
    let after = db.run(RUN).await.expect("it answers").expect("it is there");
    assert_eq!((after.standing.status, after.cancel), (Status::Running, false));
    assert_eq!((after.owner, after.fence), (before.owner, before.fence), "it is still its owner's");

    gate.open();
    let waits = soon(run.wait()).await;
    assert!(matches!(waits, Err(RunError::Paused(_))), "{waits:?}");
    let before = anns(&*db).await;
    cannot_touch_anything(&here, &elsewhere, place.open_db().await).await;
    assert_eq!(anns(&*db).await, before);

    // What Bob cannot see, Ann can, and so can the program, wherever they are.
    for view in [&ann, &here, &elsewhere.as_user("ann"), &elsewhere] {
        let stored = view.get_run(RUN).await.expect("it answers").expect("it is there");
        assert_eq!((stored.status, stored.user_id.as_deref()), (Status::Paused, Some("ann")));
        let sessions = view.sessions();
        assert_eq!(sessions.run_ids("anns").await.expect("it answers"), [RUN]);
        assert_eq!(*sessions.state::<Amounts>("anns").await.expect("it answers").expect("it is there"), Amounts(vec![1]));
    }
    let out = soon(elsewhere.as_user("ann").answer(RUN, "more", 2_u32)).await.expect("it goes on");
    assert_eq!((*out.content, out.state), (2, Some(serde_json::json!([1, 2]))));

    // Of runs that have ended there is no more to be had.
    let before = anns(&*db).await;
    cannot_touch_anything(&here, &elsewhere, place.open_db().await).await;
    assert_eq!(anns(&*db).await, before);
}

/// A run that was cut where it stood at the gate.
async fn cut(workflow: &Runner<Adding>, gate: &Gate, run_id: &str) {
    tokio::select! {
        ended = workflow.run(1_u32).run_id(run_id).outcome() => panic!("it stands: {ended:?}"),
        () = soon(gate.arrived()) => {}
    }
}

async fn bob_recovers_what_is_his(place: Place) {
    let gate = Gate::closed();
    let first = adding(place.open().await, &gate);
    for user in ["ann", "bob"] {
        cut(&first.as_user(user), &gate, user).await;
    }
    cut(&first, &gate, "program").await;
    // That of another owner who is alive would be left alone.
    drop(first);

    let program = adding(place.open().await, &Gate::opened());
    let status = async |run_id: &str| program.get_run(run_id).await.expect("it answers").expect("it is there").status;
    let bobs = recovered(&program.as_user("bob"), 1).await;
    assert_eq!(bobs, ["bob"]);
    assert_eq!((status("ann").await, status("program").await), (Status::Running, Status::Running));
    assert_eq!(recovered(&program, 2).await, ["ann", "program"]);
    assert_eq!((status("ann").await, status("program").await), (Status::Completed, Status::Completed));
}

/// What of so many runs that were let go is taken on, and runs to its end.
async fn recovered(workflow: &Runner<Adding>, many: usize) -> Vec<String> {
    let mut taken = Vec::new();
    soon(async {
        // They are let go beside whoever dropped them.
        while taken.len() < many {
            for run in workflow.recover().await.expect("it answers") {
                assert_eq!(*run.wait().await.expect("it completes").content, 1);
                taken.push(run.id().to_owned());
            }
        }
    })
    .await;
    taken.sort();
    taken
}

async fn a_run_of_the_program_in_bobs_session_is_not_bobs(place: Place) {
    let program = adding(place.open().await, &Gate::opened());
    let bob = program.as_user("bob");
    bob.run(1_u32).session("bobs").run_id("his").await.expect("it completes");
    program.run(2_u32).session("bobs").run_id("its").await.expect("the program is in every session");

    assert!(bob.get_run("its").await.expect("it answers").is_none());
    assert_eq!(&*bob.last_run("bobs").await.expect("it answers").expect("there is one").run_id, "his");
    let sessions = bob.sessions();
    assert_eq!(sessions.runs("bobs").await.expect("it answers").len(), 1);
    assert_eq!(sessions.run_ids("bobs").await.expect("it answers"), ["his"]);
    assert_eq!(sessions.metrics("bobs").await.expect("it answers").steps, 1);
    assert_eq!(program.sessions().run_ids("bobs").await.expect("it answers"), ["his", "its"]);
}
