//! `parallel`: named branches, side by side.

mod failures;

use std::{
    sync::{Arc, Barrier, Mutex},
    time::Duration,
};

use agno::{StepErrorKind, prelude::*};
use tokio::time::Instant;

use crate::{Gauge, completed, ends, kind_at, support::paths, told};

#[step]
async fn one(n: &u32) -> u32 {
    n + 1
}

#[step]
async fn two(n: &u32) -> String {
    format!("two {n}")
}

#[step]
fn three(n: &u32) -> bool {
    *n > 3
}

#[step]
async fn join(one: &u32, two: &str, three: &bool) -> String {
    format!("{one}, {two}, {three}")
}

workflow! { Simple(n: u32) -> String { parallel all { one; two; three; } join; } }

#[tokio::test]
async fn each_branch_gets_the_value_and_gives_one() {
    let (lines, came) = told(Simple::new().run(4_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, "5, two 4, true");
    assert_eq!(paths(&run.steps), ["all/one", "all/two", "all/three", "all", "join"]);
    assert_eq!((&*lines[1], &*lines[lines.len() - 5]), ("ParallelExecutionStarted all", "ParallelExecutionCompleted all"));
}

workflow! {
    Named(n: u32) -> String {
        one as before;
        parallel all {
            one(n);
            steps group { one; one(before) as again; two; }
            one(before) as third;
            map as fourth |n| n + 1;
        }
        map as last |a, b, c, d| format!("{a} {b} {c} {d} {}", all.third + before + all.fourth + all.group.len() as u32);
    }
}

#[tokio::test]
async fn branches_see_names_from_before_and_have_names() {
    let run = Named::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, "2 two 3 3 3 13");
    assert_eq!(
        paths(&run.steps),
        ["before", "all/one", "all/group/one", "all/group/again", "all/group/two", "all/group", "all/third", "all/fourth", "all", "last",]
    );
}

workflow! {
    Flat(n: u32) -> String {
        parallel o {
            one;
            parallel i { one as a; parallel deep { two as b; one as c; } }
            three as last;
        }
        map |a, b, c, d, e| format!("{a} {b} {c} {d} {e} {} {} {}", o.i.a, o.i.deep.b, o.last);
    }
}

#[tokio::test]
async fn nested_parallels_are_flattened_in_order() {
    let run = Flat::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, "2 2 two 1 2 false 2 two 1 false");
    assert_eq!(paths(&run.steps), ["o/one", "o/i/a", "o/i/deep/b", "o/i/deep/c", "o/i/deep", "o/i", "o/last", "o", "map"]);
}

workflow! { Output(n: u32) -> (u32, String, bool) { parallel all { one; two; three; } } }

#[tokio::test]
async fn as_the_output_the_values_are_a_tuple() {
    assert_eq!(*Output::new().run(1_u32).await.expect("runs").content, (2, "two 1".to_owned(), false));
}

workflow! {
    Limited(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all (limit = 2) { gauge(5) as a; gauge(1) as b; gauge(1) as c; gauge(1) as d; gauge(1) as e; }
        map |a, b, c, d, e| a + b + c + d + e;
    }
}

