//! `condition`: a body that may be left out, in three forms.

use agno::{EventName, StepErrorKind, prelude::*};

use crate::{
    completed, ends, kind_at,
    support::{events, paths},
    told,
};

#[step]
fn is_even(n: &u32) -> bool {
    n.is_multiple_of(2)
}

#[step]
async fn over(n: &u32, limit: u32) -> Result<bool, String> {
    if *n == 13 { Err("unlucky".into()) } else { Ok(*n > limit) }
}

#[step]
async fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn text(n: &u32) -> String {
    format!("<{n}>")
}

#[step]
fn minus(n: &u32) -> String {
    format!("-{n}")
}

workflow! { Passes(n: u32) -> u32 { condition even (is_even) { double; double as again; } } }

#[tokio::test]
async fn without_else_the_value_passes_through() {
    let (lines, came) = told(Passes::new().run(2_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 8);
    assert_eq!(paths(&run.steps), ["even/if", "even/double", "even/again", "even"]);
    assert_eq!(
        lines,
        [
            "WorkflowStarted",
            "ConditionExecutionStarted even",
            "StepStarted even/if",
            "StepCompleted even/if",
            "StepStarted even/double",
            "StepCompleted even/double",
            "StepStarted even/again",
            "StepCompleted even/again",
            "ConditionExecutionCompleted even",
            "WorkflowCompleted",
        ]
    );
    let run = Passes::new().run(3_u32).await.expect("runs");
    assert_eq!((*run.content, paths(&run.steps)), (3, vec!["even/if".to_owned(), "even".to_owned()]));
}

#[tokio::test]
async fn the_end_says_what_the_predicate_said() {
    for (n, said) in [(2_u32, true), (3, false)] {
        let events = events(Passes::new().run(n).stream()).await;
        let end = events.iter().find(|event| event.name() == EventName::ConditionExecutionCompleted).expect("ended");
        let EventKind::ConditionExecutionCompleted { condition, .. } = &end.kind else { unreachable!() };
        assert_eq!(*condition, Some(said));
    }
}

workflow! { Either(n: u32) -> String { condition even (is_even) { double; text; } else { minus as text; map |text| format!("{text}!"); } } }

#[tokio::test]
async fn both_sides_give_one_type_and_may_repeat_a_name() {
    let run = Either::new().run(2_u32).await.expect("runs");
    assert_eq!((&**run.content, paths(&run.steps)), ("<4>", ["even/if", "even/double", "even/text", "even"].map(String::from).to_vec()));
    let run = Either::new().run(3_u32).await.expect("runs");
    assert_eq!((&**run.content, paths(&run.steps)), ("-3!", ["even/if", "even/text", "even/map", "even"].map(String::from).to_vec()));
}

workflow! { Maybe(n: u32) -> Option<String> { condition even (is_even) { double; text; } else none; } }

#[tokio::test]
async fn else_none_gives_an_option() {
    assert_eq!(Maybe::new().run(2_u32).await.expect("runs").content.as_deref(), Some("<4>"));
    let run = Maybe::new().run(3_u32).await.expect("runs");
    assert_eq!((&*run.content, paths(&run.steps)), (&None, vec!["even/if".to_owned(), "even".to_owned()]));
}

workflow! {
    Predicates(n: u32) -> Vec<String> {
        text(n);
        condition named (over(n, 5)) { minus(n); }
        condition closure (|text| text.len() > 2 && *n > 50) { map |text| format!("{text}{text}"); }
        condition expression (over(n + 1, text.len() as u32)) { map |text| format!("{text}?"); } else { map |text| format!("{text}."); }
        map as both |text| vec![text.clone(), named.clone(), closure.clone()];
    }
}

#[tokio::test]
async fn predicates_are_steps_with_arguments_or_closures() {
    let workflow = Predicates::new();
    assert_eq!(*workflow.run(1_u32).await.expect("runs").content, ["<1>.", "<1>", "<1>"]);
    assert_eq!(*workflow.run(60_u32).await.expect("runs").content, ["-60-60?", "-60", "-60-60"]);
    assert_eq!(*workflow.run(6_u32).await.expect("runs").content, ["-6?", "-6", "-6"]);
    assert_eq!(kind_at(workflow.run(13_u32).await), (StepErrorKind::Error, "named/if".to_owned()));
}

workflow! { Several(n: u32) -> u32 {
    parallel both { double; text; }
    condition long (|n, text| *n > 4 && text.len() > 2) { parallel inner { map as n |n, _| n + 1; map as text |_, text| text.clone(); } }
    map |n, text| n + text.len() as u32;
} }

#[tokio::test]
async fn several_values_pass_through_too() {
    assert_eq!(*Several::new().run(1_u32).await.expect("runs").content, 5);
    let run = Several::new().run(3_u32).await.expect("runs");
    assert_eq!(*run.content, 10);
    assert!(paths(&run.steps).contains(&"long/inner/text".to_owned()));
}

workflow! { Deep(n: u32) -> u32 {
    condition a (|n| *n > 1) {
        condition b (|n| *n > 2) { condition c (|n| *n > 3) { double; } }
        double as after;
    }
} }

#[tokio::test]
async fn conditions_nest() {
    for (n, value) in [(1_u32, 1), (2, 4), (3, 6), (4, 16)] {
        assert_eq!(*Deep::new().run(n).await.expect("runs").content, value);
    }
    let run = Deep::new().run(4_u32).await.expect("runs");
    assert_eq!(paths(&run.steps), ["a/if", "a/b/if", "a/b/c/if", "a/b/c/double", "a/b/c", "a/b", "a/after", "a"]);
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Seen(u32);

#[step(retry = 2, backoff = "1ms")]
async fn counts(n: &u32, seen: &mut Seen, ctx: &StepContext) -> Result<bool, String> {
    seen.0 += 1;
    if ctx.attempt() < 3 { Err("not yet".into()) } else { Ok(seen.0 >= *n) }
}

workflow! { Stateful(n: u32) -> u32 { state seen: Seen; condition enough (counts) { double; } } }

#[tokio::test(start_paused = true)]
async fn a_predicate_has_state_and_retries_and_a_record() {
    let workflow = Stateful::new();
    let run = workflow.run(2_u32).session("s").await.expect("runs");
    assert_eq!((*run.content, run.steps[0].attempts()), (2, 3));
    assert_eq!(*workflow.run(2_u32).session("s").await.expect("runs").content, 4);
    let (lines, _) = told(workflow.run(2_u32)).await;
    assert_eq!(lines.iter().filter(|line| *line == "StepRetrying enough/if").count(), 2);
}

#[step]
fn fails(_n: &u32) -> Result<u32, String> {
    Err("no".into())
}

workflow! { Tolerated(n: u32) -> u32 { condition even (is_even, on_error = skip, label = "Only even") { double; fails; } double; } }

#[tokio::test]
async fn a_condition_may_be_skipped() {
    let run = Tolerated::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, 4);
    assert_eq!(ends(&run.steps), ["even/if", "even/double", "even/fails: failed, no", "even: skipped, no", "double"]);
    assert_eq!(run.steps.at("even").expect("ran").label(), "Only even");
}
