//! A question, which may mention names.

use super::{Resolver, block::Resolved, text};
use crate::workflow::{
    ast,
    graph::{Ask, Kind, Value},
};

impl Resolver<'_> {
    pub(super) fn ask(&mut self, ask: ast::Ask, piped: &Value) -> Resolved {
        let ast::Ask { name, ty, question, default, options } = ask;
        let question = self.expression(question, &[]);
        let default = default.map(|default| self.expression(default, &[]));
        // Whoever answers sees what it is about.
        self.reads_all(piped);
        let value = Value::One(self.handle(&text(&name), name.span()));
        Resolved { kind: Kind::Ask(Ask { ty, question, default }), value, options }
    }
}
