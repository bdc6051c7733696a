//! `router`: a Rust `match` whose choice is recorded.

use agno::{StepErrorKind, prelude::*};

use crate::{completed, ends, kind_at, paused, questions, support::paths, told};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Route {
    Plain,
    Number(u32),
    Pair { left: u32, right: String },
    List(Vec<u32>),
    Other,
    Unused,
}

#[step]
fn route(n: &u32) -> Route {
    match n {
        0 => Route::Plain,
        1..10 => Route::Number(*n),
        10..20 => Route::Pair { left: *n, right: format!("r{n}") },
        20..30 => Route::List((0..n - 20).collect()),
        30 => Route::Unused,
        _ => Route::Other,
    }
}

#[step]
async fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

#[step]
fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[step]
fn measure(text: &str) -> u32 {
    text.len() as u32
}

workflow! {
    Routes(n: u32) -> u32 {
        router by_route (route) {
            Route::Plain => double,
            Route::Number(number) if *number > 5 && n > &6 => add(number, n),
            Route::Number(5 | 6) => double as five_or_six,
            Route::Number(number) => steps small { double(number); add(double, number) as total; },
            Route::Pair { left, right } => { measure(right); add(measure, left); }
            Route::List(numbers) if numbers.len() > 3 => sum(&numbers[2..]),
            Route::List(numbers) => sum(numbers) as short,
            Route::Other | Route::Unused => add(n, n) as other,
        }
    }
}

#[tokio::test]
async fn arms_bind_guard_and_alternate() {
    let workflow = Routes::new();
    for (n, value, path) in [
        (0_u32, 0, "by_route/double"),
        (7, 14, "by_route/add"),
        (6, 12, "by_route/five_or_six"),
        (5, 10, "by_route/five_or_six"),
        (3, 9, "by_route/small/total"),
        (12, 15, "by_route/add"),
        (25, 9, "by_route/sum"),
        (23, 3, "by_route/short"),
        (30, 60, "by_route/other"),
        (31, 62, "by_route/other"),
    ] {
        let run = workflow.run(n).await.expect("runs");
        assert_eq!(*run.content, value, "{n}");
        assert!(paths(&run.steps).contains(&path.to_owned()), "{n}: {:?}", paths(&run.steps));
    }
    let (lines, came) = told(workflow.run(3_u32)).await;
    let run = completed(came);
    assert_eq!(paths(&run.steps), ["by_route/select", "by_route/small/double", "by_route/small/total", "by_route/small", "by_route"]);
    assert_eq!(run.steps.at("by_route").expect("ran").route(), ["Route::Number(number)"]);
    assert_eq!(lines[1..4], ["RouterExecutionStarted by_route", "StepStarted by_route/select", "StepCompleted by_route/select"]);
}

#[step]
fn word(n: &u32) -> String {
    ["one", "two", "three"].get(*n as usize - 1).copied().unwrap_or("many").to_owned()
}

workflow! {
    Words(n: u32) -> String {
        router by_word (word) {
            "one" => { double; map |n| format!("one {n}"); },
            "two" | "three" => map |n| format!("few {n}"),
            other if other.len() > 10 => map as never |_| String::new(),
            other => map as rest |n| format!("{other} {n}"),
        }
    }
}

#[tokio::test]
async fn a_string_selector_matches_literals() {
    let workflow = Words::new();
    for (n, text) in [(1_u32, "one 2"), (2, "few 2"), (3, "few 3"), (4, "many 4")] {
        assert_eq!(*workflow.run(n).await.expect("runs").content, text);
    }
}

workflow! { Closures(n: u32) -> u32 {
    double;
    router size (|doubled| (*doubled > 10, *n % 2)) {
        (true, 0) => add(double, n),
        (true, _) => double as twice,
        (false, rest) => add(rest, &1000),
    }
} }

