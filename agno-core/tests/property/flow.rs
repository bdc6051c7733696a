//! The workflows that run random plans: each node as the macro would write it, over the runtime surface.

use std::{ops::Deref, sync::Arc};

use agno_core::{__private as p, Node, NodeKind, Plan, Runner, Shared, Workflow};

use crate::{
    here::Here,
    names,
    steps::{Job, Running, World},
    tree::{Ask, Block, Kind, OnError, Otherwise, Part, Step},
    values::{DEFAULT, Tally, Value, arms, items, mix_number, mix_result, value},
};

/// The body of a workflow.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) body: Arc<Block>,
    pub(crate) world: Arc<World>,
    pub(crate) in_child: bool,
}

/// A workflow with a state.
#[derive(Clone)]
pub(crate) struct Outer(Runner<Outer>);

/// A workflow without, for where something runs beside it.
#[derive(Clone)]
pub(crate) struct Inner(Runner<Inner>);

macro_rules! workflow {
    ($name:ident, $id:literal, $state:ty, $first:expr) => {
        impl Deref for $name {
            type Target = Runner<Self>;

            fn deref(&self) -> &Runner<Self> {
                &self.0
            }
        }

        impl $name {
            pub(crate) fn new(flow: Flow) -> Self {
                p::Builder::<Self>::default().build_with(flow)
            }
        }

        impl Workflow for $name {
            type Input = Value;
            type Output = Value;
            type State = $state;
            type Extra = p::NoExtra;
            type Uses = Flow;
            const INPUT: p::Codec<Value> = <Value as p::StepOutput>::CODEC;
            const OUTPUT: p::Codec<Value> = <Value as p::StepOutput>::CODEC;
            // Every random plan has this one, which is unknown to the compiler: what is recorded is found by its path alone.
            const PLAN: &'static Plan = {
                static PLAN: Plan = Plan {
                    id: $id,
                    ..Plan::new(stringify!($name), || <$name as Workflow>::INPUT.info(), || <$name as Workflow>::OUTPUT.info())
                };
                &PLAN
            };

            fn first_state() -> p::FirstState<Self> {
                $first
            }

            fn from_runner(runner: Runner<Self>) -> Self {
                Self(runner)
            }

            fn body<'a>(
                flow: &'a Flow,
                cx: &'a mut p::Cx<p::Position<$state, p::NoExtra>, Value>,
                input: Shared<Value>,
            ) -> p::Body<'a, Value> {
                flow.block(cx, &flow.body, input)
            }
        }
    };
}

workflow!(Outer, "outer", p::Exclusive<Tally>, p::first_state::<Tally>(<Tally as p::SessionState>::KIND, Tally::default));
workflow!(Inner, "inner", p::Stateless, p::no_state());

/// The context of a body.
pub(crate) type Cx<P> = p::Cx<P, Value>;

type Stop = p::Stop<Value>;

const COPIER: p::Copier<Value> = <p::Container as p::Owns<Value>>::COPIER;
const CODEC: p::Codec<Value> = <Value as p::StepOutput>::CODEC;

