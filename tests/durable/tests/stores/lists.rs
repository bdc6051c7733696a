//! Sessions as programs use them: states that several change, lists that are read page by page, questions of some runs.

use std::collections::BTreeSet;

use agno::{
    DbError, Error, OpenQuestion, Sessions,
    db::rows::{RunFilter, SessionFilter},
    prelude::*,
};

use crate::{
    keeping::{Amounts, Asking, Gate, adding, asking},
    support::{Place, beside, on_each_store, soon},
};

on_each_store! { with memory:
    changes_from_outside_lose_nothing
    each_session_is_on_one_page
    each_run_is_on_one_page
    questions_are_of_a_session_and_of_a_workflow
}

/// Adds an amount to the state of the session, however many others do.
async fn add(sessions: &Sessions, amount: u32) {
    let added = |amounts: Option<Amounts>| {
        let mut amounts = amounts.unwrap_or_default();
        amounts.0.push(amount);
        amounts
    };
    loop {
        match sessions.update_state("s", added).await {
            Ok(amounts) => {
                assert_eq!(amounts.0.last(), Some(&amount));
                break;
            }
            // It gives up where others are faster again and again, and says so.
            Err(Error::Run(RunError::Db { error: DbError::StateConflict { .. }, .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn changes_from_outside_lose_nothing(place: Place) {
    const TASKS: u32 = 6;
    const CHANGES: u32 = 8;
    let owners = [Sessions::of(place.open().await), Sessions::of(place.open().await)];
    assert!(owners[0].create("s").await.expect("it answers"));
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let sessions = owners[task as usize % owners.len()].clone();
        tasks.push(beside(async move {
            for change in 0..CHANGES {
                add(&sessions, task * CHANGES + change).await;
            }
        }));
    }
    for task in tasks {
        soon(task).await.expect("it does not panic");
    }
    let state = owners[1].state::<Amounts>("s").await.expect("it answers").expect("it has one");
    let mut amounts = state.0.clone();
    for task in 0..TASKS {
        let own = amounts.iter().filter(|amount| **amount / CHANGES == task);
        assert!(own.is_sorted(), "{amounts:?}");
    }
    amounts.sort_unstable();
    assert!(amounts.iter().copied().eq(0..TASKS * CHANGES), "{amounts:?}");
}

/// How many are on a page.
const PAGE: usize = 3;

/// The ids of all pages, as they come.
async fn session_pages(sessions: &Sessions, filter: &SessionFilter) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = sessions.page(SessionFilter { limit: Some(PAGE), after, ..filter.clone() }).await.expect("it answers");
        assert!(page.len() <= PAGE, "{page:?}");
        let Some(last) = page.last() else { return ids };
        after = Some((last.created_at, last.id.clone()));
        ids.extend(page.into_iter().map(|session| session.id));
    }
}

async fn run_pages(sessions: &Sessions, filter: &RunFilter) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = sessions.runs_page(RunFilter { limit: Some(PAGE), after, ..filter.clone() }).await.expect("it answers");
        assert!(page.len() <= PAGE, "{page:?}");
        let Some(last) = page.last() else { return ids };
        after = Some((last.created_at, last.run_id.to_string()));
        ids.extend(page.iter().map(|run| run.run_id.to_string()));
    }
}

fn user(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "ann" } else { "bob" }
}

