//! Sessions: the state and the history that runs share, and whose they are.

use agno::{SqliteDb, prelude::*};
use serde_json::json;

use crate::probe::{Probe, soon};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Cart {
    items: Vec<String>,
}

#[step]
async fn put(item: &str, cart: &mut Cart) -> usize {
    cart.items.push(item.to_owned());
    cart.items.len()
}

#[step]
fn show(count: &usize, #[state] cart: &Cart) -> String {
    format!("{count}: {}", cart.items.join(", "))
}

workflow! {
    Shop(item: String) -> String {
        state cart: Cart;
        put;
        show;
    }
}

workflow! {
    Stocked(item: String) -> String {
        state cart: Cart = Cart { items: vec!["bag".to_owned()] };
        put;
        show;
    }
}

fn cart(items: &[&str]) -> Cart {
    Cart { items: items.iter().map(|item| (*item).to_owned()).collect() }
}

#[tokio::test]
async fn state_lasts_from_run_to_run_of_a_session() {
    let wf = Shop::new();
    assert_eq!(*wf.run("a").session("s").await.expect("completes").content, "1: a");
    let out = wf.run("b").session("s").await.expect("completes");
    assert_eq!((&**out.content, &out.state), ("2: a, b", &Some(json!({ "items": ["a", "b"] }))));
    assert_eq!(*wf.run("c").session("other").await.expect("completes").content, "1: c");
    assert_eq!(*wf.run("d").await.expect("completes").content, "1: d", "a session of its own");
    assert_eq!(wf.sessions().state::<Cart>("s").await.expect("it answers").as_deref(), Some(&cart(&["a", "b"])));
    assert_eq!(wf.sessions().state_json("other").await.expect("it answers"), Some(json!({ "items": ["c"] })));
    wf.sessions().state::<u32>("s").await.expect_err("is no number");
    assert!(wf.sessions().state::<u32>("nowhere").await.expect("it answers").is_none());
    assert!(wf.sessions().state_json("nowhere").await.expect("it answers").is_none());
    assert_eq!(Shop::state_schema().expect("has one").as_value()["properties"]["items"]["type"], "array");
}

#[tokio::test]
async fn the_first_state_is_the_builders_the_declarations_or_the_default() {
    assert_eq!(*Shop::new().run("a").await.expect("completes").content, "1: a");
    assert_eq!(*Stocked::new().run("a").await.expect("completes").content, "2: bag, a");
    let wf = Stocked::builder().state(cart(&["box"])).build();
    assert_eq!(*wf.run("a").session("s").await.expect("completes").content, "2: box, a");
    assert_eq!(*wf.run("b").session("s").await.expect("completes").content, "3: box, a, b", "only the first");
}

#[tokio::test]
async fn a_run_may_replace_the_state() {
    let wf = Shop::new();
    wf.run("a").session("s").await.expect("completes");
    let out = wf.run("b").session("s").state(cart(&["x", "y"])).await.expect("completes");
    assert_eq!(*out.content, "3: x, y, b");
    assert_eq!(*wf.run("c").session("s").await.expect("completes").content, "4: x, y, b, c");
}

#[step]
async fn put_or_fail(item: &str, cart: &mut Cart) -> Result<usize, std::io::Error> {
    cart.items.push(item.to_owned());
    if item == "bad" { Err(std::io::Error::other("is bad")) } else { Ok(cart.items.len()) }
}

