//! What `#[step]` emits stands in any crate: with every lint denied, without a prelude, among names equal to ours.

#![deny(
    warnings,
    missing_docs,
    missing_copy_implementations,
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_lifetimes,
    unused_qualifications,
    clippy::pedantic
)]
#![allow(
    clippy::many_single_char_names,
    clippy::ptr_arg,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    reason = "the functions are written for their forms"
)]

use agno::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Topic {
    title: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Usage {
    calls: u32,
}

#[derive(Debug)]
struct Client;

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

/// Every form of data.
///
/// And of text.
#[step]
fn data<'a>(
    mut number: u32,
    text: &'a str,
    list: &[u32],
    tone: Option<&'a Topic>,
    word: Option<&str>,
    (a, b): &(u32, u32),
    _: &Topic,
) -> u32 {
    number += a + b + list.iter().sum::<u32>();
    number + u32::from(tone.is_some()) + u32::try_from(text.len() + word.map_or(0, str::len)).unwrap_or(u32::MAX)
}

/// Everything a step may use, and every option.
#[step(
    name = "everything at once",
    label = "Everything at once",
    retry = 3,
    backoff = "200ms",
    max_backoff = "1s",
    retry_if = is_transient,
    timeout = "30s",
    history = 3,
    effect = once,
    crate = ::agno
)]
async fn everything(topic: Topic, usage: &mut Usage, #[extra] client: &Client, ctx: &StepContext) -> std::io::Result<Topic> {
    usage.calls += ctx.attempt();
    std::future::ready(()).await;
    if format!("{client:?}").is_empty() { Err(std::io::Error::other("no client")) } else { Ok(topic) }
}

#[step(blocking)]
fn reads(#[state] usage: &Usage) -> anyhow::Result<u32> {
    anyhow::ensure!(usage.calls > 0, "nothing was called");
    Ok(usage.calls)
}

#[step]
fn r#loop(r#type: &Topic) -> bool {
    r#type.title.is_empty()
}

#[step]
fn stops(topic: &Topic) -> ControlFlow<String> {
    if topic.title.is_empty() { ControlFlow::Break(String::new()) } else { ControlFlow::Continue(()) }
}

#[step]
fn stops_or_fails(topic: &Topic) -> Result<ControlFlow<String, usize>, &'static str> {
    match topic.title.len() {
        0 => Err("no title"),
        1 => Ok(ControlFlow::Break(topic.title.clone())),
        length => Ok(ControlFlow::Continue(length)),
    }
}

#[step]
fn stops_before_it_fails(topic: &Topic) -> ControlFlow<String, Result<usize, String>> {
    match topic.title.len() {
        0 => ControlFlow::Continue(Err(topic.title.clone())),
        1 => ControlFlow::Break(topic.title.clone()),
        length => ControlFlow::Continue(Ok(length)),
    }
}

#[derive(Debug, Default)]
struct HTTPWriter {
    style: String,
}

/// Writes.
#[step(timeout = "1m")]
impl HTTPWriter {
    const LIMIT: usize = { 3 };