async fn each_session_is_on_one_page(place: Place) {
    let program = Sessions::of(place.open().await);
    let names: Vec<String> = (0..8).map(|number| format!("s{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        assert!(program.as_user(user(number)).create(name).await.expect("it answers"));
    }
    let listed: Vec<String> = program.list().await.expect("it answers").into_iter().map(|session| session.id).collect();
    assert!(listed.iter().collect::<BTreeSet<_>>().into_iter().eq(&names), "{listed:?}");
    assert_eq!(session_pages(&program, &SessionFilter::default()).await, listed);
    let newest_first = SessionFilter { newest_first: true, ..SessionFilter::default() };
    assert!(session_pages(&program, &newest_first).await.iter().rev().eq(&listed));
    let anns = session_pages(&program.as_user("ann"), &SessionFilter::default()).await;
    assert_eq!(anns.iter().collect::<BTreeSet<_>>(), names.iter().step_by(2).collect());
    assert_eq!(anns.len(), 4);
}

async fn each_run_is_on_one_page(place: Place) {
    let workflow = adding(place.open().await, &Gate::opened());
    let names: Vec<String> = (0..8).map(|number| format!("r{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let user = user(number);
        workflow.as_user(user).run(1_u32).session(format!("{user}s")).run_id(name).await.expect("it completes");
    }
    let program = Sessions::of(place.open().await);
    let all = run_pages(&program, &RunFilter::default()).await;
    assert_eq!(all, names, "one was begun after the other");
    let newest_first = RunFilter { newest_first: true, ..RunFilter::default() };
    assert!(run_pages(&program, &newest_first).await.iter().rev().eq(&names));
    let of_session = RunFilter { session_id: Some("bobs".to_owned()), ..RunFilter::default() };
    let bobs: Vec<_> = names.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(run_pages(&program, &of_session).await, bobs);
    assert_eq!(run_pages(&program.as_user("bob"), &RunFilter::default()).await, bobs);
    assert!(run_pages(&program.as_user("ann"), &of_session).await.is_empty());
    assert_eq!(program.run_ids("bobs").await.expect("it answers"), bobs);
}

#[step]
fn tell(why: &str, how: &str) -> String {
    format!("{why} {how}")
}

workflow! {
    /// Asks twice at once.
    Wondering(text: String) -> String {
        parallel both { ask why: String = "Why?"; ask how: String = "How?"; }
        tell(both.why, both.how);
    }
}

async fn questions_are_of_a_session_and_of_a_workflow(place: Place) {
    let first = asking(place.open().await, &Gate::opened());
    let second = Wondering::builder().db(place.open().await).build();
    for session in ["s", "t"] {
        let asked = first.run(1_u32).session(session).run_id(format!("a-{session}")).outcome().await;
        assert!(matches!(asked, Ok(Outcome::Paused(_))), "{asked:?}");
        let asked = second.run("a").session(session).run_id(format!("b-{session}")).outcome().await;
        assert!(matches!(asked, Ok(Outcome::Paused(_))), "{asked:?}");
    }
    let sessions = Sessions::of(place.open().await);
    let open = async |session: Option<&str>, workflow: Option<&str>| {
        let filter = RunFilter { session_id: session.map(str::to_owned), workflow_id: workflow.map(str::to_owned), ..RunFilter::default() };
        sorted(sessions.questions(filter).await.expect("it answers"))
    };
    let of = |run: &str, path: &str| (run.to_owned(), path.to_owned());
    let in_s = [of("a-s", "more"), of("b-s", "both/how"), of("b-s", "both/why")];
    assert_eq!(open(Some("s"), None).await, in_s);
    assert_eq!(open(None, Some(Asking::PLAN.id)).await, [of("a-s", "more"), of("a-t", "more")]);
    assert_eq!(open(Some("t"), Some(Wondering::PLAN.id)).await, [of("b-t", "both/how"), of("b-t", "both/why")]);
    assert_eq!(open(None, None).await.len(), 6);
    assert!(open(Some("u"), None).await.is_empty());

    // What is answered is open no more, while its run waits for the other one.
    let waits = soon(second.answer("b-t", "how", "so".to_owned()).outcome()).await;
    assert!(matches!(waits, Ok(Outcome::Paused(_))), "{waits:?}");
    assert_eq!(open(Some("t"), None).await, [of("a-t", "more"), of("b-t", "both/why")]);
    assert_eq!(*soon(first.answer("a-s", "more", 2_u32)).await.expect("it goes on").content, 2);
    assert_eq!(open(Some("s"), None).await, in_s[1..]);
}

#[tokio::test]
async fn without_a_store_too_a_page_of_questions_counts_runs_that_ask() {
    let wondering = Wondering::new();
    for run_id in ["a", "b", "c"] {
        let asked = wondering.run("a").run_id(run_id).outcome().await;
        assert!(matches!(asked, Ok(Outcome::Paused(_))), "{asked:?}");
    }
    wondering.answer("a", "how", "so".to_owned()).outcome().await.expect("the other one is open");
    wondering.answer("a", "why", "because".to_owned()).await.expect("it goes on");
    let page = RunFilter { limit: Some(1), ..RunFilter::default() };
    let open = wondering.sessions().questions(page).await.expect("it answers");
    assert_eq!(sorted(open), [("b".to_owned(), "both/how".to_owned()), ("b".to_owned(), "both/why".to_owned())]);
}

fn sorted(open: Vec<OpenQuestion>) -> Vec<(String, String)> {
    let mut open: Vec<_> = open.into_iter().map(|open| (open.run_id, open.question.path)).collect();
    open.sort();
    open
}
