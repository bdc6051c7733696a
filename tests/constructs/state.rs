//! The session's state: typed, transactional, with optimistic concurrency.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{InMemoryDb, Status, prelude::*};
use serde_json::json;
use tokio::sync::Notify;

use crate::{completed, ends, failure, paused, told};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Cart {
    items: Vec<String>,
}

#[step]
fn add(item: &str, cart: &mut Cart) -> usize {
    cart.items.push(item.to_owned());
    cart.items.len()
}

#[step]
fn size(#[state] cart: &Cart) -> usize {
    cart.items.len()
}

workflow! { Shop(item: String) -> usize { state cart: Cart; add; add(item) as again; size(); } }

#[tokio::test]
async fn a_session_keeps_its_state() {
    let workflow = Shop::new();
    let run = workflow.run("a").session("s").await.expect("runs");
    assert_eq!((*run.content, run.state), (2, Some(json!({ "items": ["a", "a"] }))));
    assert_eq!(*workflow.run("b").session("s").await.expect("runs").content, 4);
    assert_eq!(*workflow.run("c").session("other").await.expect("runs").content, 2);
    assert_eq!(workflow.sessions().state::<Cart>("s").await.expect("it answers").expect("is there").items, ["a", "a", "b", "b"]);
    // Without a session a run has one of its own.
    assert_eq!(*workflow.run("d").await.expect("runs").content, 2);
    assert!(Shop::state_schema().is_some());
}

workflow! { Declared(item: String) -> usize { state cart: Cart = Cart { items: vec!["first".to_owned()] }; add; } }

#[tokio::test]
async fn the_first_state_is_the_builders_or_the_declarations() {
    assert_eq!(*Declared::new().run("a").await.expect("runs").content, 2);
    let workflow = Declared::builder().state(Cart { items: vec!["x".into(); 5] }).build();
    assert_eq!(*workflow.run("a").session("s").await.expect("runs").content, 6);
    assert_eq!(*workflow.run("a").session("s").await.expect("runs").content, 7);
    // A run's state replaces the session's.
    assert_eq!(*workflow.run("a").session("s").state(Cart::default()).await.expect("runs").content, 1);
}

#[step(retry = 2, backoff = "1ms")]
async fn add_late(item: &str, cart: &mut Cart, ctx: &StepContext) -> Result<usize, String> {
    cart.items.push(format!("{item}{}", ctx.attempt()));
    tokio::task::yield_now().await;
    if ctx.attempt() < 3 { Err("not yet".into()) } else { Ok(cart.items.len()) }
}

#[step]
fn add_and_fail(item: &usize, cart: &mut Cart) -> Result<usize, String> {
    cart.items.push(item.to_string());
    Err("after all".into())
}

#[step]
fn add_and_panic(item: &usize, cart: &mut Cart) -> usize {
    cart.items.push(item.to_string());
    panic!("after all")
}

#[step(timeout = "1s")]
async fn add_and_wait(item: &usize, cart: &mut Cart) -> usize {
    cart.items.push(item.to_string());
    std::future::pending().await
}

workflow! { Transactions(item: String) -> usize {
    state cart: Cart;
    add_late;
    add_and_fail with (on_error = skip);
    add_and_panic with (on_error = skip);
    add_and_wait with (on_error = skip);
    size();
} }

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_leaves_no_trace() {
    let workflow = Transactions::new();
    let run = workflow.run("x").session("s").await.expect("runs");
    assert_eq!((*run.content, run.state), (1, Some(json!({ "items": ["x3"] }))));
}

workflow! { Breaks(item: String) -> usize { state cart: Cart; add_late; add_and_fail; } }

#[tokio::test(start_paused = true)]
async fn what_was_committed_before_a_failure_stays() {
    let workflow = Breaks::new();
    let error = workflow.run("x").session("s").await.expect_err("fails");
    assert_eq!(error.partial().expect("a run").state, Some(json!({ "items": ["x3"] })));
    assert_eq!(failure::<()>(Err(error)).path, "add_and_fail");
}

#[step]
fn add_and_stop(item: &str, cart: &mut Cart) -> ControlFlow<usize, usize> {
    cart.items.push(item.to_owned());
    ControlFlow::Break(77)
}

workflow! { Stops(item: String) -> usize { state cart: Cart; add_and_stop; } }

#[tokio::test]
async fn a_break_commits_too() {
    let run = Stops::new().run("x").await.expect("runs");
    assert_eq!((*run.content, run.state), (77, Some(json!({ "items": ["x"] }))));
}

/// Lets another run in while it works.
#[derive(Default)]
struct Slow {
    calls: AtomicU32,
    seen: Mutex<Vec<Vec<String>>>,
    begun: Notify,
    go_on: Notify,
}

#[step]
impl Slow {
    async fn run(&self, item: &str, cart: &mut Cart) -> usize {
        self.seen.lock().expect("nobody panics").push(cart.items.clone());
        if self.calls.fetch_add(1, SeqCst) == 0 {
            self.begun.notify_one();
            self.go_on.notified().await;
        }
        cart.items.push(format!("{item}!"));
        cart.items.len()
    }
}

workflow! { Conflicts(item: String) -> usize { use slow: Slow; state cart: Cart; slow; } }

async fn interleaved(workflow: &Conflicts, slow: &Slow, shop: &Shop) -> Result<RunOutput<usize, String>, RunError> {
    let first = workflow.run("first").session("s").run_id("r1").background().await.expect("begins");
    slow.begun.notified().await;
    shop.run("other").session("s").run_id("r2").await.expect("runs");
    slow.go_on.notify_one();
    first.wait().await
}

