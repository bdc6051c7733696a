//! Runs of one session that change its state at the same time, each with a store of its own on the same data.

use std::sync::Arc;

use agno::{DbError, Durability, Sessions, db::Store, prelude::*};

use crate::{
    keeping::{Adding, Amounts, Gate, adding},
    support::{Place, beside, on_each_store, soon},
};

on_each_store! { with memory:
    both_changes_are_there
    a_conflict_too_many_names_the_other_run
    a_step_that_must_run_once_asks_after_a_conflict
    with_durability_run_the_leg_fails_at_its_end
    many_runs_of_several_owners_lose_nothing
}

/// What the session has.
async fn amounts(place: &Place) -> Amounts {
    let state = Sessions::of(place.open().await).state("s").await.expect("it answers");
    Amounts::clone(&state.expect("it has one"))
}

/// A run that has read the state, while another one, of another owner, changes it and ends.
async fn overtaken<T>(place: &Place, slow: impl IntoFuture<Output = T>, gate: &Gate) -> T {
    let fast = adding(place.open().await, &Gate::opened());
    fast.run(1_u32).session("s").await.expect("it completes");
    let overtakes = async {
        gate.arrived().await;
        fast.run(3_u32).session("s").run_id("fast").await.expect("nobody was faster");
        gate.open();
    };
    soon(async { tokio::join!(slow.into_future(), overtakes) }).await.0
}

async fn both_changes_are_there(place: Place) {
    let gate = Gate::closed();
    let slow = adding(place.open().await, &gate);
    let run = overtaken(&place, slow.run(2_u32).session("s").run_id("slow"), &gate).await.expect("it works on the new state");
    assert_eq!((*run.content, run.state), (3, Some(serde_json::json!([1, 3, 2]))));
    assert_eq!(amounts(&place).await, Amounts(vec![1, 3, 2]));
}

/// A workflow that does not try again.
fn strict(store: Store, gate: &Arc<Gate>) -> Adding {
    Adding::builder().gate(Arc::clone(gate)).db(store).retry_on_conflict(0).build()
}

async fn a_conflict_too_many_names_the_other_run(place: Place) {
    let gate = Gate::closed();
    let slow = strict(place.open().await, &gate);
    let error = overtaken(&place, slow.run(2_u32).session("s").run_id("slow"), &gate).await.expect_err("it was overtaken");
    let RunError::Conflict { reason, run } = &error else { panic!("{error}") };
    assert!(reason.contains("`fast`") && reason.contains("`gate`"), "{reason}");
    assert_eq!((&*run.run_id, run.status), ("slow", Status::Failed));
    assert_eq!(amounts(&place).await, Amounts(vec![1, 3]), "nothing is overwritten");

    // Somebody else reads the same of it, and takes it on.
    let elsewhere = adding(place.open().await, &Gate::opened());
    let stored = elsewhere.get_run("slow").await.expect("it answers").expect("it is there");
    assert!(stored.status == Status::Failed && stored.error.as_ref().is_some_and(|error| error.contains("`fast`")), "{stored:?}");
    let run = soon(elsewhere.resume("slow")).await.expect("nobody is faster now");
    assert_eq!((*run.content, amounts(&place).await), (3, Amounts(vec![1, 3, 2])));
}

#[derive(Debug)]
struct OnceGate(Arc<Gate>);

#[step(effect = once)]
impl OnceGate {
    async fn run(&self, amount: &u32, amounts: &mut Amounts) -> usize {
        self.0.run(amount, amounts).await
    }
}

workflow! { AddingOnce(amount: u32) -> usize { use gate: OnceGate; state amounts: Amounts; gate; } }

async fn a_step_that_must_run_once_asks_after_a_conflict(place: Place) {
    let gate = Gate::closed();
    let slow = AddingOnce::builder().gate(OnceGate(Arc::clone(&gate))).db(place.open().await).build();
    let Err(RunError::Paused(paused)) = overtaken(&place, slow.run(2_u32).session("s").run_id("slow"), &gate).await else {
        panic!("it asks")
    };
    let [question] = paused.questions() else { panic!("{paused:?}") };
    assert!(question.path == "gate/error" && question.text.contains("run `fast`"), "{question:?}");
    assert_eq!(amounts(&place).await, Amounts(vec![1, 3]), "nothing is overwritten");
    drop(slow);

    // Whoever takes it on is asked too.
    let elsewhere = AddingOnce::builder().gate(OnceGate(Gate::opened())).db(place.open().await).build();
    let Err(RunError::Paused(asked)) = soon(elsewhere.resume("slow")).await else { panic!("it asks") };
    assert_eq!(asked.questions(), std::slice::from_ref(question));
    let run = soon(elsewhere.answer_json("slow", "gate/error", "retry")).await.expect("nobody is faster now");
    assert_eq!((*run.content, amounts(&place).await), (3, Amounts(vec![1, 3, 2])));
}

async fn with_durability_run_the_leg_fails_at_its_end(place: Place) {
    let gate = Gate::closed();
    let slow = Adding::builder().gate(Arc::clone(&gate)).db(place.open().await).durability(Durability::Run).build();
    let error = overtaken(&place, slow.run(2_u32).session("s").run_id("slow"), &gate).await.expect_err("it was overtaken");
    let RunError::Db { error: DbError::StateConflict { session_id, by, .. }, run: Some(run) } = &error else { panic!("{error:?}") };
    assert_eq!((&**session_id, &**by, &*run.run_id), ("s", "fast", "slow"));
    assert_eq!(amounts(&place).await, Amounts(vec![1, 3]), "nothing is overwritten");
    let run = soon(adding(place.open().await, &Gate::opened()).resume("slow")).await.expect("nobody is faster now");
    assert_eq!((*run.content, amounts(&place).await), (3, Amounts(vec![1, 3, 2])));
}

async fn many_runs_of_several_owners_lose_nothing(place: Place) {
    const OWNERS: u32 = 3;
    const RUNS: u32 = 4;
    let mut runs = Vec::new();
    for owner in 0..OWNERS {
        let workflow = Adding::builder().gate(Gate::opened()).db(place.open().await).retry_on_conflict(1_000).build();
        for run in 0..RUNS {
            let workflow = workflow.clone();
            runs.push(beside(async move { workflow.run(owner * RUNS + run).session("s").await.map(|run| *run.content) }));
        }
    }
    let mut lengths = Vec::new();
    for run in runs {
        lengths.push(soon(run).await.expect("it does not panic").expect("it tries as often as it takes"));
    }
    lengths.sort_unstable();
    assert!(lengths.into_iter().eq(1..=(OWNERS * RUNS) as usize), "each has seen those before it");
    let mut amounts = amounts(&place).await.0;
    amounts.sort_unstable();
    assert!(amounts.iter().copied().eq(0..OWNERS * RUNS), "{amounts:?}");
}
