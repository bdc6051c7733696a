//! Panics, timeouts, dropped futures and streams: nothing is left running, and nothing hangs.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use agno::{StepErrorKind, prelude::*};
use futures_util::StreamExt as _;

use crate::probe::{Probe, soon};

/// A gate for threads.
#[derive(Clone, Default, JsonSchema)]
#[schemars(with = "()")]
struct Latch(Arc<(Mutex<bool>, Condvar)>);

impl Latch {
    fn open(&self) {
        *self.0.0.lock().expect("is not poisoned") = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let open = self.0.0.lock().expect("is not poisoned");
        drop(self.0.1.wait_while(open, |open| !*open).expect("is not poisoned"));
    }
}

#[derive(Clone, JsonSchema)]
#[schemars(with = "()")]
struct Both {
    probe: Probe,
    latch: Latch,
}

impl Both {
    fn new() -> Self {
        Self { probe: Probe::new(), latch: Latch::default() }
    }
}

#[step(blocking)]
fn grinds(text: &str, #[extra] both: &Both) -> String {
    let _alive = both.probe.enter("grinds");
    both.latch.wait();
    drop(both.probe.enter("ground"));
    text.to_owned()
}

#[step(blocking, timeout = "1ms")]
fn grinds_too_long(text: &str, #[extra] both: &Both) -> String {
    grinds(text, both)
}

#[step]
fn frees(text: &str, #[extra] both: &Both) -> String {
    both.latch.open();
    text.to_owned()
}

workflow! { Grind(text: String) -> String { extra both: Both; grinds; } }

workflow! { GrindTooLong(text: String) -> String { extra both: Both; grinds_too_long with (on_error = skip); frees; } }

#[tokio::test]
async fn the_thread_of_a_dropped_run_goes_on_and_nobody_waits_for_it() {
    let (wf, both) = (Grind::new(), Both::new());
    both.probe.cut("grinds", 1, wf.run("a").run_id("r").extra(both.clone())).await;
    assert_eq!(both.probe.alive(), 1, "it goes on");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.steps.len()), (Status::Running, 0));
    both.latch.open();
    both.probe.called("ground", 1).await;
    // Its result is dropped: the run runs it again.
    assert_eq!(*soon(wf.resume("r")).await.expect("completes").content, "a");
    assert_eq!(both.probe.calls("grinds"), 2);
}

