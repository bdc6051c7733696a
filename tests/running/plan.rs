//! The plan: a workflow as data, without running it.

use std::time::Duration;

use agno::{About, Describe, Durability, History, Node, NodeKind, OnError, OnMax, Otherwise, Plan, StepInfo, Work, prelude::*};
use serde_json::Value;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Topic {
    title: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Usage {
    calls: u32,
}

#[derive(Clone, Debug, Default, JsonSchema)]
struct Client;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Review {
    Approve,
}

/// Reads the title.
#[step(retry = 3, backoff = "200ms", max_backoff = "1m", timeout = "30s", label = "Read it")]
async fn title(topic: &Topic) -> Result<String, std::io::Error> {
    Ok(topic.title.clone())
}

#[step(blocking)]
fn shout(text: &str) -> String {
    text.to_uppercase()
}

#[step]
fn whisper(text: &str, times: u32, note: Option<&Topic>) -> String {
    _ = (times, note);
    text.to_lowercase()
}

#[step]
fn is_long(text: &str) -> bool {
    text.len() > 10
}

#[step]
fn words(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[step]
fn glue(words: &[String]) -> String {
    words.concat()
}

struct Editor;

/// Edits.
#[step]
impl Editor {
    async fn run(&self, text: &str) -> String {
        text.to_owned()
    }
}

workflow! {
    /// Asks itself again.
    Recursive(text: String) -> String {
        condition again (is_long) { Recursive; }
    }
}

workflow! {
    /// Does everything.
    ///
    /// At length.
    Everything(topic: Topic) -> String with (name = "All of it", id = "all", history = 2, store_events, skip_events = [StepStarted], durability = run, retry_on_conflict = 7) {
        /// Who edits.
        use editor: Editor;
        state usage: Usage;
        extra client: Client;

        /// The first.
        title;
        whisper(title, 3, Some(topic.clone())) as quiet with (retry = 1, backoff = "1s", timeout = "2s", label = "Softly", history = off, on_error = fallback(whisper));
        #[was("old_group")]
        steps group (timeout = "1h") { shout; }
        words;
        each items |item| (limit = 4, on_error = fail) { shout(item); }
        glue;
        parallel both (limit = 2) { shout as left; whisper(glue, 1, None) as right; }
        map as joined |a, b| format!("{a}{b}");
        condition size (is_long) { shout as big; } else { editor; }
        condition maybe (|text| text.is_empty()) { editor as empty; } else none;
        map |text| text.clone().unwrap_or_else(|| "a text of some length".to_owned());
        loop turns (max = 5, until = is_long, on_max = fail) { shout as turn; }
        loop again (max = 2, restart) { shout as once; }
        router way (|text| text.len().min(0)) {
            0 => editor as none,
            1..=9 => { shout as few; editor as then; }
            _ => Recursive,
        }
        ask review: Review = "Publish?" with (timeout = "24h", default = Review::Approve);
        ask free: String = format!("{review:?}?");
        sleep "10m";
        sleep as nap "1s";
    }
}

const PLAN: &Plan = Everything::PLAN;

fn node(name: &str) -> &'static Node {
    PLAN.nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no node `{name}`"))
}

fn names(nodes: &[&Node]) -> Vec<&'static str> {
    nodes.iter().map(|node| node.name).collect()
}

fn step(node: &Node) -> StepInfo {
    match node.about.expect("something runs there")() {
        About::Step(step) => step,
        About::Workflow(plan) => panic!("{}", plan.name),
    }
}

#[test]
fn the_workflow_itself() {
    assert_eq!((PLAN.name, PLAN.id, PLAN.type_name, PLAN.input_name), ("All of it", "all", "Everything", "topic"));
    assert_eq!(PLAN.description.map(str::trim), Some("Does everything.\n\nAt length."));
    assert_eq!((PLAN.options.history, PLAN.options.store_events, PLAN.options.retry_on_conflict), (Some(History::Last(2)), Some(true), 7));
    assert_eq!((PLAN.options.durability, PLAN.options.skip_events), (Durability::Run, &[agno::EventName::StepStarted][..]));
    assert!((PLAN.input)().name.ends_with("::Topic") && (PLAN.output)().name.ends_with("String"));
    assert_eq!(Value::from(((PLAN.input)().schema)())["properties"]["title"]["type"], "string");
    assert!(PLAN.state.expect("has one")().name.ends_with("::Usage") && PLAN.extra.expect("has one")().name.ends_with("::Client"));
    assert_eq!((PLAN.uses.len(), PLAN.uses[0].name, PLAN.uses[0].type_name), (1, "editor", "Editor"));
    assert_eq!(
        names(PLAN.nodes),
        [
            "title", "quiet", "group", "words", "items", "glue", "both", "joined", "size", "maybe", "map", "turns", "again", "way",
            "review", "free", "sleep", "nap"
        ]
    );
    let defaults = &Recursive::PLAN.options;
    assert_eq!(
        (defaults.history, defaults.store_events, defaults.durability, defaults.retry_on_conflict),
        (None, None, Durability::Step, 3)
    );
}