workflow! {
    Careful(item: String) -> String {
        state cart: Cart;
        put_or_fail with (retry = 2, backoff = "1s");
        show;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_leaves_no_trace_in_the_state() {
    let wf = Careful::new();
    wf.run("a").session("s").await.expect("completes");
    let error = soon(wf.run("bad").session("s")).await.expect_err("fails");
    assert_eq!(error.partial().expect("there is a run").state, Some(json!({ "items": ["a"] })));
    assert_eq!(*wf.run("b").session("s").await.expect("completes").content, "2: a, b");
}

#[tokio::test]
async fn sessions_are_listed_renamed_and_deleted() {
    let wf = Shop::new();
    let one = wf.run("a").session("s").user("u").await.expect("completes");
    wf.run("b").session("t").await.expect("completes");
    let two = wf.run("c").session("s").await.expect("completes");
    let sessions = wf.sessions();
    assert_eq!(sessions.list().await.expect("it answers").iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["s", "t"]);
    let session = sessions.get("s").await.expect("it answers").expect("is there");
    assert_eq!(
        (session.user_id.as_deref(), session.name, sessions.run_ids("s").await.expect("it answers")),
        (Some("u"), None, vec![one.run_id.to_string(), two.run_id.to_string()])
    );
    assert!(sessions.rename("s", "Shopping").await.expect("it answers") && !sessions.rename("nowhere", "x").await.expect("it answers"));
    assert_eq!(sessions.get("s").await.expect("it answers").expect("is there").name.as_deref(), Some("Shopping"));

    let runs = sessions.runs("s").await.expect("it answers");
    assert_eq!(runs.iter().map(|run| run.content.clone().expect("completed")).collect::<Vec<_>>(), [json!("1: a"), json!("2: a, c")]);
    assert_eq!(wf.last_run("s").await.expect("reads").expect("is there").run_id, two.run_id);
    assert!(wf.last_run("nowhere").await.expect("reads").is_none());
    assert!(sessions.runs("nowhere").await.expect("it answers").is_empty());

    assert!(sessions.delete("s").await.expect("it answers") && !sessions.delete("s").await.expect("it answers"));
    assert!(sessions.get("s").await.expect("it answers").is_none());
    assert!(wf.get_run(&*one.run_id).await.expect("reads").is_none(), "its runs are gone with it");
    assert!(matches!(wf.resume(&*two.run_id).await, Err(RunError::NotFound { .. })));
    assert_eq!(*wf.run("z").session("s").await.expect("completes").content, "1: z", "a new session");
}

#[tokio::test]
async fn a_user_sees_nothing_of_others() {
    let wf = Shop::new();
    let (ada, bob) = (wf.as_user("ada"), wf.as_user("bob"));
    let out = ada.run("a").session("s").await.expect("completes");
    assert_eq!(out.user_id.as_deref(), Some("ada"), "what a user runs is that user's");
    bob.run("b").session("t").await.expect("completes");
    wf.run("c").session("u").await.expect("completes");

    assert_eq!(ada.sessions().list().await.expect("it answers").iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["s"]);
    assert_eq!(wf.sessions().list().await.expect("it answers").len(), 3, "the program sees all");
    assert!(bob.get_run(&*out.run_id).await.expect("reads").is_none());
    assert!(bob.last_run("s").await.expect("reads").is_none());
    assert!(
        bob.sessions().get("s").await.expect("it answers").is_none()
            && bob.sessions().state_json("s").await.expect("it answers").is_none()
            && bob.sessions().runs("s").await.expect("it answers").is_empty()
    );
    assert!(!bob.sessions().delete("s").await.expect("it answers") && !bob.sessions().rename("s", "mine").await.expect("it answers"));
    assert!(matches!(bob.resume(&*out.run_id).await, Err(RunError::NotFound { .. })));
    assert!(matches!(bob.cancel(&*out.run_id).await, Err(RunError::NotFound { .. })));
    assert!(matches!(bob.events(&*out.run_id, 0).await, Err(agno::Error::Run(RunError::NotFound { .. }))));
    let error = bob.run("x").session("s").await.expect_err("is ada's session");
    assert!(error.to_string().contains("another user"), "{error}");
    let error = bob.run("a").run_id(&*out.run_id).await.expect_err("is ada's run");
    assert!(matches!(error, RunError::Misuse { .. }), "{error}");
    assert!(error.partial().is_none(), "and tells nothing of it");
    let error = bob.run("x").user("ada").await.expect_err("bob is not ada");
    assert!(matches!(&error, RunError::Misuse { .. }), "{error}");
    bob.run("x").user("bob").await.expect("bob is bob");
    assert!(ada.sessions().delete("s").await.expect("it answers"));
    assert!(ada.sessions().list().await.expect("it answers").is_empty());
}

#[tokio::test]
async fn anothers_run_is_not_taken_on_by_its_id() {
    let folder = tempfile::tempdir().expect("there is a place");
    let db = SqliteDb::open(folder.path().join("runs.db")).await.expect("it opens");
    for wf in [Shop::new(), Shop::builder().db(db).build()] {
        let out = wf.run("a").user("ann").run_id("anns").await.expect("completes");
        wf.run("a").run_id("nobodys").await.expect("completes");
        for (item, run_id) in [("a", "anns"), ("b", "anns"), ("a", "nobodys")] {
            let error = wf.run(item).user("bob").run_id(run_id).await.expect_err("is not bob's");
            assert!(matches!(&error, RunError::Misuse { .. }) && error.to_string().contains("another user"), "{error}");
            assert!(error.partial().is_none(), "nothing of it is told");
        }
        assert!(matches!(wf.resume("anns").user("bob").await, Err(RunError::NotFound { .. })));
        assert_eq!(wf.run("a").user("ann").run_id("anns").await.expect("is hers").content, out.content);
        assert_eq!(wf.run("a").run_id("anns").await.expect("the program sees all").content, out.content);
    }
}

#[tokio::test]
async fn workflows_may_share_a_store() {
    let db = InMemoryDb::new();
    let one = Shop::builder().db(db.clone()).build();
    let two = Stocked::builder().db(db).build();
    one.run("a").session("s").await.expect("completes");
    let out = two.run("b").session("s").await.expect("completes");
    assert_eq!(*out.content, "2: a, b", "one session, one state");
    assert_eq!(one.sessions().run_ids("s").await.expect("it answers").len(), 2);
    assert!(one.get_run(&*out.run_id).await.expect("reads").is_some());
}

#[tokio::test]
async fn so_many_finished_runs_are_kept() {
    let wf = Shop::builder().keep_runs(2).build();
    let mut ids = Vec::new();
    for item in ["a", "b", "c", "d"] {
        ids.push(wf.run(item).session("s").await.expect("completes").run_id);
    }
    assert_eq!(wf.sessions().run_ids("s").await.expect("it answers"), [ids[2].to_string(), ids[3].to_string()]);
    assert!(wf.get_run(&*ids[0]).await.expect("reads").is_none());
    assert_eq!(wf.sessions().state::<Cart>("s").await.expect("it answers").expect("is there").items.len(), 4, "the state outlives runs");
    let none = Shop::builder().keep_runs(0).build();
    assert_eq!(*none.run("a").await.expect("who awaits a run gets its output").content, "1: a");
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

workflow! { Waiting(text: String) -> String { extra probe: Probe; waits; } }

workflow! { Asking(text: String) -> bool { ask sure: bool = "Sure?"; } }

#[tokio::test(start_paused = true)]
async fn runs_that_are_not_finished_are_always_kept() {
    let (wf, probe) = (Waiting::builder().keep_runs(1).build(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("cut").extra(probe.clone())).await;
    probe.open("waits");
    for n in 0..3 {
        wf.run(n.to_string()).extra(probe.clone()).await.expect("completes");
    }
    assert!(wf.get_run("cut").await.expect("reads").is_some());
    wf.cancel("cut").await.expect("is cancelled");
    wf.run("last").extra(probe.clone()).await.expect("completes");
    assert!(wf.get_run("cut").await.expect("reads").is_none(), "a cancelled run is finished");

    let wf = Asking::builder().keep_runs(1).build();
    for run_id in ["a", "b", "c"] {
        _ = wf.run("x").run_id(run_id).session("s").outcome().await.expect("waits");
    }
    assert_eq!(wf.sessions().run_ids("s").await.expect("it answers"), ["a", "b", "c"]);
    for run_id in ["a", "b"] {
        wf.answer(run_id, "sure", true).await.expect("completes");
    }
    assert_eq!(wf.sessions().run_ids("s").await.expect("it answers"), ["b", "c"]);
}

#[step]
async fn add(text: &str, cart: &mut Cart, #[extra] probe: &Probe) -> usize {
    let _alive = probe.enter("add");
    probe.gate(text).await;
    cart.items.push(text.to_owned());
    cart.items.len()
}

workflow! {
    Racing(text: String) -> usize {
        state cart: Cart;
        extra probe: Probe;
        add;
    }
}

workflow! {
    Strict(text: String) -> usize with (retry_on_conflict = 0) {
        state cart: Cart;
        extra probe: Probe;
        add;
    }
}

#[tokio::test(start_paused = true)]
async fn runs_side_by_side_do_not_lose_each_others_changes() {
    let (wf, probe) = (Racing::new(), Probe::new());
    let one = wf.run("a").session("s").extra(probe.clone());
    let two = wf.run("b").session("s").extra(probe.clone());
    let gates = async {
        probe.called("add", 2).await;
        probe.open("a");
        tokio::task::yield_now().await;
        probe.open("b");
    };
    let (one, two, ()) = soon(futures_util::future::join3(one.into_future(), two.into_future(), gates)).await;
    assert_eq!((*one.expect("completes").content, *two.expect("completes").content), (1, 2));
    assert_eq!(probe.calls("add"), 3, "the second one worked on an old state and ran again");
    assert_eq!(wf.sessions().state::<Cart>("s").await.expect("it answers").as_deref(), Some(&cart(&["a", "b"])));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_is_not_retried_fails_and_names_both_runs() {
    let (wf, probe) = (Strict::new(), Probe::new());
    let one = wf.run("a").run_id("one").session("s").extra(probe.clone());
    let two = wf.run("b").run_id("two").session("s").extra(probe.clone());
    let gates = async {
        probe.called("add", 2).await;
        probe.open("a");
        tokio::task::yield_now().await;
        probe.open("b");
    };
    let (one, two, ()) = soon(futures_util::future::join3(one.into_future(), two.into_future(), gates)).await;
    one.expect("was first");
    let error = two.expect_err("was second");
    assert!(matches!(&error, RunError::Conflict { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("run `two`") && text.contains("run `one`") && text.contains("`add`") && text.contains("retry_on_conflict"),
        "{text}"
    );
    assert_eq!(error.status(), Some(Status::Failed));
    // Nothing was overwritten, and resumed it works on what is there.
    assert_eq!(*soon(wf.resume("two")).await.expect("completes").content, 2);
    assert_eq!(wf.sessions().state::<Cart>("s").await.expect("it answers").as_deref(), Some(&cart(&["a", "b"])));
}

#[tokio::test(start_paused = true)]
async fn a_leg_starts_from_the_sessions_current_state() {
    let (wf, probe) = (Racing::new(), Probe::new());
    probe.cut("add", 1, wf.run("a").run_id("r").session("s").extra(probe.clone())).await;
    probe.open("a");
    probe.open("b");
    wf.run("b").session("s").extra(probe.clone()).await.expect("completes");
    let out = wf.resume("r").await.expect("completes");
    assert_eq!((*out.content, out.state), (2, Some(json!({ "items": ["b", "a"] }))));
}
