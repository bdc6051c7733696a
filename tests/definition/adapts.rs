//! Renamed nodes: what is recorded moves with the name.

use agno::testing::grammar::{self, Extent};
use futures_util::StreamExt as _;

use super::*;
use crate::{
    changed,
    support::{lines, paths},
};

mod first {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        ask review: u32 = "How many?";
        add(double, review);
    } }
}

mod renamed {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        #[was("double")]
        double as twice;
        #[was("review")]
        ask decision: u32 = "How many?";
        #[was("add")]
        add(twice, decision) as sum;
    } }
}

#[tokio::test]
async fn records_and_open_questions_move_with_the_name() {
    let (run_id, flow) = changed!(first::Flow => renamed::Flow, 3_u32);
    let run = flow.answer(&run_id, renamed::Flow::questions().decision, 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (10, vec!["add"]));
    assert_eq!(paths(&run.steps), ["twice", "decision", "sum"]);
    // The events are those of one run with the names of now.
    let events: Vec<Event> = flow.events(&run_id, 0).await.expect("are stored").map(|event| Event::clone(&event)).collect().await;
    grammar::check(&events, Extent::Whole).expect("a sentence");
    let lines = lines(&events);
    assert!(lines.contains(&"StepStarted twice".to_owned()) && lines.contains(&"StepContinued decision".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.ends_with(" double") || line.ends_with(" review")), "{lines:?}");
}

#[tokio::test]
async fn an_open_question_has_one_name_afterwards() {
    let (run_id, flow) = changed!(first::Flow => renamed::Flow, 3_u32);
    let wrong = flow.answer(&run_id, "decision", "four").await;
    assert!(matches!(wrong, Err(RunError::InvalidAnswer { question, .. }) if question == "decision"));
    let open = flow.sessions().questions(agno::db::rows::RunFilter::default()).await.expect("reads");
    assert_eq!(open.iter().map(|open| &*open.question.path).collect::<Vec<_>>(), ["decision"]);
    assert!(matches!(flow.answer(&run_id, "review", 4_u32).await, Err(RunError::UnknownQuestion { .. })));
    assert_eq!(*flow.answer(&run_id, "decision", 4_u32).await.expect("goes on").content, 10);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn in_a_file_as_in_memory() {
    let db = agno::SqliteDb::open_in_memory().await.expect("opens");
    let old = first::Flow::builder().db(db.clone()).build();
    let waits = paused(old.run(3_u32).store_events(true).outcome().await);
    drop(old);
    ran();
    let flow = renamed::Flow::builder().db(db).build();
    let run = flow.answer(waits.run_id(), "decision", 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran(), paths(&run.steps)), (10, vec!["add"], ["twice", "decision", "sum"].map(str::to_owned).to_vec()));
    let events: Vec<Event> = flow.events(waits.run_id(), 0).await.expect("are stored").map(|event| Event::clone(&event)).collect().await;
    grammar::check(&events, Extent::Whole).expect("a sentence");
    assert_eq!(flow.get_run(waits.run_id()).await.expect("reads").expect("is there").steps.len(), 3);
}

mod deep {
    use super::*;

    #[step]
    fn items(n: &u32) -> Vec<u32> {
        (0..*n).collect()
    }

    #[step]
    fn total(items: &[u32]) -> u32 {
        items.iter().sum()
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Inner(n: u32) -> u32 with (id = "inner") { double; inc; } }

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            items;
            each numbers |item| { double(item); inc; }
            total;
            loop grow (max = 2) { inc; }
            condition big (is_big) { Inner; }
            steps group {
                parallel both {
                    double;
                    ask review: u32 = "How many?";
                }
                add;
            }
        } }
    }

    pub(crate) mod renamed {
        use super::*;

        workflow! { pub(crate) Inner(n: u32) -> u32 with (id = "inner") {
            #[was("double")]
            double as twice;
            inc;
        } }

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            items;
            #[was("numbers")]
            each all |item| {
                #[was("double")]
                double(item) as twice;
                inc;
            }
            total(all);
            #[was("grow")]
            loop rise (max = 2) {
                #[was("inc")]
                inc as more;
            }
            #[was("big")]
            condition large (is_big) {
                #[was("inner")]
                Inner as within;
            }
            #[was("group")]
            steps rest {
                #[was("both")]
                parallel two {
                    #[was("double")]
                    double as twice;
                    #[was("review")]
                    ask decision: u32 = "How many?";
                }
                add;
            }
        } }
    }
}

#[tokio::test]
async fn at_every_depth_containers_included() {
    let (run_id, flow) = changed!(deep::first::Flow => deep::renamed::Flow, 2_u32);
    let run = flow.answer(&run_id, "decision", 4_u32).await.expect("goes on");
    assert_eq!(ran(), ["add"]);
    let all = paths(&run.steps);
    for path in ["all[1]/twice", "rise[1]/more", "rise", "large/if", "large/within/twice", "rest/two/twice", "rest/two/decision", "rest"] {
        assert!(all.iter().any(|known| known == path), "{path} is not among {all:?}");
    }
    let events: Vec<Event> = flow.events(&run_id, 0).await.expect("are stored").map(|event| Event::clone(&event)).collect().await;
    grammar::check(&events, Extent::Whole).expect("a sentence");
}

#[tokio::test]
async fn a_run_that_was_dropped_goes_on_under_the_new_names() {
    let db = InMemoryDb::new();
    let old = dropped::first::Flow::builder().db(db.another_owner()).build();
    let mut events = old.run(3_u32).run_id("cut").store_events(true).stream();
    while let Some(event) = events.next().await {
        if event.expect("runs").path == "group/stuck" {
            break;
        }
    }
    drop((events, old));
    ran();
    let new = dropped::renamed::Flow::builder().db(db).build();
    let run = new.resume("cut").await.expect("goes on");
    assert_eq!((*run.content, ran()), (7, vec!["inc"]));
    assert_eq!(paths(&run.steps), ["twice", "rest/free", "rest"]);
    let events: Vec<Event> = new.events("cut", 0).await.expect("are stored").map(|event| Event::clone(&event)).collect().await;
    grammar::check(&events, Extent::Whole).expect("a sentence");
}

mod dropped {
    use super::*;

    #[step]
    async fn stuck(n: &u32) -> u32 {
        std::future::pending::<()>().await;
        *n
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { double; steps group { stuck; } } }
    }

    pub(crate) mod renamed {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            #[was("double")]
            double as twice;
            #[was("group")]
            steps rest {
                #[was("stuck")]
                inc as free;
            }
        } }
    }
}
