//! How big a future is: rustc and LLVM are worse than quadratic in the length of one async body, so a big one is cut by boxes.

use super::block::LONGEST;
use crate::workflow::graph::{Block, Condition, Each, Kind, Loop, Node, Otherwise, Router, Steps};

/// The calls that are awaited in place in a block; those behind a box do not count.
pub(super) fn block_size(block: &Block) -> usize {
    if block.nodes.len() > LONGEST { block.nodes.len().div_ceil(LONGEST) } else { block.nodes.iter().map(node_size).sum() }
}

/// The same for what stands inside of a node.
pub(super) fn inside(node: &Node) -> usize {
    match &node.kind {
        Kind::Call(_) | Kind::Ask(_) | Kind::Sleep(_) | Kind::Map(_) => 0,
        // The runtime boxes branches and items.
        Kind::Parallel(_) | Kind::Each(Each { .. }) => 0,
        Kind::Steps(Steps { body }) | Kind::Loop(Loop { body, .. }) => block_size(body),
        Kind::Condition(Condition { predicate: _, body, otherwise }) => {
            block_size(body)
                + match otherwise {
                    Otherwise::Nodes(block) => block_size(block),
                    Otherwise::PassesThrough | Otherwise::None => 0,
                }
        }
        Kind::Router(Router { arms, .. }) => arms.iter().map(|arm| block_size(&arm.body)).sum(),
    }
}

pub(super) fn is_big(size: usize) -> bool {
    size > LONGEST
}

fn node_size(node: &Node) -> usize {
    let inside = inside(node);
    if is_big(inside) { 1 } else { 1 + inside }
}