#[test]
fn what_waits_for_a_thread_does_not_begin_after_its_run_was_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().expect("a runtime");
    let (wf, both) = (Grind::new(), Both::new());
    runtime.block_on(async {
        let busy = both.latch.clone();
        let busy = tokio::task::spawn_blocking(move || busy.wait());
        let mut run = wf.run("a").run_id("r").extra(both.clone()).into_future();
        assert!(futures_util::poll!(&mut run).is_pending());
        drop(run);
        both.latch.open();
        busy.await.expect("ends");
        // The pool's only thread comes to this after all that waited before.
        tokio::task::spawn_blocking(|| ()).await.expect("ends");
        assert_eq!(both.probe.calls("grinds"), 0);
        assert_eq!(*wf.resume("r").await.expect("completes").content, "a");
        assert_eq!(both.probe.calls("grinds"), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn an_awaited_run_waits_for_its_threads() {
    let (wf, both) = (GrindTooLong::new(), Both::new());
    let too_long = async {
        both.probe.called("grinds", 1).await;
        // Paused time does not advance by itself while the pool works.
        tokio::time::advance(Duration::from_millis(2)).await;
    };
    let (out, ()) = soon(futures_util::future::join(wf.run("a").extra(both.clone()).into_future(), too_long)).await;
    let out = out.expect("completes");
    assert_eq!((&**out.content, both.probe.alive(), both.probe.calls("ground")), ("a", 0, 1), "the time was over, the thread was not");
    let result = out.steps.at("grinds_too_long").expect("is there");
    assert_eq!(result.error().expect("has one").kind, StepErrorKind::Timeout);
}

#[tokio::test]
async fn a_cancelled_run_waits_for_its_threads() {
    let (wf, both) = (Grind::new(), Both::new());
    let handle = wf.run("a").extra(both.clone()).background().await.expect("begins");
    both.probe.called("grinds", 1).await;
    let opened = async {
        tokio::task::yield_now().await;
        assert_eq!(handle.status().await.expect("is there"), Status::Running, "it is not over");
        both.latch.open();
    };
    let (cancelled, ()) = soon(futures_util::future::join(handle.cancel(), opened)).await;
    cancelled.expect("is cancelled");
    assert_eq!((both.probe.alive(), handle.status().await.expect("is there")), (0, Status::Cancelled));
}

#[test]
fn a_dropped_blocking_stream_does_not_wait_for_a_thread() {
    let (wf, both) = (Grind::new(), Both::new());
    let mut stream = wf.run("a").run_id("r").extra(both.clone()).blocking_stream();
    stream.by_ref().map(|event| event.expect("begins")).find(|event| event.path == "grinds").expect("comes");
    drop(stream);
    both.latch.open();
    assert_eq!(*wf.resume("r").blocking().expect("completes").content, "a");
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

#[step]
async fn panics(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("panics");
    tokio::task::yield_now().await;
    panic!("cannot do {text}");
}

#[step(blocking)]
fn panics_in_a_thread(text: &str) -> String {
    panic!("cannot do {text} in a thread");
}

#[step]
fn panics_in_a_task(text: &str) -> String {
    panic!("cannot do {text} in a task");
}

workflow! {
    Panics(text: String) -> String {
        extra probe: Probe;
        parallel all { waits; steps group { panics; } }
        map |a, b| format!("{a}{b}");
    }
}

workflow! {
    Gathers(text: String) -> bool {
        extra probe: Probe;
        parallel all (on_error = collect) { panics; panics_in_a_thread; panics_in_a_task; waits; }
        map |a, b, c, d| a.is_err() && b.is_err() && c.is_err() && d.is_ok();
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_cancels_the_siblings_and_fails_the_run() {
    let (wf, probe) = (Panics::new(), Probe::new());
    let error = soon(wf.run("a").run_id("r").extra(probe.clone())).await.expect_err("panics");
    let RunError::Failed { path, source, attempts, .. } = &error else { panic!("{error}") };
    assert_eq!((path.as_str(), source.kind, *attempts), ("all/group/panics", StepErrorKind::Panic, 1));
    assert!(error.to_string().contains("`all/group/panics` panicked: cannot do a"), "{error}");
    assert_eq!(probe.alive(), 0, "nothing is left running");
    soon(wf.resume("r")).await.expect_err("panics again");
    assert_eq!((probe.calls("panics"), probe.alive()), (2, 0));
}

#[tokio::test]
async fn panics_are_errors_wherever_a_step_runs() {
    let (wf, probe) = (Gathers::new(), Probe::new());
    probe.open("waits");
    let out = soon(wf.run("a").extra(probe.clone())).await.expect("completes");
    assert!(*out.content);
    let message =
        |path: &str| out.steps.at(path).and_then(|step| step.error().map(|error| (error.kind, error.message.clone()))).expect("failed");
    assert_eq!(message("all/panics_in_a_thread"), (StepErrorKind::Panic, "cannot do a in a thread".to_owned()));
    assert_eq!(message("all/panics_in_a_task"), (StepErrorKind::Panic, "cannot do a in a task".to_owned()));
    assert_eq!(probe.alive(), 0);
}

workflow! {
    TimesOut(text: String) -> String {
        extra probe: Probe;
        parallel all (timeout = "1h") {
            waits;
            steps group { loop turns (max = 2) { waits; } }
            steps other { waits as second with (timeout = "2h"); }
        }
        map |a, b, c| format!("{a}{b}{c}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_leaves_nothing_running() {
    let (wf, probe) = (TimesOut::new(), Probe::new());
    let began = tokio::time::Instant::now();
    let error = soon(wf.run("a").extra(probe.clone())).await.expect_err("takes too long");
    let RunError::Failed { path, source, .. } = &error else { panic!("{error}") };
    assert_eq!((path.as_str(), source.kind, began.elapsed().as_secs()), ("all", StepErrorKind::Timeout, 3600));
    assert_eq!((probe.calls("waits"), probe.alive()), (3, 0));
    assert!(error.to_string().contains("3600s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn dropping_at_any_moment_leaves_nothing_running() {
    // As many polls as it takes, one more each time.
    for polls in 0.. {
        let (wf, probe) = (TimesOut::new(), Probe::new());
        let mut run = wf.run("a").run_id("r").store_events(true).extra(probe.clone()).into_future();
        let mut ended = false;
        for n in 0..polls {
            probe.open(if n > 3 { "waits" } else { "" });
            ended = futures_util::poll!(&mut run).is_ready();
            if ended {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(run);
        assert_eq!(probe.alive(), 0, "after {polls} polls");
        if ended {
            assert!(polls > 3);
            break;
        }
        if polls > 0 {
            probe.open("waits");
            let out = soon(wf.resume("r")).await.expect("completes");
            assert_eq!(*out.content, "aaa");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_stream_at_any_event_leaves_nothing_running() {
    let probe = Probe::new();
    probe.open("waits");
    let total = TimesOut::new().run("a").extra(probe).stream().count().await;
    for events in 0..total {
        let (wf, probe) = (TimesOut::new(), Probe::new());
        probe.open("waits");
        let mut stream = wf.run("a").run_id("r").store_events(true).extra(probe.clone()).stream();
        for _ in 0..events {
            stream.next().await.expect("comes").expect("begins");
        }
        drop(stream);
        assert_eq!(probe.alive(), 0, "after {events} events");
        if events > 0 {
            let out = soon(wf.resume("r")).await.expect("completes");
            assert_eq!(*out.content, "aaa");
        }
    }
}

#[test]
fn a_runtime_that_goes_away_leaves_its_runs_resumable() {
    let (wf, probe) = (TimesOut::new(), Probe::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
        probe.called("waits", 3).await;
    });
    drop(runtime);
    assert_eq!(probe.alive(), 0);
    probe.open("waits");
    assert_eq!(*wf.resume("r").blocking().expect("completes").content, "aaa");
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_run_that_went_away_does_not_hang() {
    let (wf, probe) = (TimesOut::new(), Probe::new());
    let mut run = wf.run("a").run_id("r").extra(probe.clone()).into_future();
    assert!(futures_util::poll!(&mut run).is_pending());
    // The run is somebody else's: the handle only looks on.
    let handle = wf.resume("r").background().await.expect("is there");
    let mut waiting = std::pin::pin!(handle.wait());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drop(run);
    let error = soon(waiting).await.expect_err("its future was dropped");
    assert!(matches!(&error, RunError::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("`resume` takes it on"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_time_by_the_caller_is_a_drop() {
    let (wf, probe) = (TimesOut::new(), Probe::new());
    let run = wf.run("a").run_id("r").extra(probe.clone());
    tokio::time::timeout(Duration::from_secs(1), run.into_future()).await.expect_err("takes longer");
    assert_eq!(probe.alive(), 0);
    assert_eq!(wf.get_run("r").await.expect("reads").expect("is there").status, Status::Running, "only `cancel` cancels");
}
