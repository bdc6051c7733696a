//! More runs than the queue of a store has room for, while another program keeps the store from writing.

use std::sync::Arc;

use agno::{
    SqliteDb,
    db::Store,
    prelude::*,
    testing::{Answers, Doomed},
};
use agno_durable::{
    effects::did,
    ordering::{ORDER, Ordering, SHIPPED, ordering, yes},
};
use futures_util::{
    FutureExt as _,
    future::{JoinAll, LocalBoxFuture, join_all},
};
use tokio::sync::Notify;

use crate::support::{PATIENCE, Place, on_each_store, soon, times};

/// A few more than there is room for.
const CROWD: usize = 1_100;

/// A store that waits for as long as the test does, and what locks it.
async fn open(place: &Place) -> (Store, &'static str) {
    if place.address.starts_with("postgres") {
        return (place.open().await, "BEGIN; LOCK TABLE runs, records, events IN EXCLUSIVE MODE");
    }
    let db = SqliteDb::options().busy_timeout(PATIENCE).open(&place.address).await.expect("it opens");
    (db.into(), "BEGIN IMMEDIATE")
}

type Runs<'c> = JoinAll<LocalBoxFuture<'c, Result<Outcome<String, String>, RunError>>>;

/// All that a store which cannot write has been asked to write waits in its queue.
struct Crowd {
    db: Doomed,
    orders: Ordering,
    answers: Answers,
    ids: Vec<String>,
}

impl Crowd {
    fn new(place: &Place, db: &Store) -> Self {
        let db = Doomed::new(db.clone());
        let ids = (0..CROWD).map(|run| place.id(&format!("crowd-{run}"))).collect();
        Self { orders: ordering(db.clone()), db, answers: yes(), ids }
    }

    /// Runs that begin, or that are taken on.
    fn runs<'c>(&'c self, ids: &'c [String]) -> Runs<'c> {
        join_all(ids.iter().map(|id| self.answers.run(self.orders.run(ORDER).run_id(id).session(id)).boxed_local()))
    }

    /// Until each run has its first commit under way.
    async fn gather(&self, mut runs: [&mut Runs<'_>; 2]) {
        while self.db.writes() < CROWD {
            assert!(runs.iter_mut().all(|runs| runs.now_or_never().is_none()), "none is refused, and none goes on");
            tokio::task::yield_now().await;
        }
    }
}

async fn runs_wait_for_room_and_none_is_lost(place: Place) {
    let (db, lock) = open(&place).await;
    let crowd = Crowd::new(&place, &db);
    let mut raw = place.raw().await;
    raw.run(lock).await;
    let (kept, dropped) = crowd.ids.split_at(100);
    let (mut keep, mut to_drop) = (crowd.runs(kept), crowd.runs(dropped));
    soon(crowd.gather([&mut keep, &mut to_drop])).await;
    // Some have room in the queue, and some have none.
    drop(to_drop);
    raw.run("COMMIT").await;
    let ended = soon(keep).await;
    // Some of the others begin, or go on, as if nothing had been.
    let (again, left) = dropped.split_at(50);
    let ended_again = soon(crowd.runs(again)).await;
    let shipped = times([("book", 1), ("quote/price", 1), ("quote/weigh", 1), ("ship", 1)]);
    for (id, outcome) in kept.iter().chain(again).zip(ended.into_iter().chain(ended_again)) {
        let Ok(Outcome::Completed(run)) = outcome else { panic!("{id}: {outcome:?}") };
        assert_eq!((&**run.content, place.effects(id)), (SHIPPED, shipped.clone()), "{id}");
    }
    assert!(left.iter().all(|id| place.effects(id).is_empty()), "nothing ran before its run was stored");
}

/// A step that ends when the test lets it.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<Notify>);

#[step]
impl Gate {
    async fn run(&self, text: &str, ctx: &StepContext) -> String {
        did(ctx);
        self.0.notified().await;
        text.to_owned()
    }
}

#[step]
fn both(first: &str, second: &str) -> String {
    format!("{first} {second}")
}

workflow! {
    Sides(text: String) -> String {
        use left: Gate;
        use right: Gate;
        parallel sides { left(text); right(text); }
        both;
    }
}

/// One side's record is under way, and has no room; the other's waits for it. What is stored of them has no gap.
async fn a_run_that_is_dropped_without_room_has_no_gap(place: Place) {
    let (db, lock) = open(&place).await;
    let gates = [Gate::default(), Gate::default()];
    let workflow = Sides::builder().left(gates[0].clone()).right(gates[1].clone()).db(db.clone()).build();
    let run_id = place.id("sides");
    let mut run = workflow.run("a").run_id(&run_id).store_events(true).outcome().boxed();
    soon(async {
        while place.effects(&run_id).len() < 2 {
            assert!((&mut run).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        // What has begun is stored.
        while db.events(&run_id, 0, 100).await.expect("it answers").len() < 4 {
            assert!((&mut run).now_or_never().is_none());
        }
    })
    .await;
    let mut raw = place.raw().await;
    raw.run(lock).await;
    let crowd = Crowd::new(&place, &db);
    let (some, others) = crowd.ids.split_at(CROWD / 2);
    let (mut some, mut others) = (crowd.runs(some), crowd.runs(others));
    soon(crowd.gather([&mut some, &mut others])).await;
    for gate in &gates {
        gate.0.notify_one();
        assert!((&mut run).now_or_never().is_none(), "what has ended cannot be stored");
    }
    drop((run, some, others));
    raw.run("COMMIT").await;
    soon(async {
        while db.is_owned(&run_id).await.expect("it answers") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let events = db.events(&run_id, 0, 100).await.expect("it answers");
    assert!(events.iter().zip(0..).all(|(event, number)| event.sequence == number), "there is a gap: {events:?}");
    for gate in &gates {
        gate.0.notify_one();
    }
    let output = soon(workflow.resume(&run_id).into_future()).await.expect("it goes on");
    assert_eq!(*output.content, "a a");
    assert_eq!(place.effects(&run_id), times([("sides/left", 1), ("sides/right", 1)]), "what had ended was stored");
}

on_each_store! {
    runs_wait_for_room_and_none_is_lost
    a_run_that_is_dropped_without_room_has_no_gap
}