impl Flow {
    fn block<'a, P: Here>(&'a self, cx: &'a mut Cx<P>, block: &'a [Part], input: Shared<Value>) -> Running<'a> {
        Box::pin(async move {
            let mut value = input;
            for (index, part) in block.iter().enumerate() {
                value = self.part(cx, part, index, value).await?;
            }
            Ok(value)
        })
    }

    fn part<'a, P: Here>(&'a self, cx: &'a mut Cx<P>, part: &'a Part, index: usize, input: Shared<Value>) -> Running<'a> {
        Box::pin(async move {
            let node = names::node(part, index);
            loop {
                let stop = match self.own(cx, part, node, index, input.clone()).await {
                    Ok(given) if part.on_error == OnError::None => {
                        let given = cx.some(given, COPIER);
                        return self.optional(cx, names::OPTIONS[index], &given);
                    }
                    Err(stop) if !matches!(part.on_error, OnError::Fail | OnError::Collect) && !part.decides_inside() => stop,
                    out => return out,
                };
                if part.on_error == OnError::Pause {
                    if let Some(passed) = cx.decide_error(node, stop, &input)? {
                        return Ok(passed);
                    }
                    continue;
                }
                cx.tolerate(node, stop)?;
                return match part.on_error {
                    OnError::None => {
                        let given = cx.none();
                        self.optional(cx, names::OPTIONS[index], &given)
                    }
                    OnError::Fallback => {
                        let open = cx.within(node);
                        let fallback = names::plain("fallback", NodeKind::Call);
                        let out = P::step(cx, fallback, self.job(&Arc::default(), false), input).await;
                        cx.leave(open);
                        out
                    }
                    _ => Ok(input),
                };
            }
        })
    }

    fn job(&self, step: &Arc<Step>, late: bool) -> Job {
        Job { step: Arc::clone(step), world: Arc::clone(&self.world), late, in_child: self.in_child }
    }

    /// The adapter after a node whose value is an `Option`.
    fn optional<P: Here>(&self, cx: &mut Cx<P>, name: &'static str, given: &Shared<Option<Value>>) -> Result<Shared<Value>, Stop> {
        let adapter = || value(Option::as_ref(given).map_or(0, |given| mix_number(1, given.n)));
        cx.map(names::plain(name, NodeKind::Map), adapter, CODEC)
    }

    /// The node itself.
    async fn own<P: Here>(
        &self,
        cx: &mut Cx<P>,
        part: &Part,
        node: &'static Node,
        index: usize,
        input: Shared<Value>,
    ) -> Result<Shared<Value>, Stop> {
        match &part.kind {
            Kind::Step(step) => P::step(cx, node, self.job(step, false), input).await,
            Kind::Nested { body, .. } => P::nested(cx, node, Self { body: Arc::clone(body), ..self.clone() }, input).await,
            Kind::Sleep(_) => cx.sleep(node).await.map(|()| input),
            Kind::Map => cx.map(node, || value(mix_number(input.n, 17)), CODEC),
            Kind::Ask(ask) => {
                let default = (*ask == Ask::Default).then_some(|| value(DEFAULT));
                cx.ask(node, CODEC, || "What now?".to_owned(), || None, default).await
            }
            Kind::Steps { body, late } => {
                let open = cx.open(node);
                let out = match late {
                    false => self.decided(cx, part, node, &input, Way::Block(body)).await,
                    true => {
                        let deadline = cx.deadline(&open);
                        p::timed(deadline, self.decided(cx, part, node, &input, Way::Late(body))).await
                    }
                };
                cx.close(open, out)
            }
            Kind::Condition { then, otherwise } => {
                let open = cx.open(node);
                let out = async {
                    let yes =
                        cx.decide(names::plain("if", NodeKind::Decision), || p::decide(&*input, |value| value.n.is_multiple_of(2)))?;
                    cx.took(yes);
                    let way = match (yes, otherwise) {
                        (true, _) => Way::Block(then),
                        (false, Otherwise::Nodes(nodes)) => Way::Block(nodes),
                        (false, _) => Way::Block(&[]),
                    };
                    Ok((yes, self.decided(cx, part, node, &input, way).await?))
                };
                let out = out.await;
                if let Otherwise::None = otherwise {
                    let out = out.map(|(yes, given)| if yes { cx.some(given, COPIER) } else { cx.none() });
                    let given = cx.close(open, out)?;
                    return self.optional(cx, names::SIDES[index], &given);
                }
                cx.close(open, out.map(|(_, given)| given))
            }
            Kind::Router { many, arms: blocks } => {
                let open = cx.open(node);
                let out = self.decided(cx, part, node, &input, Way::Arms(blocks, *many)).await;
                cx.close(open, out)
            }
            Kind::Loop { until, restart, body, .. } => {
                let mut turns = cx.turns(node);
                let mut current = input.clone();
                let out = loop {
                    cx.turn(&mut turns);
                    let out = self.turn(cx, body, *until, current).await;
                    let is_over = cx.turned(&mut turns, out).and_then(|(next, done)| Ok((next, cx.is_over(&mut turns, done)?)));
                    match is_over {
                        Ok((next, false)) => current = if *restart { input.clone() } else { next },
                        Ok((next, true)) => break Ok(next),
                        Err(stop) => break Err(stop),
                    }
                };
                cx.end_turns(turns, out)
            }
            Kind::Parallel { branches, .. } => {
                let n = self.parallel(cx, part, node, branches, input).await?;
                cx.map(names::plain(names::FOLDS[index], NodeKind::Map), || value(n), CODEC)
            }
            Kind::Each { items: count, body, .. } => {
                let split = names::plain(names::SPLITS[index], NodeKind::Map);
                let list = cx.map(split, || items(input.n, *count), <Vec<Value> as p::StepOutput>::CODEC)?;
                let each = cx.each(node, p::List::items(&list));
                let run = |mut cx: Cx<P::Branch>, value| async move { self.block(&mut cx, body, value).await };
                let n = match part.on_error {
                    OnError::Collect => {
                        let results = each.collect(run, COPIER).await?;
                        results.iter().fold(19, |n, result| mix_result(n, result.as_ref().map_err(|error| &*error.path)))
                    }
                    _ => each.run(run, COPIER).await?.iter().fold(19, |n, value| mix_result(n, Ok(value))),
                };
                cx.map(names::plain(names::FOLDS[index], NodeKind::Map), || value(n), CODEC)
            }
        }
    }

    async fn turn<P: Here>(
        &self,
        cx: &mut Cx<P>,
        body: &[Part],
        until: Option<u64>,
        current: Shared<Value>,
    ) -> Result<(Shared<Value>, bool), Stop> {
        let given = self.block(cx, body, current.clone()).await?;
        let next = <_ as p::CarriedAs<_>>::carried(&current, given);
        let done = match until {
            Some(divisor) => cx.decide(names::plain("until", NodeKind::Decision), || next.n.is_multiple_of(divisor))?,
            None => false,
        };
        Ok((next, done))
    }

    async fn parallel<P: Here>(
        &self,
        cx: &mut Cx<P>,
        part: &Part,
        node: &'static Node,
        branches: &[Part],
        input: Shared<Value>,
    ) -> Result<u64, Stop> {
        let mut join = cx.parallel(node);
        let mut slots = Vec::with_capacity(branches.len());
        for (index, branch) in branches.iter().enumerate() {
            let input = input.clone();
            slots.push(join.branch(|mut cx| async move { self.part(&mut cx, branch, index, input).await }));
        }
        let mut done = join.all().await?;
        let mut n = 19;
        for slot in slots {
            n = match part.on_error {
                OnError::Collect => {
                    let given = done.collected(slot, COPIER);
                    mix_result(n, Result::as_ref(&given).map_err(|error| &*error.path))
                }
                _ => mix_result(n, Ok(&*done.take(slot))),
            };
        }
        Ok(n)
    }

    /// The body of a container that decides about failures inside of itself.
    async fn decided<P: Here>(
        &self,
        cx: &mut Cx<P>,
        part: &Part,
        node: &'static Node,
        input: &Shared<Value>,
        way: Way<'_>,
    ) -> Result<Shared<Value>, Stop> {
        loop {
            match self.way(cx, input.clone(), way).await {
                Err(stop) if part.decides_inside() => {
                    if let Some(passed) = cx.decide_error(node, stop, input)? {
                        return Ok(passed);
                    }
                }
                out => return out,
            }
        }
    }

    async fn way<P: Here>(&self, cx: &mut Cx<P>, input: Shared<Value>, way: Way<'_>) -> Result<Shared<Value>, Stop> {
        match way {
            Way::Block(block) => self.block(cx, block, input).await,
            Way::Late(block) => {
                let value = self.block(cx, block, input).await?;
                P::step(cx, names::plain(names::LATE, NodeKind::Call), self.job(&Arc::default(), true), value).await
            }
            Way::Arms(blocks, many) => {
                let n = input.n;
                let chosen = names::plain("select", NodeKind::Decision);
                let chosen = cx.select(chosen, || arms(n, blocks.len(), many), <Vec<usize> as p::StepOutput>::CODEC)?;
                let mut current = input;
                for (index, arm) in chosen.iter().enumerate() {
                    cx.routed(names::NODES[*arm]);
                    let block = &blocks[*arm];
                    current = if many {
                        let open = cx.open_many(names::plain(names::NODES[0], NodeKind::Call), index);
                        let out = self.block(cx, block, current).await;
                        cx.close(open, out)?
                    } else {
                        self.block(cx, block, current).await?
                    };
                }
                Ok(current)
            }
        }
    }
}

/// What the body of a container is.
#[derive(Clone, Copy)]
enum Way<'t> {
    Block(&'t [Part]),
    /// A block that never ends.
    Late(&'t [Part]),
    /// The arms of a router, and whether several are chosen.
    Arms(&'t [Block], bool),
}
