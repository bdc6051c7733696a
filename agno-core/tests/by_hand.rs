//! Drives runs by hand, without the macros: what generated code does, written by a person. `docs/internals/expansion.md` is the contract.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::Poll,
};

use agno_core::{__private as p, EventKind, Node, NodeKind, OnMax, Otherwise, Outcome, Plan, Runner, Shared, StepContext, Workflow};
use futures_util::StreamExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Draft {
    words: Vec<String>,
}

/// A step by hand: `async fn add(draft: &Draft, word: &str, ctx: &StepContext) -> Result<Draft, Refused>`, which fails as often as it is told to.
#[allow(non_camel_case_types, reason = "as the macro writes it")]
struct add {}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

static ADD: p::StepMeta<Draft, Refused> = p::StepMeta {
    name: "add",
    work: p::Work::Async,
    options: p::StepOptions { retry: 1, backoff: p::nanos(1_000), ..p::StepOptions::DEFAULT },
    retry_if: None,
    codec: || <Draft as p::StepOutput>::CODEC,
    fail: |error| p::Failure::boxed(error),
    about: about_add,
};

fn about_add() -> p::About {
    p::About::Step(p::StepInfo {
        name: "add",
        label: None,
        description: None,
        work: p::Work::Async,
        options: ADD.options,
        input: || {
            p::input_schema(&[("draft", <Draft as p::StepInput>::subschema, true), ("word", <String as p::StepInput>::subschema, true)])
        },
        output: p::schema_of::<Draft>,
        params: &["draft", "word"],
    })
}

struct AddCall {
    context: StepContext,
}

impl add {
    fn enter<P, O: 'static>(at: p::At<'_, P, O>) -> p::StepDoor<'_, p::Plain<'_>, (), AddCall, Draft, p::Never, Refused, O> {
        p::StepDoor::new(at.plain(), (), &ADD, |(), grant, ()| AddCall { context: grant.context() }, |never| match never {})
    }
}

impl p::Works for AddCall {
    const IS_SYNC: bool = false;
}

impl AddCall {
    #[expect(clippy::manual_async_fn, reason = "as the macro writes it: the future must be `Send`")]
    fn call<'call>(
        self,
        draft: &'call Draft,
        word: &'call str,
    ) -> impl Future<Output = p::Tried<(), p::Never, Draft, Refused>> + Send + 'call {
        async move {
            tokio::task::yield_now().await;
            let refusals = u32::from(word.starts_with("stubborn")) * 9 + u32::from(word.starts_with("shy"));
            if self.context.attempt() <= refusals {
                return ((), Err(Refused));
            }
            let words = draft.words.iter().cloned().chain([word.to_owned()]).collect();
            ((), Ok(std::ops::ControlFlow::Continue(Draft { words })))
        }
    }
}

/// A workflow by hand, with a body that each test chooses.
#[derive(Clone)]
struct ByHand(Runner<ByHand>);

type BodyFn = for<'a> fn(&'a mut p::Cx<p::Position<p::Stateless, p::NoExtra>, Draft>, Shared<Draft>) -> p::Body<'a, Draft>;

static PLAN: Plan = Plan::new("ByHand", || ByHand::INPUT.info(), || ByHand::OUTPUT.info());

impl Deref for ByHand {
    type Target = Runner<Self>;

    fn deref(&self) -> &Runner<Self> {
        &self.0
    }
}

impl Workflow for ByHand {
    type Input = Draft;
    type Output = Draft;
    type State = p::Stateless;
    type Extra = p::NoExtra;
    type Uses = BodyFn;
    const INPUT: p::Codec<Draft> = <Draft as p::StepOutput>::CODEC;
    const OUTPUT: p::Codec<Draft> = <Draft as p::StepOutput>::CODEC;
    const PLAN: &'static Plan = &PLAN;

    fn first_state() -> p::FirstState<Self> {
        p::no_state()
    }

    fn from_runner(runner: Runner<Self>) -> Self {
        Self(runner)
    }

    fn body<'a>(
        uses: &'a BodyFn,
        cx: &'a mut p::Cx<p::Position<p::Stateless, p::NoExtra>, Draft>,
        input: Shared<Draft>,
    ) -> p::Body<'a, Draft> {
        uses(cx, input)
    }
}

fn workflow(body: BodyFn) -> ByHand {
    p::Builder::<ByHand>::default().build_with(body)
}