workflow! {
    Unlimited(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all { gauge(5) as a; gauge(1) as b; gauge(2) as c; gauge(3) as d; }
        map |a, b, c, d| a + b + c + d;
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_and_is_used() {
    let gauge = Arc::new(Gauge::default());
    let began = Instant::now();
    let run = Limited::builder().gauge(Arc::clone(&gauge)).build().run(0_u32).await.expect("runs");
    assert_eq!((*run.content, gauge.most()), (90, 2));
    assert_eq!(gauge.ended(), [1, 1, 1, 1, 5]);
    assert!(began.elapsed() < Duration::from_secs(6));
    // Results are in declared order, whoever was first.
    assert_eq!(paths(&run.steps)[..5], ["all/a", "all/b", "all/c", "all/d", "all/e"]);
    let gauge = Arc::new(Gauge::default());
    let run = Unlimited::builder().gauge(Arc::clone(&gauge)).build().run(0_u32).await.expect("runs");
    assert_eq!((*run.content, gauge.most(), gauge.ended()), (110, 4, vec![1, 2, 3, 5]));
}

workflow! {
    Meet(n: u32) -> u32 {
        use meeting: Meeting;
        parallel all { meeting(1) as a; meeting(2) as b; }
        map |a, b| a + b;
    }
}

struct Meeting(Arc<Barrier>);

#[step]
impl Meeting {
    /// Ends when two are here at once.
    fn run(&self, n: &u32) -> Result<u32, String> {
        self.0.wait();
        if *n < 10 { Ok(*n) } else { Err(n.to_string()) }
    }
}

workflow! {
    BothAtOnce(n: u32) -> u32 {
        use meeting: Meeting;
        parallel all { meeting(11) as a; meeting(12) as b; }
        map |a, b| a + b;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn synchronous_steps_use_several_threads() {
    // With one thread the first would wait for ever.
    let workflow = Meet::builder().meeting(Meeting(Arc::new(Barrier::new(2)))).build();
    assert_eq!(*workflow.run(0_u32).await.expect("runs").content, 3);
    let workflow = BothAtOnce::builder().meeting(Meeting(Arc::new(Barrier::new(2)))).build();
    let (kind, path) = kind_at(workflow.run(0_u32).await);
    assert_eq!(kind, StepErrorKind::Error);
    assert!(["all/a", "all/b"].contains(&&*path), "{path}");
}

workflow! {
    Timed(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all (timeout = "5s", label = "All of them") { gauge(2) as quick; gauge(9) as slow; steps group { gauge(1) as a; gauge(8) as b; } }
        map |a, b, c| a + b + c;
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_all_of_it() {
    let gauge = Arc::new(Gauge::default());
    let (lines, came) = told(Timed::builder().gauge(Arc::clone(&gauge)).build().run(0_u32)).await;
    let error = came.expect_err("fails");
    assert_eq!((gauge.now(), gauge.ended()), (0, vec![1, 2]));
    let RunError::Failed { source, run, .. } = error else { panic!("{error}") };
    assert_eq!((source.kind, &*source.path, &*source.message), (StepErrorKind::Timeout, "all", "took longer than its timeout of 5s"));
    assert_eq!(
        ends(&run.steps),
        [
            "all/quick",
            "all/slow: cancelled",
            "all/group/a",
            "all/group/b: cancelled",
            "all/group: cancelled",
            "all: failed, took longer than its timeout of 5s",
        ]
    );
    assert_eq!(lines[lines.len() - 2..], ["ParallelExecutionCompleted all", "WorkflowError"]);
}

workflow! {
    InTime(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all (timeout = "5s") { gauge(4) as a; gauge(3) as b; }
        map |a, b| a + b;
    }
}

#[tokio::test(start_paused = true)]
async fn in_time_a_timeout_changes_nothing() {
    assert_eq!(*InTime::builder().gauge(Gauge::default()).build().run(0_u32).await.expect("runs").content, 70);
}

struct Log(Mutex<Vec<String>>);

#[step]
impl Log {
    async fn run(&self, who: &str) -> String {
        for turn in 0..3 {
            self.0.lock().expect("nobody panics").push(format!("{who}{turn}"));
            tokio::task::yield_now().await;
        }
        who.to_owned()
    }
}

workflow! { Interleaved(n: u32) -> String { use log: Log; parallel all { log("a") as a; log("b") as b; } map |a, b| format!("{a}{b}"); } }

#[tokio::test]
async fn branches_run_side_by_side() {
    let log = Arc::new(Log(Mutex::default()));
    Interleaved::builder().log(Arc::clone(&log)).build().run(0_u32).await.expect("runs");
    // Who is woken first is the runtime's affair, but neither waits for the other's end.
    let log = log.0.lock().expect("nobody panics").clone();
    let turns: Vec<_> = log.chunks(2).map(|turn| turn.iter().map(|entry| &entry[1..]).collect::<Vec<_>>()).collect();
    assert_eq!(turns, [["0", "0"], ["1", "1"], ["2", "2"]], "{log:?}");
}

workflow! {
    Again(n: u32) -> u32 {
        state total: Total;
        parallel all { one; steps group { one; peek; } }
        keep;
        loop twice |n| (max = 2) { parallel all { one; one as two; } map |a, b| a + b; keep(map, map); }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Total(u32);

#[step]
fn peek(n: &u32, #[state] total: &Total) -> u32 {
    n + total.0
}

#[step]
fn keep(a: &u32, b: &u32, total: &mut Total) -> u32 {
    total.0 += a + b;
    total.0
}

#[tokio::test]
async fn the_state_is_read_in_branches_and_changed_after_them() {
    let workflow = Again::new();
    assert_eq!(*workflow.run(1_u32).session("s").await.expect("runs").content, 124);
    let run = workflow.run(1_u32).session("s").await.expect("runs");
    assert_eq!(workflow.sessions().state::<Total>("s").await.expect("it answers").expect("is there").0, *run.content);
}
