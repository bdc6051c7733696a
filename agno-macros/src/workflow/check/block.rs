//! Nodes in order.

use super::{ask, check_as_one, check_skip, condition, each, loop_, map, parallel, router, sleep, step, steps};
use crate::{
    diag::Errors,
    workflow::graph::{Block, Kind, Node, OnError},
};

pub(super) fn check_block(block: &Block, errors: &mut Errors) {
    block.nodes.iter().for_each(|node| check_node(node, errors));
}

pub(super) fn check_node(node: &Node, errors: &mut Errors) {
    check_skip(node, errors);
    match &node.kind {
        Kind::Call(call) => step::check_call(call, errors),
        Kind::Steps(steps) => steps::check_steps(steps, errors),
        Kind::Parallel(parallel) => parallel::check_parallel(node, parallel, errors),
        Kind::Each(each) => each::check_each(node, each, errors),
        Kind::Condition(condition) => condition::check_condition(node, condition, errors),
        Kind::Loop(r#loop) => loop_::check_loop(node, r#loop, errors),
        Kind::Router(router) => router::check_router(node, router, errors),
        Kind::Ask(ask) => ask::check_ask(ask, errors),
        Kind::Sleep(sleep) => sleep::check_sleep(sleep, errors),
        Kind::Map(map) => map::check_map(map, errors),
    }
    if let (OnError::None, Kind::Steps(steps)) = (&node.on_error, &node.kind) {
        check_as_one(&steps.body.value, node.at, errors);
    }
}
