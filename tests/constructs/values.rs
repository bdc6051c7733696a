//! Names share their values: nothing is cloned on a call, a retry, a branch, a loop or a nested workflow, and what gathers values moves them.

use agno::prelude::*;

use crate::{completed, paused, support::paths};

/// A value that cannot be cloned at run time.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Heavy(u32);

impl Clone for Heavy {
    fn clone(&self) -> Self {
        panic!("{self:?} is cloned")
    }
}

#[step]
fn make(n: &u32) -> Heavy {
    Heavy(*n)
}

#[step]
fn more(heavy: &Heavy) -> Heavy {
    Heavy(heavy.0 + 1)
}

#[step]
async fn sum(a: &Heavy, b: &Heavy) -> Heavy {
    Heavy(a.0 + b.0)
}

#[step(retry = 2, backoff = "1ms")]
async fn third_time(heavy: &Heavy, ctx: &StepContext) -> Result<Heavy, String> {
    if ctx.attempt() < 3 { Err("not yet".into()) } else { Ok(Heavy(heavy.0 + 1)) }
}

#[step(blocking)]
fn blocking(heavy: &Heavy) -> Heavy {
    Heavy(heavy.0 + 1)
}

#[step]
fn is_big(heavy: &Heavy) -> bool {
    heavy.0 > 100
}

#[step]
fn number(heavy: &Heavy) -> u32 {
    heavy.0
}

workflow! { Inner(heavy: Heavy) -> Heavy { more; } }

workflow! { Passing(heavy: Heavy) -> Heavy { map |_| (); condition never (|()| false) { map |()| (); } more(heavy) as last; } }

workflow! {
    Shares(n: u32) -> Heavy {
        make;
        third_time;
        blocking;
        parallel both { more; steps second { more; third_time; } }
        sum;
        sum(sum, make) as again;
        loop grow |heavy| (max = 3, until = is_big) { more; sum(more, heavy); }
        condition big (is_big) { more; }
        condition small (|heavy| heavy.0 < 50) { more as less; } else { Inner; }
        Inner as nested;
        Passing(nested);
        router which (|_| 1_u8) { 1 => more(passing), _ => blocking(passing) }
        steps group { more; Inner; }
    }
}

