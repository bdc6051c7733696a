//! The questions of a workflow: each has a typed name, for those who answer.

use proc_macro2::Ident;

use super::ast::{AskAt, Block, Kind, Otherwise};

impl Block {
    /// Every `ask` in it, in order.
    pub(crate) fn asks(&self) -> Vec<AskAt> {
        let mut asks = Vec::new();
        self.collect(&[], &mut asks);
        asks
    }

    fn collect(&self, path: &[Ident], asks: &mut Vec<AskAt>) {
        for node in &self.nodes {
            let inside = |name: &Ident| path.iter().chain([name]).cloned().collect::<Vec<_>>();
            match &node.kind {
                Kind::Step(_) | Kind::Sleep(_) | Kind::Map(_) => {}
                Kind::Ask(ask) => asks.push(AskAt { path: path.to_vec(), name: ask.name.clone(), ty: ask.ty.clone() }),
                Kind::Steps(steps) => steps.body.collect(&inside(&steps.name), asks),
                Kind::Parallel(parallel) => parallel.branches.collect(&inside(&parallel.name), asks),
                Kind::Each(each) => each.body.collect(&inside(&each.name), asks),
                Kind::Loop(r#loop) => r#loop.body.collect(&inside(&r#loop.name), asks),
                Kind::Condition(condition) => {
                    condition.body.collect(&inside(&condition.name), asks);
                    if let Otherwise::Nodes(block) = &condition.otherwise {
                        block.collect(&inside(&condition.name), asks);
                    }
                }
                Kind::Router(router) => router.arms.iter().for_each(|arm| arm.body.collect(&inside(&router.name), asks)),
            }
        }
    }
}
