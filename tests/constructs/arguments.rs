//! What may stand in the parentheses of a call.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use agno::prelude::*;

use crate::{completed, paused, support::paths};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Topic {
    title: String,
    pages: Vec<String>,
    size: Size,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Size {
    width: u32,
    height: u32,
}

fn topic() -> Topic {
    Topic { title: "Rust".into(), pages: ["a", "b", "c", "d"].map(String::from).to_vec(), size: Size { width: 2, height: 3 } }
}

#[step]
async fn plan(topic: &Topic, pages: &[String], limit: usize) -> String {
    format!("{} {} {limit}", topic.title, pages.join(""))
}

#[step]
fn area(size: &Size) -> u32 {
    size.width * size.height
}

#[step]
fn add(a: u32, b: &u32) -> u32 {
    a + b
}

#[step]
fn echo(text: &str) -> String {
    text.to_owned()
}

#[step]
fn owned(text: String) -> String {
    text
}

#[step]
fn count(pages: &[String]) -> usize {
    pages.len()
}

#[step]
fn pick(page: Option<&String>) -> String {
    page.cloned().unwrap_or_else(|| "none".into())
}

const OFFSET: u32 = 100;

fn twice(n: u32) -> u32 {
    n * 2
}

workflow! {
    Expressions(topic: Topic) -> Vec<String> {
        plan(topic, &topic.pages[0..3], 5);
        area(topic.size);
        area(Size { width: topic.size.width + 1, height: 10 }) as bigger;
        add(*area + 1, area) as sum;
        add(OFFSET, &twice(*sum)) as constants;
        echo(format!("{}/{}", topic.title, area)) as formatted;
        echo("literal") as literal;
        echo(&topic.title[1..]) as part;
        owned("owned".to_owned());
        owned(if *area > 5 { "big".into() } else { String::new() }) as chosen;
        count(topic.pages.iter().filter(|page| page.as_str() > "b").cloned().collect::<Vec<_>>()) as filtered;
        count([topic.title.clone(), "x".to_owned()]) as array;
        count(vec!["x".to_owned(); 5]) as vector;
        pick(topic.pages.first().cloned()) as first;
        pick(None) as none;
        pick(Some(match sum { 13 => "thirteen".to_owned(), other => other.to_string() })) as matched;
        map |_| vec![
            plan.clone(), area.to_string(), bigger.to_string(), sum.to_string(), constants.to_string(), formatted.clone(),
            literal.clone(), part.clone(), owned.clone(), chosen.clone(), filtered.to_string(), array.to_string(), vector.to_string(),
            first.clone(), none.clone(), matched.clone(),
        ];
    }
}

#[tokio::test]
async fn an_argument_is_any_expression_over_names() {
    let run = Expressions::new().run(topic()).await.expect("runs");
    assert_eq!(
        *run.content,
        ["Rust abc 5", "6", "30", "13", "126", "Rust/6", "literal", "ust", "owned", "big", "2", "2", "5", "a", "none", "thirteen",]
    );
}

#[step]
async fn news(topic: &Topic) -> Topic {
    Topic { title: format!("news of {}", topic.title), ..topic.clone() }
}

#[step]
fn measure(topic: &Topic) -> Size {
    topic.size.clone()
}

#[step]
fn compare(title: &str, width: &u32, pages: &[String], count: usize) -> String {
    format!("{title} {width} {} {count}", pages.join(""))
}

workflow! {
    Fields(topic: Topic) -> String {
        parallel research {
            news;
            measure as size;
            parallel inner { area(topic.size); map as title |topic| topic.title.clone(); }
        }
        compare(research.news.title, research.size.width, &research.news.pages[1..2], research.inner.title.len());
        compare(research.inner.title, research.inner.area, &[], research.news.pages.len() + 1) as second;
        echo(format!("{compare}, {second}"));
    }
}

#[tokio::test]
async fn branches_are_fields_and_their_fields_too() {
    let run = Fields::new().run(topic()).await.expect("runs");
    assert_eq!(*run.content, "news of Rust 2 b 4, Rust 6  5");
    assert_eq!(
        paths(&run.steps),
        [
            "research/news",
            "research/size",
            "research/inner/area",
            "research/inner/title",
            "research/inner",
            "research",
            "compare",
            "second",
            "echo",
        ]
    );
}

static EVALUATED: AtomicU32 = AtomicU32::new(0);

fn evaluated(n: u32) -> u32 {
    EVALUATED.fetch_add(1, SeqCst);
    n
}

#[step]
fn enough(n: &u32, answer: &bool) -> String {
    format!("{n} {answer}")
}

workflow! {
    Once(n: u32) -> String {
        add(evaluated(*n), &1);
        ask go_on: bool = format!("Is {add} right?");
        enough(add, go_on);
    }
}

#[tokio::test]
async fn an_argument_is_evaluated_only_where_nothing_is_recorded() {
    let workflow = Once::new();
    let waits = paused(workflow.run(4_u32).outcome().await);
    assert_eq!(waits.questions()[0].text, "Is 5 right?");
    let run = completed(workflow.answer(waits.run_id(), "go_on", true).outcome().await);
    assert_eq!((&**run.content, EVALUATED.load(SeqCst)), ("5 true", 1));
}

struct Joiner(&'static str);

#[step]
impl Joiner {
    async fn run(&self, first: &str, second: Option<&str>, times: usize) -> String {
        [first, second.unwrap_or_default()].join(self.0).repeat(times)
    }
}

workflow! {
    ToExecutors(topic: Topic) -> String {
        use joiner: Joiner;
        joiner(topic.title, Some("x".to_owned()), 1);
        joiner(joiner, None, topic.pages.len() / 2) as second;
    }
}

#[tokio::test]
async fn executors_take_the_same_arguments() {
    let run = ToExecutors::builder().joiner(Joiner("-")).build().run(topic()).await.expect("runs");
    assert_eq!(*run.content, "Rust-x-Rust-x-");
}

#[step]
fn is_long(text: &str, limit: usize) -> bool {
    text.len() > limit
}

workflow! {
    InDecisions(topic: Topic) -> String {
        echo(topic.title);
        condition long (is_long(echo, topic.pages.len() - 1)) { echo(format!("long {echo}")) as marked; }
        loop grow |text| (max = 10, until = is_long(more, topic.pages.len() + 8)) { echo(format!("{text}!")) as more; }
        router by_length (count(topic.pages)) {
            4 => echo(format!("{grow}, four")) as four,
            _ => echo("other") as other,
        }
    }
}

#[tokio::test]
async fn predicates_and_selectors_take_arguments_too() {
    let run = InDecisions::new().run(topic()).await.expect("runs");
    assert_eq!(*run.content, "long Rust!!!!, four");
}

workflow! { Shadows(n: u32) -> u32 {
    steps outer {
        add(*n, &1);
        steps inner { add(*add, add) as add; map |add| add + n; }
        map |inner| inner + add;
    }
    map |outer| outer + n;
} }

#[tokio::test]
async fn an_inner_scope_may_repeat_an_outer_name() {
    let run = Shadows::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 8);
    assert_eq!(paths(&run.steps), ["outer/add", "outer/inner/add", "outer/inner/map", "outer/inner", "outer/map", "outer", "map"]);
}