fn draft(words: &[&str]) -> Draft {
    Draft { words: words.iter().map(|word| (*word).to_owned()).collect() }
}

static HELLO: Node = Node::new("hello", NodeKind::Call);
static SHY: Node = Node::new("shy", NodeKind::Call);
static STUBBORN: Node = Node::new("stubborn", NodeKind::Call);

/// `add as $node($input, $word)`
macro_rules! add {
    ($cx:ident, $node:ident, $input:ident, $word:literal) => {
        <add>::enter($cx.at()).go_with(&$node, |call: AddCall| {
            let input = $input.clone();
            async move { call.call(&input, $word).await }
        })
    };
}

#[tokio::test]
async fn a_step_is_retried_and_recorded() {
    let run = workflow(|cx, input| {
        Box::pin(async move {
            let hello = add!(cx, HELLO, input, "hello").await?;
            add!(cx, SHY, hello, "shy").await
        })
    });
    let out = run.run(draft(&[])).await.expect("runs");
    assert_eq!(out.content.words, ["hello", "shy"]);
    let steps: Vec<_> = out.steps.iter().map(|step| (step.path(), step.attempts())).collect();
    assert_eq!(steps, [("hello".to_owned(), 1), ("shy".to_owned(), 2)]);
}

#[tokio::test]
async fn a_failure_names_its_node_and_keeps_what_was_done() {
    let run = workflow(|cx, input| {
        Box::pin(async move {
            let hello = add!(cx, HELLO, input, "hello").await?;
            add!(cx, STUBBORN, hello, "stubborn").await
        })
    });
    let error = run.run(draft(&[])).await.expect_err("fails");
    assert_eq!(error.partial().expect("there is a run").steps.len(), 2);
    let agno_core::RunError::Failed { path, attempts, source, .. } = error else { panic!("{error}") };
    assert_eq!((&*path, attempts), ("stubborn", 2));
    assert!(source.downcast_ref::<Refused>().is_some());
}

static BOTH: Node = Node { children: &[&HELLO, &SHY], ..Node::new("both", NodeKind::Parallel { limit: None }) };

#[tokio::test]
async fn branches_stand_in_declared_order() {
    let run = workflow(|cx, input| {
        Box::pin(async move {
            let (hello, shy) = {
                let mut join = cx.parallel(&BOTH);
                // The first branch needs two attempts, and still comes first.
                let shy = {
                    let input = input.clone();
                    join.branch(|mut cx| async move {
                        let cx = &mut cx;
                        add!(cx, SHY, input, "shy").await
                    })
                };
                let hello = {
                    let input = input.clone();
                    join.branch(|mut cx| async move {
                        let cx = &mut cx;
                        add!(cx, HELLO, input, "hello").await
                    })
                };
                let mut done = join.all().await?;
                (done.take(hello), done.take(shy))
            };
            Ok(Shared::new(Draft { words: hello.words.iter().chain(&shy.words).cloned().collect() }))
        })
    });
    let out = run.run(draft(&[])).await.expect("runs");
    assert_eq!(out.content.words, ["hello", "shy"]);
    let paths: Vec<_> = out.steps.iter().map(agno_core::StepResult::path).collect();
    assert_eq!(paths, ["both/shy", "both/hello", "both"]);
}

static CHECK: Node = Node { children: &[&HELLO], ..Node::new("check", NodeKind::Condition { otherwise: Otherwise::PassesThrough }) };
static IF: Node = Node::new("if", NodeKind::Decision);
static GROW: Node =
    Node { children: &[&HELLO], ..Node::new("grow", NodeKind::Loop { max: 3, restart: false, on_max: OnMax::Accept, until: true }) };
static UNTIL: Node = Node::new("until", NodeKind::Decision);

