//! A body that may be left out. The two sides are scopes of their own.

use super::{Resolver, block::Resolved, text};
use crate::workflow::{
    ast,
    graph::{Condition, Kind, Otherwise, Value},
};

impl Resolver<'_> {
    pub(super) fn condition(&mut self, condition: ast::Condition, piped: &Value) -> Resolved {
        let ast::Condition { name, predicate, options, body, otherwise } = condition;
        let predicate = self.decision(predicate, piped);
        let body = self.body(body, (&name, 0), piped, []);
        let otherwise = match otherwise {
            ast::Otherwise::PassesThrough => {
                self.reads_all(piped);
                Otherwise::PassesThrough
            }
            ast::Otherwise::Nodes(block) => Otherwise::Nodes(self.body(block, (&name, 1), piped, [])),
            ast::Otherwise::None => Otherwise::None,
        };
        let value = match &otherwise {
            Otherwise::None => Value::One(self.handle(&text(&name), name.span())),
            Otherwise::PassesThrough | Otherwise::Nodes(_) => self.like(&body.value, &text(&name), name.span()),
        };
        Resolved { kind: Kind::Condition(Condition { predicate, body, otherwise }), value, options }
    }
}
