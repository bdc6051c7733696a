//! Where a node stands: what the position lets it do, as the bounds of generated code would.

use std::sync::Arc;

use agno_core::{__private as p, Node, Shared};

use crate::{
    flow::{Cx, Flow, Inner, Outer},
    steps::{ENDS, Ends, Job, Running},
    tree::Access,
    values::{Tally, Value},
};

/// What a position lets a plan do.
pub(crate) trait Here: p::Fork<Branch = <Self as Here>::Beside> {
    /// The position of a branch.
    type Beside: Here;

    /// A step with what it may do to the state here.
    fn step<'a>(cx: &'a mut Cx<Self>, node: &'static Node, job: Job, input: Shared<Value>) -> Running<'a>
    where
        Self: Sized;

    /// A nested workflow.
    fn nested<'a>(cx: &'a mut Cx<Self>, node: &'static Node, flow: Flow, input: Shared<Value>) -> Running<'a>
    where
        Self: Sized,
    {
        let inner = Arc::new(Inner::new(flow));
        Box::pin(async move { p::NestDoor::by_value(cx.at(), &inner).go(node, (&input,), unused).await })
    }
}

/// A nested workflow takes its input from a handle.
fn unused(_: p::Unused) -> std::future::Ready<()> {
    std::future::ready(())
}

/// `Break` has no meaning where something runs beside the step.
const GOES_ON: Ends<p::Never, Value> = Ends { breaks: None, ended: |never| match never {} };

impl Here for p::Position<p::Exclusive<Tally>, p::NoExtra> {
    type Beside = p::Position<p::Branch<Tally>, p::NoExtra>;

    fn step<'a>(cx: &'a mut Cx<Self>, node: &'static Node, job: Job, input: Shared<Value>) -> Running<'a> {
        match job.step.access {
            Access::None => job.run(cx.at().plain(), node, input, ENDS),
            Access::Reads => job.run(cx.at().reads::<Tally>(), node, input, ENDS),
            Access::Changes => job.run(cx.at().writes::<Tally>(), node, input, ENDS),
        }
    }

    fn nested<'a>(cx: &'a mut Cx<Self>, node: &'static Node, flow: Flow, input: Shared<Value>) -> Running<'a> {
        let outer = Arc::new(Outer::new(flow));
        Box::pin(async move { p::NestDoor::by_value(cx.at(), &outer).go(node, (&input,), unused).await })
    }
}

impl Here for p::Position<p::Branch<Tally>, p::NoExtra> {
    type Beside = p::Position<p::Branch<Tally>, p::NoExtra>;

    fn step<'a>(cx: &'a mut Cx<Self>, node: &'static Node, job: Job, input: Shared<Value>) -> Running<'a> {
        match job.step.access {
            Access::None => job.run(cx.at().plain(), node, input, GOES_ON),
            Access::Reads | Access::Changes => job.run(cx.at().reads::<Tally>(), node, input, GOES_ON),
        }
    }
}

impl Here for p::Position<p::Stateless, p::NoExtra> {
    type Beside = p::Position<p::Apart, p::NoExtra>;

    fn step<'a>(cx: &'a mut Cx<Self>, node: &'static Node, job: Job, input: Shared<Value>) -> Running<'a> {
        job.run(cx.at().plain(), node, input, ENDS)
    }
}

impl Here for p::Position<p::Apart, p::NoExtra> {
    type Beside = p::Position<p::Apart, p::NoExtra>;

    fn step<'a>(cx: &'a mut Cx<Self>, node: &'static Node, job: Job, input: Shared<Value>) -> Running<'a> {
        job.run(cx.at().plain(), node, input, GOES_ON)
    }
}