#[tokio::test]
async fn a_conflict_runs_the_attempt_again_on_the_new_state() {
    let (db, slow) = (InMemoryDb::new(), Arc::new(Slow::default()));
    let workflow = Conflicts::builder().slow(Arc::clone(&slow)).db(db.clone()).build();
    let shop = Shop::builder().db(db).build();
    let run = interleaved(&workflow, &slow, &shop).await.expect("runs");
    assert_eq!(*run.content, 3);
    assert_eq!(run.state, Some(json!({ "items": ["other", "other", "first!"] })));
    assert_eq!(*slow.seen.lock().expect("nobody panics"), [vec![], vec!["other".to_owned(), "other".to_owned()]]);
    assert_eq!(run.steps.len(), 1);
}

#[tokio::test]
async fn a_conflict_too_many_fails_and_names_both_runs() {
    let (db, slow) = (InMemoryDb::new(), Arc::new(Slow::default()));
    let workflow = Conflicts::builder().slow(Arc::clone(&slow)).db(db.clone()).retry_on_conflict(0).build();
    let shop = Shop::builder().db(db).build();
    let error = interleaved(&workflow, &slow, &shop).await.expect_err("is in conflict");
    let RunError::Conflict { reason, run } = &error else { panic!("{error}") };
    assert_eq!((&*run.run_id, run.status), ("r1", Status::Failed));
    assert!(reason.contains("`slow`") && reason.contains("`r2`"), "{reason}");
    assert!(error.to_string().contains("`r1`"), "{error}");
    // Nothing is overwritten.
    assert_eq!(workflow.sessions().state::<Cart>("s").await.expect("it answers").expect("is there").items, ["other", "other"]);
    // A resume works on what is there now.
    assert_eq!(*workflow.resume("r1").await.expect("runs").content, 3);
}

struct OnlyOnce {
    slow: Slow,
}

#[step(effect = once)]
impl OnlyOnce {
    async fn run(&self, item: &str, cart: &mut Cart) -> usize {
        self.slow.run(item, cart).await
    }
}

workflow! { ConflictsOnce(item: String) -> usize { use only_once: OnlyOnce; state cart: Cart; only_once; } }

#[tokio::test]
async fn a_step_that_must_run_once_is_not_run_again_by_a_conflict() {
    let (db, once) = (InMemoryDb::new(), Arc::new(OnlyOnce { slow: Slow::default() }));
    let workflow = ConflictsOnce::builder().only_once(Arc::clone(&once)).db(db.clone()).build();
    let shop = Shop::builder().db(db).build();
    let first = workflow.run("first").session("s").background().await.expect("begins");
    once.slow.begun.notified().await;
    shop.run("other").session("s").run_id("other").await.expect("runs");
    once.slow.go_on.notify_one();
    // Nobody knows what it has done outside of the state: a person says whether it runs again.
    let Err(RunError::Paused(waits)) = first.wait().await else { panic!("it asks") };
    let [question] = waits.questions() else { panic!("{waits:?}") };
    assert_eq!(question.path, "only_once/error");
    assert!(question.text.contains("`only_once`") && question.text.contains("run `other`"), "{}", question.text);
    let waits = paused(workflow.resume(waits.run_id()).outcome().await);
    assert_eq!((once.slow.calls.load(SeqCst), waits.questions().len()), (1, 1));
    once.slow.go_on.notify_one();
    let run = completed(workflow.answer_json(waits.run_id(), "only_once/error", "retry").outcome().await);
    assert_eq!((*run.content, once.slow.calls.load(SeqCst)), (3, 2));
    assert_eq!(run.state, Some(json!({ "items": ["other", "other", "first!"] })));
}

workflow! { Waits(item: String) -> usize { state cart: Cart; add; ask more: String = "More?"; add(more) as again; } }

#[tokio::test]
async fn a_next_leg_starts_from_the_sessions_state() {
    let workflow = Waits::new();
    let waits = paused(workflow.run("a").session("s").outcome().await);
    assert_eq!(waits.partial().state, Some(json!({ "items": ["a"] })));
    let second = paused(workflow.run("b").session("s").outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "more", "c".to_owned()).outcome().await);
    // The first step's change is not made again, the other run's is seen.
    assert_eq!((*run.content, run.state), (3, Some(json!({ "items": ["a", "b", "c"] }))));
    let run = completed(workflow.answer(second.run_id(), "more", "d".to_owned()).outcome().await);
    assert_eq!(*run.content, 4);
}

workflow! { Everywhere(item: String) -> usize {
    state cart: Cart;
    condition yes (has_room) { steps group { add; } } else { size(); }
    loop more (max = 3, until = is_full) { add(item); }
    router way (next) { true => add(item), false => size() }
} }

#[step]
fn has_room(_item: &str, #[state] cart: &Cart) -> bool {
    cart.items.len() < 10
}

#[step]
fn is_full(_size: &usize, cart: &mut Cart) -> bool {
    cart.items.push("looked".into());
    cart.items.len() >= 4
}

#[step(blocking)]
fn next(_size: &usize, #[state] cart: &Cart) -> bool {
    cart.items.len() == 5
}

#[tokio::test]
async fn steps_and_predicates_anywhere_use_the_state() {
    let (_, came) = told(Everywhere::new().run("x")).await;
    let run = completed(came);
    // x; x looked; x looked; x
    assert_eq!((*run.content, ends(&run.steps).len()), (6, 14));
    assert_eq!(run.state, Some(json!({ "items": ["x", "x", "looked", "x", "looked", "x"] })));
}
