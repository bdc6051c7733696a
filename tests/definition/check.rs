//! `check_definition`: what this build can go on with.

use agno::DefinitionVerdict;

use super::*;

mod first {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        condition big (is_big) {
            ask review: u32 = "How many?";
        } else {
            inc;
            ask other: u32 = "How many?";
        }
    } }
}

mod second {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        condition big (is_big) {
            #[was("review")]
            ask decision: u32 = "How many?";
        } else {
            ask other: u32 = "How many?";
        }
    } }
}

#[tokio::test]
async fn every_open_run_has_a_verdict() {
    let db = InMemoryDb::new();
    let old = first::Flow::builder().db(db.another_owner()).build();
    for (run_id, n) in [("big", 2_u32), ("small", 1), ("done", 2)] {
        paused(old.run(n).run_id(run_id).store_events(true).outcome().await);
    }
    old.answer("done", "review", 1_u32).await.expect("completes");
    let new = second::Flow::builder().db(db.another_owner()).build();
    paused(new.run(1_u32).run_id("new").outcome().await);

    let checks = new.check_definition().await.expect("reads");
    let of = |run_id: &str| checks.iter().find(|check| check.run_id == run_id).map(|check| (check.status, check.verdict.clone()));
    assert_eq!(checks.len(), 3, "completed runs are not looked at: {checks:?}");
    let renamed = vec![("big/review".to_owned(), "big/decision".to_owned())];
    assert_eq!(of("big"), Some((Status::Paused, DefinitionVerdict::Adapts { renamed, migrated: vec![] })));
    assert_eq!(of("new"), Some((Status::Paused, DefinitionVerdict::Continues)));
    let Some((_, DefinitionVerdict::Refused { path, reason })) = of("small") else { panic!("{checks:?}") };
    assert!(path == "big/inc" && reason.contains("`big/inc` is gone"), "{path}: {reason}");

    // Nothing has changed by being looked at.
    assert!(
        old.check_definition()
            .await
            .expect("reads")
            .iter()
            .filter(|check| check.run_id != "new")
            .all(|check| check.verdict == DefinitionVerdict::Continues)
    );
    assert_eq!(*new.answer("big", "decision", 9_u32).await.expect("goes on").content, 9);
    assert!(!of("small").expect("is there").1.goes_on());
}

#[tokio::test]
async fn a_user_sees_their_own_runs() {
    let db = InMemoryDb::new();
    let flow = first::Flow::builder().db(db).build();
    for user in ["ann", "bob"] {
        paused(flow.run(2_u32).run_id(format!("{user}'s")).user(user).outcome().await);
    }
    let checks = flow.as_user("ann").check_definition().await.expect("reads");
    assert_eq!(checks.iter().map(|check| &*check.run_id).collect::<Vec<_>>(), ["ann's"]);
}

#[tokio::test]
async fn without_a_store_there_is_nothing_to_check() {
    let flow = first::Flow::new();
    paused(flow.run(2_u32).outcome().await);
    assert!(flow.check_definition().await.expect("reads").is_empty());
}
