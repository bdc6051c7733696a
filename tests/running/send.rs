//! Futures and public types can be sent and shared: checked by the compiler, and that check by its counterpart.

use std::rc::Rc;

use agno::{
    About, AnswerTo, BlockingStream, Bytes, Call, CallStream, EventKind, EventName, EventStream, IntoInput, Media, Metrics, Node, Outcome,
    PartialRun, PausedRun, Plan, QuestionAt, QuestionInfo, RunBuilder, RunStream, Runner, SessionInfo, Sessions, Shared, Status,
    StepMetrics, StepOutcome, StepResult, Steps, StoredRun, TypedHistory, Violations, WithExtra, WithoutExtra, prelude::*,
};

#[step]
async fn same(text: &str) -> String {
    text.to_owned()
}

workflow! { Echo(text: String) -> String { parallel both { same; same as again; } map |a, b| format!("{a}{b}"); } }

/// `true` for what can be sent and shared. (An inherent associated constant wins over the trait's.)
struct Is<T>(std::marker::PhantomData<T>);

trait Not {
    const SENT: bool = false;
    const SHARED: bool = false;
}

impl<T> Not for Is<T> {}

impl<T: Send> Is<T> {
    const SENT: bool = true;
}

struct IsShared<T>(std::marker::PhantomData<T>);

impl<T> Not for IsShared<T> {}

impl<T: Sync> IsShared<T> {
    const SHARED: bool = true;
}

macro_rules! sent_and_shared {
    ($($type:ty),* $(,)?) => {$(
        const _: () = assert!(Is::<$type>::SENT && IsShared::<$type>::SHARED, stringify!($type));
    )*};
}

// The check itself can fail.
const _: () = assert!(!Is::<Rc<u8>>::SENT && !IsShared::<std::cell::Cell<u8>>::SHARED);

sent_and_shared! {
    Echo, Runner<Echo>, agno::Builder<Echo>, RunHandle<Echo>, RunOutput<String, String>, Outcome<String, String>, PausedRun, PartialRun, StoredRun,
    Steps, StepResult, StepOutcome, StepMetrics, Metrics, Status, RunError, agno::Error, StepError, Violations, Event, EventKind, EventName,
    Media, Bytes, InMemoryDb, Sessions, SessionInfo, StepContext, Plan, Node, About, QuestionInfo, QuestionAt<Rc<u8>>, Shared<String>,
    TypedHistory<Echo>, ErrorDecision,
}

const _: () = assert!(Is::<RunBuilder<Echo, WithExtra>>::SENT && Is::<RunBuilder<Echo, WithoutExtra>>::SENT);
const _: () = assert!(Is::<RunStream<Echo>>::SENT && Is::<EventStream>::SENT && Is::<BlockingStream<Echo>>::SENT);
const _: () = assert!(Is::<Call<String>>::SENT && Is::<CallStream<String>>::SENT);

fn sent<T: Send + 'static>(value: T) -> T {
    value
}

#[tokio::test]
async fn futures_can_be_sent() {
    let wf = Echo::new();
    sent(wf.run("a").into_future()).await.expect("completes");
    sent(wf.run("a").outcome()).await.expect("completes");
    let handle = sent(wf.run("a").run_id("r").background()).await.expect("begins");
    let waiting = handle.clone();
    sent(async move { waiting.wait().await.map(|out| out.content) }).await.expect("completes");
    let cancelling = wf.clone();
    sent(async move { cancelling.cancel("nowhere").await }).await.expect_err("is nowhere");
    let reading = wf.clone();
    sent(async move { (reading.get_run("r").await.is_ok(), reading.last_run("s").await.is_ok(), reading.recover().await.is_ok()) }).await;
    sent(wf.run("a").stream());
}

#[test]
fn what_is_taken_is_what_is_at_hand() {
    fn input<T>(_: impl IntoInput<T>) {}
    input::<String>("text");
    input::<String>(String::new());
    input::<String>(std::sync::Arc::new(String::new()));
    fn answer<T>(_: impl AnswerTo<T>) {}
    answer::<bool>("path");
    answer::<bool>(String::new());
    answer::<bool>(&String::new());
}
