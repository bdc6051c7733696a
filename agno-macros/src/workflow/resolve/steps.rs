//! A named group: its names end with it, its value is the last node's.

use super::{Resolver, block::Resolved, text};
use crate::workflow::{
    ast,
    graph::{Kind, Steps, Value},
};

impl Resolver<'_> {
    pub(super) fn steps(&mut self, steps: ast::Steps, piped: &Value) -> Resolved {
        let ast::Steps { name, options, body } = steps;
        let body = self.body(body, (&name, 0), piped, []);
        let value = self.like(&body.value, &text(&name), name.span());
        Resolved { kind: Kind::Steps(Steps { body }), value, options }
    }
}
