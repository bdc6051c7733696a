//! What other code sees of a workflow before it is whole.

use std::collections::BTreeSet;

use proc_macro2::Ident;

use super::{
    ast::{AskAt, Block, Kind, Node, Otherwise, Outline},
    check::declarations::is_builder_method,
    resolve::text,
};

impl Outline {
    /// What a stub can declare: two executors of one name, and one that is called like a method of the builder, would be mistakes there too.
    pub(crate) fn without_clashes(mut self) -> Self {
        let mut names = BTreeSet::new();
        self.declarations.uses.retain(|used| !is_builder_method(used) && names.insert(text(&used.name)));
        self
    }
}

impl Block {
    /// Every `ask` in it, in order: each has a typed name, for those who answer.
    pub(crate) fn asks(&self) -> Vec<AskAt> {
        let mut asks = Vec::new();
        self.collect_asks(&[], &mut asks);
        asks
    }

    fn collect_asks(&self, path: &[Ident], asks: &mut Vec<AskAt>) {
        for node in &self.nodes {
            if let Kind::Ask(ask) = &node.kind {
                asks.push(AskAt { path: path.to_vec(), name: ask.name.clone(), ty: ask.ty.clone() });
            }
            for (name, block) in node.blocks() {
                let inside: Vec<Ident> = path.iter().chain([name]).cloned().collect();
                block.collect_asks(&inside, asks);
            }
        }
    }
}

impl Node {
    /// The blocks of a container, with its name.
    pub(crate) fn blocks(&self) -> Vec<(&Ident, &Block)> {
        match &self.kind {
            Kind::Step(_) | Kind::Ask(_) | Kind::Sleep(_) | Kind::Map(_) => Vec::new(),
            Kind::Steps(steps) => vec![(&steps.name, &steps.body)],
            Kind::Parallel(parallel) => vec![(&parallel.name, &parallel.branches)],
            Kind::Each(each) => vec![(&each.name, &each.body)],
            Kind::Loop(r#loop) => vec![(&r#loop.name, &r#loop.body)],
            Kind::Condition(condition) => match &condition.otherwise {
                Otherwise::Nodes(other) => vec![(&condition.name, &condition.body), (&condition.name, other)],
                Otherwise::PassesThrough | Otherwise::None => vec![(&condition.name, &condition.body)],
            },
            Kind::Router(router) => router.arms.iter().map(|arm| (&router.name, &arm.body)).collect(),
        }
    }
}
