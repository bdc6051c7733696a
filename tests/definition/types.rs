//! Types that have changed: of what is recorded, of answers, of the input.

use super::*;
use crate::changed;

/// A draft, and how it grew.
mod drafts {
    use super::*;

    pub(crate) mod first {
        use super::*;

        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
        pub(crate) struct Draft {
            pub(crate) title: String,
        }

        #[step]
        pub(crate) fn write(n: &u32) -> Draft {
            note("write");
            Draft { title: n.to_string() }
        }

        #[step]
        fn print(draft: &Draft, count: u32) -> String {
            format!("{} {count}", draft.title)
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") { write; ask review: u32 = "How many?"; print(write, review); } }
    }

    /// What is new may be left out.
    pub(crate) mod wider {
        use super::*;

        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
        pub(crate) struct Draft {
            title: String,
            #[serde(default)]
            claims: Vec<String>,
        }

        #[step]
        fn write(_n: &u32) -> Draft {
            unreachable!("it is recorded")
        }

        #[step]
        fn print(draft: &Draft, count: u32) -> String {
            format!("{} {count} {}", draft.title, draft.claims.len())
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") { write; ask review: u32 = "How many?"; print(write, review); } }
    }

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Draft {
        title: String,
        claims: u32,
    }

    #[step]
    fn write(_n: &u32) -> Draft {
        unreachable!("it is recorded")
    }

    #[step]
    fn print(draft: &Draft, count: u32) -> String {
        format!("{} {count} {}", draft.title, draft.claims)
    }

    pub(crate) mod other {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") { write; ask review: u32 = "How many?"; print(write, review); } }
    }

    pub(crate) mod migrated {
        use super::*;

        pub(crate) fn from_old(old: first::Draft) -> Draft {
            note("from_old");
            Draft { title: old.title, claims: 7 }
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            write with (migrate = from_old);
            ask review: u32 = "How many?";
            print(write, review);
        } }
    }

    pub(crate) mod migrated_from_something_else {
        use super::*;

        fn from_count(claims: u32) -> Draft {
            Draft { title: String::new(), claims }
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            write with (migrate = from_count);
            ask review: u32 = "How many?";
            print(write, review);
        } }
    }

    pub(crate) mod migrated_and_renamed {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            #[was("write")]
            write as draft with (migrate = migrated::from_old);
            ask review: u32 = "How many?";
            print(draft, review);
        } }
    }
}

#[tokio::test]
async fn a_type_that_recorded_values_still_satisfy() {
    let (run_id, flow) = changed!(drafts::first::Flow => drafts::wider::Flow, 3_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, "3 4 0");
}

#[tokio::test]
async fn a_type_that_they_do_not_satisfy() {
    let (run_id, flow) = changed!(drafts::first::Flow => drafts::other::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "write");
    assert_eq!(
        reason,
        "the type of `write` has changed: `claims` (`uint32`) is new, and must be there, and what is recorded does not satisfy it \
         (the value: \"claims\" is a required property); write `migrate = from_old` in the node's `with (…)`, a function `fn(Old) -> New`, \
         or start the run anew"
    );
}

#[tokio::test]
async fn a_migration_takes_what_is_recorded() {
    let (run_id, flow) = changed!(drafts::first::Flow => drafts::migrated::Flow, 3_u32);
    assert_eq!(*flow.answer(&run_id, "review", 4_u32).await.expect("goes on").content, "3 4 7");
    assert_eq!(ran(), ["from_old"]);
    // It is written down: nothing is migrated again.
    let stored = flow.get_run(run_id).await.expect("reads").expect("is there");
    assert_eq!(
        stored.steps.at("write").expect("is recorded").content().expect("is JSON"),
        Some(serde_json::json!({ "title": "3", "claims": 7 }))
    );
    assert!(ran().is_empty());
}

#[tokio::test]
async fn a_migration_of_a_node_that_is_renamed() {
    let (run_id, flow) = changed!(drafts::first::Flow => drafts::migrated_and_renamed::Flow, 3_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, "3 4 7");
}

#[tokio::test]
async fn a_migration_from_another_type() {
    let (run_id, flow) = changed!(drafts::first::Flow => drafts::migrated_from_something_else::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "write");
    assert!(reason.contains("and is not what `migrate` takes (invalid type: map, expected u32)"), "{reason}");
}