#[test]
fn steps_with_their_options_and_schemas() {
    let title = node("title");
    assert_eq!((title.kind, title.direct, title.description.map(str::trim), title.args), (NodeKind::Call, true, Some("The first."), None));
    let info = step(title);
    assert_eq!(
        (info.name, info.label, info.description.map(str::trim), info.work),
        ("title", Some("Read it"), Some("Reads the title."), Work::Async)
    );
    assert_eq!(
        (info.options.retry, info.options.backoff, info.options.max_backoff),
        (3, Duration::from_millis(200), Duration::from_secs(60))
    );
    assert_eq!((info.options.timeout, info.params), (Some(Duration::from_secs(30)), &["topic"][..]));
    assert_eq!(Value::from((info.input)())["required"][0], "topic");
    assert_eq!(Value::from((info.output)())["type"], "string");

    let quiet = node("quiet");
    assert_eq!((quiet.label, quiet.args), (Some("Softly"), Some(&["title", "3", "Some(topic.clone())"][..])));
    assert_eq!(
        (quiet.options.retry, quiet.options.backoff, quiet.options.timeout),
        (Some(1), Some(Duration::from_secs(1)), Some(Duration::from_secs(2)))
    );
    assert_eq!((quiet.options.history, quiet.options.on_error), (Some(History::Off), OnError::Fallback));
    assert_eq!(quiet.fallback.map(|fallback| (fallback.name, step(fallback).name)), Some(("fallback", "whisper")));
    let schema = Value::from((step(quiet).input)());
    assert_eq!((&schema["required"], step(quiet).params), (&serde_json::json!(["text", "times"]), &["text", "times", "note"][..]));
    assert_eq!(step(node("glue")).work, Work::Sync);
    assert_eq!((whisper::NAME, shout::NAME, title::description().map(str::trim)), ("whisper", "shout", Some("Reads the title.")));
}

#[test]
fn containers_with_what_is_in_them() {
    let group = node("group");
    assert_eq!((group.kind, group.was, group.options.timeout), (NodeKind::Steps, Some("old_group"), Some(Duration::from_secs(3600))));
    assert_eq!(names(group.children), ["shout"]);
    assert!(!group.children[0].direct && step(group.children[0]).work == Work::Blocking);
    assert_eq!((node("items").kind, names(node("items").children)), (NodeKind::Each { limit: 4 }, vec!["shout"]));
    assert_eq!(node("items").children[0].args, Some(&["item"][..]));
    assert_eq!((node("both").kind, names(node("both").children)), (NodeKind::Parallel { limit: Some(2) }, vec!["left", "right"]));
    assert_eq!(node("both").children[1].args, Some(&["glue", "1", "None"][..]));
    assert_eq!(node("joined").kind, NodeKind::Map);

    let size = node("size");
    assert_eq!(size.kind, NodeKind::Condition { otherwise: Otherwise::Nodes });
    assert_eq!((names(size.children), names(size.otherwise)), (vec!["big"], vec!["editor"]));
    assert_eq!(
        size.decision.map(|decision| (decision.name, decision.kind, step(decision).name)),
        Some(("if", NodeKind::Decision, "is_long"))
    );
    assert_eq!((step(size.otherwise[0]).name, step(size.otherwise[0]).description.map(str::trim)), ("editor", Some("Edits.")));
    let maybe = node("maybe");
    assert_eq!(maybe.kind, NodeKind::Condition { otherwise: Otherwise::None });
    assert!(maybe.decision.expect("has one").about.is_none(), "a closure");

    assert_eq!(node("turns").kind, NodeKind::Loop { max: 5, restart: false, on_max: OnMax::Fail, until: true });
    assert_eq!(node("turns").decision.map(|decision| decision.name), Some("until"));
    assert_eq!(node("again").kind, NodeKind::Loop { max: 2, restart: true, on_max: OnMax::Accept, until: false });

    let way = node("way");
    assert_eq!((way.kind, way.decision.map(|decision| decision.name)), (NodeKind::Router { many: false }, Some("select")));
    let arms: Vec<_> = way.arms.iter().map(|arm| (arm.pattern, names(arm.nodes))).collect();
    assert_eq!(arms, [("0", vec!["none"]), ("1..=9", vec!["few", "then"]), ("_", vec!["recursive"])]);

    let review = node("review");
    let kind = NodeKind::Ask { question: Some("Publish?"), timeout: Some(Duration::from_secs(24 * 3600)), default: true };
    assert_eq!(review.kind, kind);
    assert!(review.value.expect("has one")().name.ends_with("::Review"));
    assert_eq!(node("free").kind, NodeKind::Ask { question: None, timeout: None, default: false });
    assert_eq!(node("sleep").kind, NodeKind::Sleep { duration: Duration::from_secs(600) });
    assert_eq!(node("nap").kind, NodeKind::Sleep { duration: Duration::from_secs(1) });
}

#[test]
fn a_workflow_in_itself_is_a_reference() {
    let mut plan = match node("way").arms[2].nodes[0].about.expect("something runs there")() {
        About::Workflow(plan) => plan,
        About::Step(step) => panic!("{}", step.name),
    };
    for _ in 0..100 {
        assert_eq!((plan.type_name, plan.description.map(str::trim)), ("Recursive", Some("Asks itself again.")));
        let About::Workflow(inner) = plan.nodes[0].children[0].about.expect("something runs there")() else { panic!("is a workflow") };
        assert!(std::ptr::eq(inner, Recursive::PLAN));
        plan = inner;
    }
}

#[test]
fn what_a_step_is_can_be_asked_of_its_type() {
    assert!(matches!(<title as Describe>::about(), About::Step(step) if step.name == "title"));
    assert!(matches!(<Editor as Describe>::about(), About::Step(step) if step.name == "editor"));
    assert_eq!(Value::from(Editor::output_schema())["type"], "string");
}

#[tokio::test]
async fn the_plan_is_what_runs() {
    let wf = Everything::builder().editor(Editor).build();
    let waits = wf.run(Topic { title: "A long title it is".into() }).outcome().await.expect("asks");
    let Outcome::Paused(paused) = waits else { panic!("asks") };
    assert_eq!(paused.questions()[0].path, "review");
}
