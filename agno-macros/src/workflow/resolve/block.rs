//! Blocks and the nodes in them: scopes, and after which node a value can be let go.

use std::collections::BTreeSet;

use proc_macro2::Ident;

use super::{Resolver, names::node_name, scopes::Meaning, text};
use crate::{
    diag::workflow_messages as messages,
    workflow::{
        ast,
        graph::{Block, Callee, Handle, Kind, Node, OnError, Value},
    },
};

/// Paths use these for decisions and their like.
const RESERVED: [&str; 6] = ["if", "until", "select", "many", "fallback", "error"];

/// What a construct gives: its node's kind, its value, and the options it was written with.
pub(super) struct Resolved {
    pub(super) kind: Kind,
    pub(super) value: Value,
    pub(super) options: ast::Options,
}

impl Resolver<'_> {
    /// The nodes of a block, in the scope at hand. `given` are handles that the block owns from the start.
    pub(super) fn block(&mut self, block: ast::Block, piped: &Value, given: impl IntoIterator<Item = Handle>, direct: bool) -> Block {
        let first = self.handles;
        let mut owned: BTreeSet<Handle> = given.into_iter().collect();
        let mut value = piped.clone();
        let mut nodes = Vec::new();
        for node in block.nodes {
            let node = self.node(node, &value, direct);
            value = node.value.clone();
            owned.extend(value.handles().into_iter().filter(|handle| handle.id >= first).cloned());
            nodes.push(node);
        }
        for handle in value.handles() {
            if !owned.contains(handle) {
                self.reads(handle);
            }
        }
        let mut block = Block { nodes, value, owned, read_after: BTreeSet::new() };
        block.let_go();
        block
    }

    /// A block with a scope of its own, one side of the container `name`.
    pub(super) fn body(
        &mut self,
        block: ast::Block,
        (name, side): (&Ident, usize),
        piped: &Value,
        given: impl IntoIterator<Item = Handle>,
    ) -> Block {
        self.scopes.enter();
        self.path.push((text(name), side));
        let block = self.block(block, piped, given, false);
        self.path.pop();
        self.scopes.leave();
        block
    }

    /// One node, and its name in the scope at hand.
    pub(super) fn node(&mut self, node: ast::Node, piped: &Value, direct: bool) -> Node {
        let name = node_name(&node);
        let node = self.unnamed_node(node, name, piped, direct);
        self.check_reserved(&node.name);
        self.scopes.declare(&text(&node.name), Meaning::Value(node.value.clone()));
        node
    }

    pub(super) fn check_reserved(&mut self, name: &Ident) {
        let word = text(name);
        if RESERVED.contains(&word.as_str()) {
            self.errors.at(name.span(), messages::reserved_name(&word));
        }
    }

    pub(super) fn unnamed_node(&mut self, node: ast::Node, name: Ident, piped: &Value, direct: bool) -> Node {
        let ast::Node { docs, was, kind } = node;
        let id = self.nodes;
        self.nodes += 1;
        let mut at = name.span();
        if let ast::Kind::Step(step) = &kind {
            at = step.call.path.segments.last().map_or(at, |segment| segment.ident.span());
        }
        let ((resolved, on_error), reads) = self.reading(|this| {
            let mut resolved = match kind {
                ast::Kind::Step(step) => this.step(step, &name, piped),
                ast::Kind::Steps(steps) => this.steps(steps, piped),
                ast::Kind::Parallel(parallel) => this.parallel(parallel, piped),
                ast::Kind::Each(each) => this.each(each, piped),
                ast::Kind::Condition(condition) => this.condition(condition, piped),
                ast::Kind::Loop(r#loop) => this.loop_(r#loop, piped),
                ast::Kind::Router(router) => this.router(router, piped),
                ast::Kind::Ask(ask) => this.ask(ask, piped),
                ast::Kind::Sleep(sleep) => this.sleep(sleep, piped),
                ast::Kind::Map(map) => this.map(map, &name, piped),
            };
            let on_error = this.on_error(&mut resolved, &name, piped);
            (resolved, on_error)
        });
        let Resolved { kind, value, options } = resolved;
        Node {
            id,
            name,
            at,
            docs,
            was,
            direct,
            options,
            on_error,
            piped: piped.clone(),
            value,
            reads,
            last_reads: Vec::new(),
            unread: Vec::new(),
            kind,
        }
    }

    fn on_error(&mut self, resolved: &mut Resolved, name: &Ident, piped: &Value) -> OnError {
        match resolved.options.on_error.get().cloned().unwrap_or_default() {
            ast::OnError::Fail => OnError::Fail,
            ast::OnError::Skip(span) => {
                self.reads_all(piped);
                OnError::Skip(span)
            }
            ast::OnError::None => {
                resolved.value = Value::One(self.handle(&text(name), name.span()));
                OnError::None
            }
            ast::OnError::Fallback(path) => OnError::Fallback(self.callee(path)),
            ast::OnError::Pause => {
                self.reads_all(piped);
                OnError::Pause
            }
            ast::OnError::Collect => OnError::Collect,
        }
    }

    pub(super) fn callee(&self, path: syn::Path) -> Callee {
        let used = path
            .get_ident()
            .and_then(|name| self.uses.iter().find(|used| used.name == *name).map(|used| (name.clone(), Box::new(used.ty.clone()))));
        match used {
            Some((name, ty)) => Callee::Use(name, ty),
            None => Callee::Path(path),
        }
    }
}

impl Block {
    /// Notes what is read after the last node, and with it which values live to the end.
    pub(super) fn read_after(&mut self, handles: BTreeSet<Handle>) {
        self.read_after = handles;
        self.let_go();
    }

    fn let_go(&mut self) {
        let Self { nodes, value, owned, read_after } = self;
        for node in nodes.iter_mut() {
            node.last_reads.clear();
            node.unread.clear();
        }
        for handle in owned.iter() {
            if value.handles().contains(&handle) || read_after.contains(handle) {
                continue;
            }
            if let Some(node) = nodes.iter_mut().rev().find(|node| node.reads.contains(handle)) {
                node.last_reads.push(handle.clone());
            } else if let Some(node) = nodes.iter_mut().find(|node| node.value.handles().contains(&handle)) {
                node.unread.push(handle.clone());
            }
        }
    }
}
