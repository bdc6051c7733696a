//! Worst-case bounds, each beside runs that keep them, or reach them.

use std::time::Duration;

use agno::{Bound, Bounds, Metrics, Plan, WhyUnbounded, prelude::*};

use crate::fixtures::{
    Broken, Conditions, Everything, Items, Loops, Recursive, Routers, Side, Topic, both, glue, is_long, longer, same, words,
};

#[derive(Debug, PartialEq)]
struct Found<'b> {
    steps: Result<u64, (&'b str, WhyUnbounded)>,
    attempts: Result<u64, (&'b str, WhyUnbounded)>,
    concurrency: Result<u64, (&'b str, WhyUnbounded)>,
    time: Result<Duration, (&'b str, WhyUnbounded)>,
}

fn of<T: Copy>(bound: &Bound<T>) -> Result<T, (&str, WhyUnbounded)> {
    match bound {
        Bound::Finite(most) => Ok(*most),
        Bound::Unbounded(unbounded) => Err((&unbounded.path, unbounded.why)),
    }
}

fn found(bounds: &Bounds) -> Found<'_> {
    let Bounds { steps, attempts, concurrency, time, .. } = bounds;
    Found { steps: of(steps), attempts: of(attempts), concurrency: of(concurrency), time: of(time) }
}

#[track_caller]
fn finite(plan: &Plan, steps: u64, attempts: u64, concurrency: u64, time: Duration) {
    let expected = Found { steps: Ok(steps), attempts: Ok(attempts), concurrency: Ok(concurrency), time: Ok(time) };
    assert_eq!(found(&plan.bounds()), expected);
}

#[track_caller]
fn keeps(plan: &Plan, metrics: &Metrics) {
    let bounds = plan.bounds();
    let (steps, attempts) = (bounds.steps.finite().copied(), bounds.attempts.finite().copied());
    assert!(steps.is_none_or(|most| metrics.steps as u64 <= most), "{} results, {bounds}", metrics.steps);
    assert!(attempts.is_none_or(|most| metrics.attempts <= most), "{} attempts, {bounds}", metrics.attempts);
}

const NONE: Duration = Duration::ZERO;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Fails as often as it may, and takes as long.
#[step(retry = 3, backoff = "1s", max_backoff = "3s", timeout = "10s")]
async fn slow(_text: &str) -> Result<String, Broken> {
    std::future::pending().await
}

#[step(timeout = "10s")]
async fn patient(text: &str, ctx: &StepContext) -> String {
    _ = ctx;
    tokio::time::sleep(seconds(9)).await;
    text.to_owned()
}

workflow! { Slow(text: String) -> String { slow with (on_error = fallback(same)); sleep "5s"; } }

#[tokio::test(start_paused = true)]
async fn attempts_timeouts_and_delays_of_a_step() {
    // Four times ten seconds, and one, two and three seconds between them; then the sleep.
    finite(Slow::PLAN, 3, 6, 1, seconds(40 + 6 + 5));
    let before = tokio::time::Instant::now();
    let run = Slow::new().run("a").await.expect("falls back");
    let took = before.elapsed();
    assert!(took <= seconds(51) && took > seconds(40 + 3 + 5 - 1), "{took:?}");
    assert_eq!((run.metrics.steps, run.metrics.attempts), (3, 6));
}

workflow! {
    Turns(text: String) -> String {
        loop outer (max = 3, until = is_long) { loop inner (max = 2) { same; patient; } }
    }
}

#[tokio::test(start_paused = true)]
async fn loops_multiply() {
    finite(Turns::PLAN, 3 * (2 * 2 + 1), 15, 1, seconds(60));
    let run = Turns::new().run("a").await.expect("runs");
    assert_eq!((run.metrics.steps, run.metrics.attempts), (15, 15));
}

workflow! {
    Ways(text: String) -> String {
        condition one (is_long) { patient; patient as again; } else { same; }
        router two (|text| text.len()) { 0 => { same as a; same as b; same as c; } _ => patient as d }
    }
}

#[tokio::test(start_paused = true)]
async fn of_ways_the_longest_counts() {
    finite(Ways::PLAN, 1 + 2 + 1 + 3, 7, 1, seconds(30));
    for text in ["short", "a long one it is"] {
        keeps(Ways::PLAN, &Ways::new().run(text).await.expect("runs").metrics);
    }
}

workflow! {
    Branches(text: String) -> String {
        parallel all { steps a { patient; patient as again; } patient as b; parallel c { same as x; same as y; } }
        map |a, b, _x, _y| format!("{a}{b}");
        parallel limited (limit = 2) { patient as one; patient as two; patient as three; }
        map as joined |a, b, _c| format!("{a}{b}");
    }
}

#[tokio::test(start_paused = true)]
async fn branches_run_side_by_side_up_to_their_limit() {
    // Twenty seconds, then three jobs of ten on two machines: (30 + 10) / 2.
    finite(Branches::PLAN, 10, 10, 4, seconds(40));
    let before = tokio::time::Instant::now();
    keeps(Branches::PLAN, &Branches::new().run("a").await.expect("runs").metrics);
    assert_eq!(before.elapsed(), seconds(18 + 18));
}

workflow! {
    Timed(text: String) -> String {
        words;
        each items (limit = 3) { patient; }
        glue;
    }
}

workflow! {
    TimedWithin(text: String) -> String {
        words;
        each items (limit = 3, timeout = "1m") { patient; }
        glue;
        steps group (timeout = "5s") { patient; }
        steps asks (timeout = "5s") { patient; ask answer: String = "?" with (timeout = "1h"); }
    }
}

#[test]
fn the_items_of_a_list_have_no_bound_but_a_limit_and_a_timeout() {
    let items = ("items", WhyUnbounded::Items);
    let expected = Found { steps: Err(items), attempts: Err(items), concurrency: Ok(3), time: Err(items) };
    assert_eq!(found(&Timed::PLAN.bounds()), expected);
    // The pause for an answer is not in the container's time.
    let time = seconds(60 + 5 + 5 + 3600);
    let expected = Found { steps: Err(items), attempts: Err(items), concurrency: Ok(3), time: Ok(time) };
    assert_eq!(found(&TimedWithin::PLAN.bounds()), expected);
    // What does not wait does not wait any number of times.
    assert_eq!(of(&Items::PLAN.bounds().time), Ok(NONE));
}

workflow! {
    AsksBeside(text: String) -> String {
        parallel two { steps a { patient; ask one: String = "?" with (timeout = "10m"); } steps b { ask two: String = "?" with (timeout = "10m"); patient as late; } }
        both;
    }
}

#[test]
fn branches_that_pause_may_have_to_take_turns() {
    finite(AsksBeside::PLAN, 5, 5, 2, seconds(2 * (600 + 10)));
}

workflow! { Forever(text: String) -> String { ask answer: String = "?"; } }
workflow! { Decided(text: String) -> String { slow with (on_error = pause); } }
workflow! { Many(text: String) -> String { router several (|text| vec![text.len()], many) { 0 => same, _ => patient } } }
#[step]
async fn endless(text: &str) -> String {
    text.to_owned()
}
workflow! { Endless(text: String) -> String { same; endless; } }

#[test]
fn why_there_is_no_bound() {
    let no = |path, why| Err((path, why));
    assert_eq!(of(&Forever::PLAN.bounds().time), no("answer", WhyUnbounded::NoDeadline));
    assert_eq!(of(&Endless::PLAN.bounds().time).err(), Some(("endless", WhyUnbounded::NoTimeout)));
    assert_eq!(of(&Decided::PLAN.bounds().attempts), Err(("slow", WhyUnbounded::Decision)));
    assert_eq!(of(&Decided::PLAN.bounds().concurrency), Ok(1));
    assert_eq!(of(&Many::PLAN.bounds().steps), Err(("several", WhyUnbounded::Selection)));
    let again = Err(("again/recursive", WhyUnbounded::Recursion));
    let bounds = Recursive::PLAN.bounds();
    assert_eq!((of(&bounds.steps), of(&bounds.attempts), of(&bounds.concurrency)), (again, again, again));
    assert_eq!(
        Endless::PLAN.bounds().to_string(),
        "steps: at most 2\nattempts: at most 2\nconcurrency: at most 1\ntime: unbounded: `endless` has no timeout"
    );
}

workflow! { Inner(text: String) -> String { patient; } }
workflow! { Outer(text: String) -> String { Inner with (retry = 2, timeout = "8s", on_error = skip); } }

#[tokio::test(start_paused = true)]
async fn a_nested_workflow_is_started_anew_with_all_that_is_in_it() {
    finite(Outer::PLAN, 3 * 2, 3, 1, seconds(24));
    let before = tokio::time::Instant::now();
    let run = Outer::new().run("a").await.expect("is skipped");
    assert_eq!(before.elapsed(), seconds(24));
    keeps(Outer::PLAN, &run.metrics);
}

workflow! { Huge(text: String) -> String { loop a (max = 4_000_000_000) { loop b (max = 4_000_000_000) { loop c (max = 4_000_000_000) { patient; } } } } }

#[test]
fn what_is_too_big_is_the_biggest() {
    finite(Huge::PLAN, u64::MAX, u64::MAX, 1, Duration::MAX);
}

#[tokio::test]
async fn runs_keep_the_bounds() {
    for text in ["", "a", "a text of some length", "b c d e f g"] {
        keeps(Side::PLAN, &Side::new().run(text).await.expect("runs").metrics);
        keeps(Items::PLAN, &Items::new().run(text).await.expect("runs").metrics);
        keeps(Conditions::PLAN, &Conditions::new().run(text).await.expect("runs").metrics);
        keeps(Loops::PLAN, &Loops::new().run(text).await.expect("runs").metrics);
        keeps(Routers::PLAN, &Routers::new().run(text).await.expect("runs").metrics);
    }
}

#[test]
fn the_bounds_of_a_plan_are_in_its_formats() {
    assert!(Loops::PLAN.text().contains("│ at most "), "{}", Loops::PLAN);
    assert_eq!(Loops::PLAN.json()["bounds"]["concurrency"]["finite"], 1);
    let unbounded = &Everything::PLAN.json()["bounds"]["steps"]["unbounded"];
    assert_eq!((&unbounded["path"], &unbounded["why"]), (&"work/left/items".into(), &"items".into()));
    _ = (longer(""), Topic { title: String::new() });
}