    async fn run(&self, topic: &Topic, #[extra] client: &Client, ctx: &StepContext) -> Result<String, std::fmt::Error> {
        std::future::ready(()).await;
        let text = format!("{}{}{client:?}{}", self.style, topic.title, ctx.attempt());
        if text.len() > Self::LIMIT { Ok(text) } else { Err(std::fmt::Error) }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Rule(u32);

#[step]
impl Rule {
    fn run(&self, others: &[Self]) -> Self {
        Self(others.iter().fold(self.0, |sum, rule| sum + rule.0))
    }
}

/// Items have no hygiene.
mod names_like_ours {
    use agno::prelude::*;

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(super) struct Call;
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(super) struct P;
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(super) struct O;
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(super) struct I;

    #[step]
    fn call(a1: &Call, a0: &P, tried: &O, at: &I) -> Call {
        let _ = (a0, tried, at);
        a1.clone()
    }

    #[step]
    pub(super) fn about(with: &I, grant: &O) -> P {
        let _ = (with, grant);
        P
    }
}

/// Types called like those of the standard prelude.
mod other_prelude {
    use agno::prelude::*;

    macro_rules! types {
        ($($name:ident)*) => {$(
            #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
            pub(super) struct $name {}
        )*};
    }

    types!(Arc Box Err None Ok Option Result Some String Vec);
}

#[no_implicit_prelude]
mod without_a_prelude {
    use super::other_prelude::{Arc, Box, Err, None, Ok, Option, Result, Some, String, Vec};
    use ::std::clone::Clone;

    #[expect(dead_code, reason = "it is there to be mistaken")]
    trait Send {}
    #[expect(dead_code, reason = "it is there to be mistaken")]
    trait Future {}

    #[::agno::step(retry = 1, timeout = "3s")]
    pub(super) fn all(a: &Arc, b: &[Box], c: ::std::option::Option<&Err>, d: None, e: &Option, s: &mut Some, #[extra] x: &String) -> Ok {
        let _ = (a, b, c, d, e, s, x);
        Ok {}
    }

    #[::agno::step]
    pub(super) fn fails(a: &Vec) -> ::std::result::Result<Result, ::std::fmt::Error> {
        let _ = a;
        ::std::result::Result::Ok(Result {})
    }

    #[::agno::step]
    impl Box {
        fn run(&self, a: &Vec) -> (Self, Vec) {
            (self.clone(), a.clone())
        }
    }
}

/// As in a crate that knows `agno` by another name only.
mod renamed {
    mod flow {
        pub(super) use agno::*;
    }

    #[flow::step(crate = crate::renamed::flow)]
    fn twice(number: &u32) -> u32 {
        number * 2
    }

    macro_rules! steps {
        ($($name:ident($arg:ident: $ty:ty) -> $out:ty;)*) => {$(
            #[flow::step(crate = $crate::renamed::flow)]
            fn $name($arg: &$ty) -> $out {
                $arg.clone()
            }
        )*};
    }

    steps! {
        one(number: u32) -> u32;
        two(numbers: Vec<u32>) -> Vec<u32>;
    }

    macro_rules! step_item {
        ($item:item) => {
            #[flow::step(crate = $crate::renamed::flow)]
            $item
        };
    }

    step_item! {
        fn three(number: &u32, #[extra] more: &u32) -> u32 {
            number + more
        }
    }
}

/// Types may be less visible than the step.
mod visible {
    use super::Topic;

    pub(crate) struct Writer;

    #[agno::step]
    pub(crate) async fn copies(topic: &Topic) -> Topic {
        std::future::ready(()).await;
        topic.clone()
    }

    #[agno::step]
    impl Writer {
        fn run(&self, topic: &Topic) -> Topic {
            let Self = self;
            topic.clone()
        }
    }
}

#[cfg(test)]
mod conditional {
    #[agno::step]
    #[cfg(any())]
    fn gone(missing: &Missing) -> Missing {
        missing.clone()
    }

    #[deprecated = "a step may be"]
    #[agno::step]
    fn old(number: &u32) -> u32 {
        *number
    }
}

#[test]
fn a_step_is_a_function_and_a_type() {
    assert_eq!(data(1, "ab", &[3], None, Some("c"), &(4, 5), &Topic { title: String::new() }), 16);
    assert_eq!(data::NAME, "data");
    assert_eq!(data::description(), Some("Every form of data.\n\nAnd of text."));
    assert_eq!(everything::NAME, "everything at once");
    assert_eq!(r#loop::NAME, "loop");
    assert_eq!(HTTPWriter::NAME, "http_writer");
    assert_eq!(HTTPWriter::description(), Some("Writes."));
}

#[test]
fn schemas_are_of_what_the_workflow_holds() {
    let schema = serde_json::to_value(data::input_schema()).expect("a schema is JSON");
    assert_eq!(schema["required"], serde_json::json!(["number", "text", "list", "arg5", "arg6"]));
    assert_eq!(schema["properties"]["text"]["type"], "string");
    assert_eq!(schema["properties"]["word"]["type"], "string");
    assert_eq!(schema["properties"]["list"]["type"], "array");
    let output = serde_json::to_value(stops_or_fails::output_schema()).expect("a schema is JSON");
    assert_eq!(output["type"], "integer");
}