#[tokio::test]
async fn a_selector_may_be_a_closure() {
    let workflow = Closures::new();
    for (n, value) in [(6_u32, 18), (7, 28), (1, 1001), (2, 1000)] {
        assert_eq!(*workflow.run(n).await.expect("runs").content, value);
    }
    let run = workflow.run(6_u32).await.expect("runs");
    assert_eq!(run.steps.at("size/select").expect("recorded").content().expect("writes"), Some(serde_json::json!([true, 0])));
    assert_eq!(run.steps.at("size").expect("ran").route(), ["(true, 0)"]);
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Change {
    Add(u32),
    Double,
    Group,
    Fail,
}

#[step]
fn changes(n: &u32) -> Vec<Change> {
    match n {
        0 => vec![],
        1 => vec![Change::Double, Change::Add(5), Change::Double, Change::Group],
        _ => vec![Change::Add(1), Change::Fail, Change::Double],
    }
}

#[step]
fn fails(n: &u32) -> Result<u32, String> {
    Err(format!("at {n}"))
}

workflow! {
    Many(n: u32) -> u32 {
        router apply (changes, many) {
            Change::Add(more) => add(more, apply_value(more)),
            Change::Double => double,
            Change::Group => { double; double as again; }
            Change::Fail => fails,
        }
    }
}

fn apply_value(n: &u32) -> &u32 {
    n
}

workflow! {
    ManyPiped(n: u32) -> u32 {
        router apply (changes, many) {
            Change::Add(more) => map |n| n + more,
            Change::Double => double,
            Change::Group => { double; double as again; }
            Change::Fail => fails,
        }
        double as after;
    }
}

#[tokio::test]
async fn with_many_the_chosen_arms_run_in_the_chosen_order() {
    let workflow = ManyPiped::new();
    let run = workflow.run(1_u32).await.expect("runs");
    // ((1 * 2 + 5) * 2) * 4 * 2
    assert_eq!(*run.content, 112);
    assert_eq!(
        paths(&run.steps),
        [
            "apply/select",
            "apply/many[0]/double",
            "apply/many[1]/map",
            "apply/many[2]/double",
            "apply/many[3]/double",
            "apply/many[3]/again",
            "apply",
            "after",
        ]
    );
    assert_eq!(run.steps.at("apply").expect("ran").route(), ["Change::Double", "Change::Add(more)", "Change::Double", "Change::Group"]);
    let run = workflow.run(0_u32).await.expect("runs");
    assert_eq!((*run.content, paths(&run.steps).len()), (0, 3));
    let error = workflow.run(2_u32).await.expect_err("fails");
    assert_eq!(
        ends(&error.partial().expect("a run").steps)[1..],
        ["apply/many[0]/map", "apply/many[1]/fails: failed, at 3", "apply: failed, at 3"]
    );
    assert_eq!(kind_at::<()>(Err(error)).1, "apply/many[1]/fails");
    assert_eq!(*Many::new().run(1_u32).await.expect("runs").content, 80);
}

workflow! { ManyWords(n: u32) -> u32 {
    router apply (|n| vec!["double".to_owned(), "add".to_owned(), n.to_string()], many) {
        "double" => double,
        "add" => map |n| n + 1,
        other => map as rest |n| n * 10 + other.len() as u32,
    }
} }

#[tokio::test]
async fn many_chooses_by_text_too() {
    assert_eq!(*ManyWords::new().run(2_u32).await.expect("runs").content, 51);
}

workflow! { Unit(n: u32) -> u32 {
    router flag (|n| *n > 5) { true => double, false => add(n, n) }
    router optional (|n| (*n > 20).then_some(*n)) { Some(n) => add(n, &1), None => double as none }
    router number (|n| n % 3) { 0 => { double; } 1 => double as one, 2.. => double as two, }
} }

#[tokio::test]
async fn anything_that_rust_matches_is_a_selector() {
    // 3: 6, 12, 24
    assert_eq!(*Unit::new().run(3_u32).await.expect("runs").content, 24);
    // 11: 22, 23, 46
    let run = Unit::new().run(11_u32).await.expect("runs");
    assert_eq!((*run.content, run.steps.at("number/two").is_some()), (46, true));
}

#[step]
async fn unlucky(n: &u32) -> Result<Route, String> {
    if *n == 13 { Err("unlucky".into()) } else { Ok(Route::Plain) }
}

workflow! { Selectors(n: u32) -> u32 {
    router a (unlucky(*n + 1), on_error = skip, label = "By luck") { Route::Plain => double, _ => double as other }
    router b (unlucky(n)) { _ => double }
} }

#[tokio::test]
async fn a_failing_selector_fails_the_router() {
    assert_eq!(kind_at(Selectors::new().run(13_u32).await).1, "b/select");
    let run = Selectors::new().run(12_u32).await.expect("runs");
    assert_eq!(*run.content, 24);
    assert_eq!(ends(&run.steps)[..2], ["a/select: failed, unlucky", "a: skipped, unlucky"]);
}

workflow! { Flat(n: u32) -> u32 {
    router way (|n| *n > 5) { true => parallel both { double; add(n, n); }, false => { parallel other { add(n, n); double; } } }
    map |a, b| a + b;
} }

#[tokio::test]
async fn arms_may_give_several_values() {
    assert_eq!(*Flat::new().run(6_u32).await.expect("runs").content, 24);
    assert_eq!(*Flat::new().run(1_u32).await.expect("runs").content, 4);
}

workflow! { Nested(n: u32) -> u32 {
    router outer (route) {
        Route::Number(a) => router inner (route(*n + 10)) {
            Route::Pair { left, right: _ } => add(left, a),
            _ => double,
        },
        Route::Pair { left, .. } => { loop grow |m| (max = 2) { add(m, left); } ask sure: bool = format!("{left}?"); add(grow, left); }
        _ => double,
    }
} }

#[tokio::test]
async fn bindings_reach_into_what_the_arm_holds() {
    let workflow = Nested::new();
    assert_eq!(*workflow.run(3_u32).await.expect("runs").content, 16);
    let waits = paused(workflow.run(10_u32).outcome().await);
    assert_eq!((questions(&waits), &*waits.questions()[0].text), (vec!["outer/sure"], "10?"));
    let run = completed(workflow.answer(waits.run_id(), "sure", true).outcome().await);
    assert_eq!(*run.content, 40);
}

workflow! { Timed(n: u32) -> u32 { router slow (|n| *n > 5, timeout = "5s") { true => { sleep "10s"; double; } false => double } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_the_arm_too() {
    assert_eq!(kind_at(Timed::new().run(6_u32).await), (StepErrorKind::Timeout, "slow".to_owned()));
    assert_eq!(*Timed::new().run(5_u32).await.expect("runs").content, 10);
}