fn container_body<'a>(cx: &'a mut p::Cx<p::Position<p::Stateless, p::NoExtra>, Draft>, input: Shared<Draft>) -> p::Body<'a, Draft> {
    Box::pin(async move {
        let checked = {
            let open = cx.open(&CHECK);
            let out = async {
                let yes = cx.decide(&IF, || p::decide(&*input, |draft| draft.words.is_empty()))?;
                cx.took(yes);
                if yes {
                    let hello = add!(cx, HELLO, input, "hello").await?;
                    Ok::<_, p::Stop<_>>(<_ as p::SameAs<_>>::or_piped(&input, Some(hello)))
                } else {
                    Ok(input.clone())
                }
            }
            .await;
            cx.close(open, out)?
        };
        let mut turns = cx.turns(&GROW);
        let out = async {
            let mut current = checked.clone();
            loop {
                cx.turn(&mut turns);
                let turn = async {
                    let more = add!(cx, HELLO, current, "more").await?;
                    let next = <_ as p::CarriedAs<_>>::carried(&current, more);
                    let done = cx.decide(&UNTIL, || next.words.len() >= 3)?;
                    Ok::<_, p::Stop<_>>((next, done))
                }
                .await;
                let (next, done) = cx.turned(&mut turns, turn)?;
                if cx.is_over(&mut turns, done)? {
                    break Ok(next);
                }
                current = next;
            }
        }
        .await;
        cx.end_turns(turns, out)
    })
}

#[tokio::test]
async fn containers_say_when_they_begin_and_end() {
    let mut stream = workflow(container_body).run(draft(&[])).stream();
    let mut lines = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event.expect("runs");
        if !matches!(event.kind, EventKind::StepStarted { .. }) {
            lines.push(format!("{} {}", event.name(), event.path));
        }
    }
    let expected = [
        "WorkflowStarted ",
        "ConditionExecutionStarted check",
        "StepCompleted check/if",
        "StepCompleted check/hello",
        "ConditionExecutionCompleted check",
        "LoopExecutionStarted grow",
        "LoopIterationStarted grow[0]",
        "StepCompleted grow[0]/hello",
        "StepCompleted grow[0]/until",
        "LoopIterationCompleted grow[0]",
        "LoopIterationStarted grow[1]",
        "StepCompleted grow[1]/hello",
        "StepCompleted grow[1]/until",
        "LoopIterationCompleted grow[1]",
        "LoopExecutionCompleted grow",
        "WorkflowCompleted ",
    ];
    assert_eq!(lines, expected);
}

static REVIEW: Node = Node::new("review", NodeKind::Ask { question: Some("Good?"), timeout: None, default: false });
static RUNS: AtomicU32 = AtomicU32::new(0);

fn asking_body<'a>(cx: &'a mut p::Cx<p::Position<p::Stateless, p::NoExtra>, Draft>, input: Shared<Draft>) -> p::Body<'a, Draft> {
    Box::pin(async move {
        let counted = cx.map(&IF, || RUNS.fetch_add(1, SeqCst), <_ as p::StepOutput>::CODEC)?;
        let word =
            cx.ask(&REVIEW, <String as p::StepOutput>::CODEC, || p::QuestionText::text("Good?"), || None, None::<fn() -> String>).await?;
        Ok(Shared::new(Draft { words: input.words.iter().cloned().chain([word.to_string(), counted.to_string()]).collect() }))
    })
}

#[tokio::test]
async fn a_pause_unwinds_and_goes_on_by_replay() {
    let run = workflow(asking_body);
    let Outcome::Paused(paused) = run.run(draft(&["a"])).outcome().await.expect("runs") else { panic!("not paused") };
    assert_eq!(paused.questions()[0].path, "review");
    let before = RUNS.load(SeqCst);
    let out = run.answer(paused.run_id(), "review", "yes").await.expect("goes on");
    assert_eq!(out.content.words[..2], ["a", "yes"]);
    assert_eq!(RUNS.load(SeqCst), before, "what is recorded does not run again");
}

#[tokio::test]
async fn a_dropped_future_leaves_a_run_that_can_go_on() {
    let run = workflow(|cx, input| {
        Box::pin(async move {
            let hello = add!(cx, HELLO, input, "hello").await?;
            add!(cx, SHY, hello, "shy").await
        })
    });
    let mut future = Box::pin(run.run(draft(&[])).run_id("r").outcome());
    // `hello` yields once, so the second poll is in `shy`.
    for _ in 0..2 {
        let poll = futures_util::poll!(&mut future);
        assert!(matches!(poll, Poll::Pending));
    }
    drop(future);
    let stored = run.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(stored.status, agno_core::Status::Running);
    assert_eq!(stored.steps.iter().map(agno_core::StepResult::path).collect::<Vec<_>>(), ["hello"]);
    let out = run.resume("r").await.expect("goes on");
    assert_eq!(out.content.words, ["hello", "shy"]);
    assert_eq!(Arc::strong_count(&out.input), 2, "the input is shared with the store, not copied");
}