#[tokio::test(start_paused = true)]
async fn names_share_what_they_hold() {
    let run = Shares::new().run(5_u32).await.expect("runs");
    // make 5, third_time 6, blocking 7, both (8, 9), sum 17, again 22, grow 45, 91, 183, big 184, then five more
    assert_eq!(*run.content, Heavy(190));
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Parcel {
    One(Heavy),
    Two { left: Heavy, right: Heavy },
    Many(Vec<Heavy>),
    Nothing,
}

#[step]
fn pack(n: &u32) -> Parcel {
    match n {
        1 => Parcel::One(Heavy(1)),
        2 => Parcel::Two { left: Heavy(2), right: Heavy(3) },
        n if n % 2 == 1 => Parcel::Many((0..*n).map(Heavy).collect()),
        _ => Parcel::Nothing,
    }
}

#[step]
fn heaviest(parcels: &[Heavy]) -> Heavy {
    Heavy(parcels.iter().map(|heavy| heavy.0).max().unwrap_or_default())
}

#[step(retry = 2, backoff = "1ms")]
async fn unpack(left: &Heavy, right: &Heavy, ctx: &StepContext) -> Result<Heavy, String> {
    if ctx.attempt() < 3 { Err("not yet".into()) } else { Ok(Heavy(left.0 * 10 + right.0)) }
}

workflow! {
    Bindings(n: u32) -> Heavy {
        router by_parcel (pack) {
            Parcel::One(heavy) => more(heavy),
            Parcel::Two { left, right } => { unpack(left, right); sum(unpack, right); }
            Parcel::Many(all) if all.len() > 3 => heaviest(&all[1..]),
            Parcel::Many(all) => heaviest(all) as lightest,
            Parcel::Nothing => make(7),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bindings_of_a_router_are_borrowed() {
    let workflow = Bindings::new();
    for (n, heavy) in [(1_u32, 2), (2, 26), (3, 2), (5, 4), (4, 7)] {
        assert_eq!(*workflow.run(n).await.expect("runs").content, Heavy(heavy), "{n}");
    }
}

#[step]
fn numbers(n: &u32) -> Vec<u32> {
    (1..=*n).collect()
}

#[step]
fn maybe(n: &u32) -> Result<Heavy, String> {
    if *n == 2 { Err("two".into()) } else { Ok(Heavy(*n)) }
}

#[step]
fn weigh(heavies: &[Heavy]) -> u32 {
    heavies.iter().map(|heavy| heavy.0).sum()
}

workflow! { Gathers(n: u32) -> Vec<Heavy> { numbers; each all { make; more; } } }

workflow! { GathersNested(n: u32) -> Vec<Vec<Heavy>> { numbers; each all { numbers; each inside { make; } } } }

workflow! { GathersWorkflows(n: u32) -> Vec<Heavy> { numbers; each all { make; Inner; } } }

workflow! { Weighs(n: u32) -> u32 { numbers; each all { make; condition none (|_| false) { more; } } weigh; } }

#[tokio::test]
async fn each_moves_the_values_of_its_items() {
    let run = Gathers::new().run(3_u32).await.expect("runs");
    assert_eq!(*run.content, [Heavy(2), Heavy(3), Heavy(4)]);
    // The records of the last nodes have their values still.
    assert_eq!(run.steps.at("all[1]/more").expect("ran").content().expect("writes"), Some(3.into()));
    assert_eq!(run.steps.at("all[1]/make").expect("ran").content().expect("writes"), Some(2.into()));
    assert_eq!(*GathersNested::new().run(2_u32).await.expect("runs").content, [vec![Heavy(1)], vec![Heavy(1), Heavy(2)]]);
    assert_eq!(*GathersWorkflows::new().run(2_u32).await.expect("runs").content, [Heavy(2), Heavy(3)]);
    assert_eq!(*Weighs::new().run(3_u32).await.expect("runs").content, 6);
}

#[tokio::test]
async fn each_moves_in_the_background_and_with_a_listener_too() {
    let handle = Gathers::new().run(3_u32).background().await.expect("begins");
    assert_eq!(*handle.wait().await.expect("runs").content, [Heavy(2), Heavy(3), Heavy(4)]);
    let (_, came) = crate::told(Gathers::new().run(2_u32)).await;
    assert_eq!(*completed(came).content, [Heavy(2), Heavy(3)]);
}

workflow! { Sometimes(n: u32) -> Option<Heavy> { condition some (|n| *n > 1) { make; more; } else none; } }

workflow! { SometimesNested(n: u32) -> Option<Option<Heavy>> {
    condition outer (|n| *n > 1) { condition inner (|n| *n > 2) { make; } else none; } else none;
} }

#[tokio::test]
async fn else_none_moves_the_value() {
    let run = Sometimes::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, Some(Heavy(3)));
    assert_eq!(run.steps.at("some/more").expect("ran").content().expect("writes"), Some(3.into()));
    assert_eq!(*Sometimes::new().run(1_u32).await.expect("runs").content, None);
    let nested = SometimesNested::new();
    assert_eq!(*nested.run(3_u32).await.expect("runs").content, Some(Some(Heavy(3))));
    assert_eq!(*nested.run(2_u32).await.expect("runs").content, Some(None));
    assert_eq!(*nested.run(1_u32).await.expect("runs").content, None);
}

workflow! { Tolerates(n: u32) -> Option<Heavy> { maybe with (on_error = none); } }

workflow! { ToleratesGroup(n: u32) -> Option<Heavy> { steps group (on_error = none) { maybe; more; } } }

workflow! { ToleratesWorkflow(n: u32) -> Option<Heavy> { make; Inner with (on_error = none); } }

#[tokio::test]
async fn on_error_none_moves_the_value() {
    let run = Tolerates::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, Some(Heavy(1)));
    assert_eq!(run.steps.at("maybe").expect("ran").content().expect("writes"), Some(1.into()));
    assert_eq!(*Tolerates::new().run(2_u32).await.expect("runs").content, None);
    assert_eq!(*ToleratesGroup::new().run(1_u32).await.expect("runs").content, Some(Heavy(2)));
    assert_eq!(*ToleratesWorkflow::new().run(1_u32).await.expect("runs").content, Some(Heavy(2)));
}

workflow! { Collects(n: u32) -> Vec<Result<Heavy, StepError>> { numbers; each all (on_error = collect) { maybe; more; } } }

#[step]
fn good(a: &Result<Heavy, StepError>, b: &Result<Heavy, StepError>) -> u32 {
    [a, b].into_iter().filter_map(|result| result.as_ref().ok()).map(|heavy| heavy.0).sum()
}

workflow! { CollectsBranches(n: u32) -> u32 { parallel both (on_error = collect) { maybe; steps two { make; more; } } good; } }

#[tokio::test]
async fn collect_moves_the_values() {
    let run = Collects::new().run(3_u32).await.expect("runs");
    let values: Vec<_> = run.content.iter().map(|result| result.as_ref().map(|heavy| heavy.0).map_err(|error| &*error.message)).collect();
    assert_eq!(values, [Ok(2), Err("two"), Ok(4)]);
    assert_eq!(run.steps.at("all[2]/more").expect("ran").content().expect("writes"), Some(4.into()));
    assert_eq!(*CollectsBranches::new().run(1_u32).await.expect("runs").content, 3);
    assert_eq!(*CollectsBranches::new().run(2_u32).await.expect("runs").content, 3);
}

workflow! { Tuples(n: u32) -> (Heavy, Heavy) { parallel both { make; steps two { make; more; } } } }

workflow! { TuplesInEach(n: u32) -> u32 { numbers; each all { parallel both { make; steps two { make; more; } } } map |pairs| pairs.iter().map(|pair| pair.0.0 + pair.1.0).sum::<u32>(); } }

workflow! { TuplesInNone(n: u32) -> u32 { condition some (|_| true) { parallel both { make; steps two { make; more; } } } else none; map |pair| pair.as_ref().map_or(0, |pair| pair.0.0); } }

#[tokio::test]
async fn several_values_move_into_their_tuple() {
    assert_eq!(*Tuples::new().run(1_u32).await.expect("runs").content, (Heavy(1), Heavy(2)));
    assert_eq!(*TuplesInEach::new().run(2_u32).await.expect("runs").content, 8);
    assert_eq!(*TuplesInNone::new().run(2_u32).await.expect("runs").content, 2);
}

workflow! { Held(n: u32) -> u32 { numbers; each all { make; more; } ask go: bool = "Go?"; weigh(all); } }

#[tokio::test]
async fn what_a_next_leg_reads_is_shared_too() {
    let workflow = Shared::new();
    let waits = paused(workflow.run(5_u32).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "go", true).outcome().await);
    assert_eq!(*run.content, Heavy(8));
    assert_eq!(paths(&run.steps)[..2], ["make", "third_time"]);
}

workflow! { Shared(n: u32) -> Heavy { make; third_time; ask go: bool = "Go?"; Inner(third_time); more; } }

#[tokio::test]
async fn what_each_gathered_is_gathered_again_by_a_next_leg() {
    let workflow = Held::new();
    let waits = paused(workflow.run(3_u32).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "go", true).outcome().await);
    assert_eq!(*run.content, 9);
}