mod questions {
    use super::*;

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            parallel both {
                ask review: bool = "Is it good?";
                ask count: u32 = "How many?";
            }
            map |review, count| format!("{review} {count}");
        } }
    }

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) enum Review {
        Good,
        Bad,
    }

    pub(crate) mod retyped {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            parallel both {
                ask review: Review = "Is it good?";
                ask count: u32 = "How many?";
            }
            map |review, count| format!("{review:?} {count}");
        } }
    }

    pub(crate) mod migrated {
        use super::*;

        fn from_bool(good: bool) -> Review {
            if good { Review::Good } else { Review::Bad }
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            parallel both {
                ask review: Review = "Is it good?" with (migrate = from_bool);
                ask count: u32 = "How many?";
            }
            map |review, count| format!("{review:?} {count}");
        } }
    }
}

#[tokio::test]
async fn an_open_question_asks_for_the_type_of_now() {
    let (run_id, flow) = changed!(questions::first::Flow => questions::retyped::Flow, 3_u32);
    let wrong = flow.answer(&run_id, "review", true).await;
    assert!(matches!(wrong, Err(RunError::InvalidAnswer { .. })), "it is the old type's");
    let open = flow.get_run(&run_id).await.expect("reads").expect("is there").questions;
    assert_eq!(open[0].type_name, "Review");
    paused(flow.answer(&run_id, "review", "Good").outcome().await);
    assert_eq!(*flow.answer(&run_id, "count", 4_u32).await.expect("goes on").content, "Good 4");
}

#[tokio::test]
async fn an_answer_that_is_recorded_counts_as_any_value() {
    for (migrates, expected) in [(false, Err(())), (true, Ok("Bad 4"))] {
        let db = InMemoryDb::new();
        let old = questions::first::Flow::builder().db(db.another_owner()).build();
        let waits = paused(old.run(3_u32).outcome().await);
        paused(old.answer(waits.run_id(), "review", false).outcome().await);
        drop(old);
        let came = if migrates {
            questions::migrated::Flow::builder().db(db).build().answer(waits.run_id(), "count", 4_u32).await
        } else {
            questions::retyped::Flow::builder().db(db).build().answer(waits.run_id(), "count", 4_u32).await
        };
        match (came, expected) {
            (Ok(run), Ok(expected)) => assert_eq!(*run.content, expected),
            (refusal, Err(())) => {
                let (path, reason) = refused(refusal);
                assert_eq!(path, "both/review");
                assert!(reason.contains(r#"it was `boolean`, and is `"Bad" | "Good"`"#), "{reason}");
            }
            (Err(error), Ok(_)) => panic!("{error}"),
        }
    }
}

mod maps {
    use super::*;

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            map as text |n| n.to_string();
            ask review: u32 = "How many?";
            map |review| format!("{text} {review}");
        } }
    }

    pub(crate) mod migrated {
        use super::*;

        fn from_text(text: String) -> Vec<String> {
            vec![text]
        }

        workflow! { pub(crate) Flow(n: u32) -> String with (id = "flow") {
            map as text |n| vec![n.to_string()] with (migrate = from_text);
            ask review: u32 = "How many?";
            map |review| format!("{text:?} {review}");
        } }
    }
}

#[tokio::test]
async fn the_value_of_a_map_is_migrated() {
    let (run_id, flow) = changed!(maps::first::Flow => maps::migrated::Flow, 3_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, r#"["3"] 4"#);
}

mod inputs {
    use super::*;

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Topic {
        title: String,
    }

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct WiderTopic {
        title: String,
        depth: Option<u8>,
    }

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct OtherTopic {
        title: String,
        depth: u8,
    }

    pub(crate) fn topic() -> Topic {
        Topic { title: "Rust".to_owned() }
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(topic: Topic) -> String with (id = "flow") {
            ask review: u32 = "How many?";
            map |review| format!("{} {review}", topic.title);
        } }
    }

    pub(crate) mod wider {
        use super::*;

        workflow! { pub(crate) Flow(topic: WiderTopic) -> String with (id = "flow") {
            ask review: u32 = "How many?";
            map |review| format!("{} {review} {:?}", topic.title, topic.depth);
        } }
    }

    pub(crate) mod other {
        use super::*;

        workflow! { pub(crate) Flow(topic: OtherTopic) -> String with (id = "flow") {
            ask review: u32 = "How many?";
            map |review| format!("{} {review} {}", topic.title, topic.depth);
        } }
    }
}

#[tokio::test]
async fn an_input_that_fits_the_new_type() {
    let (run_id, flow) = changed!(inputs::first::Flow => inputs::wider::Flow, inputs::topic());
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, "Rust 4 None");
}

#[tokio::test]
async fn an_input_that_does_not() {
    let (run_id, flow) = changed!(inputs::first::Flow => inputs::other::Flow, inputs::topic());
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "");
    assert!(reason.contains("the type of the input has changed: `depth` (`uint8`) is new, and must be there"), "{reason}");
}
