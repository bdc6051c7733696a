//! Branches: each sees what was declared before, none sees another, and the names of all are those of the values.

use super::{Resolver, block::Resolved, names::node_name, text};
use crate::workflow::{
    ast::{self, OnError},
    graph::{Kind, Parallel, Value},
};

impl Resolver<'_> {
    pub(super) fn parallel(&mut self, parallel: ast::Parallel, piped: &Value) -> Resolved {
        let ast::Parallel { name, limit, options, branches: nodes } = parallel;
        let collects = matches!(options.on_error.get(), Some(OnError::Collect));
        let mut branches = Vec::new();
        let mut values = Vec::new();
        self.path.push((text(&name), 0));
        for node in nodes.nodes {
            let branch = node_name(&node);
            self.check_reserved(&branch);
            self.scopes.enter();
            let node = self.unnamed_node(node, branch.clone(), piped, false);
            self.scopes.leave();
            // A value that passes through a branch is read by it.
            for handle in node.value.handles().into_iter().filter(|handle| piped.handles().contains(handle)) {
                self.reads(handle);
            }
            let called = format!("{}_{}", text(&name), text(&branch));
            let joined = if collects { Value::One(self.handle(&called, node.at)) } else { self.like(&node.value, &called, node.at) };
            values.push((branch, joined));
            branches.push(node);
        }
        self.path.pop();
        Resolved { kind: Kind::Parallel(Parallel { limit, branches }), value: Value::Many(values), options }
    }
}
