//! A body for each item of a list.

use super::{Resolver, block::Resolved, scopes::Meaning, text};
use crate::workflow::{
    ast,
    graph::{Each, Kind, Value},
};

impl Resolver<'_> {
    pub(super) fn each(&mut self, each: ast::Each, piped: &Value) -> Resolved {
        let ast::Each { name, item, limit, options, body } = each;
        self.reads_all(piped);
        let (called, at) = item.as_ref().map_or((format!("{}_item", text(&name)), name.span()), |item| (text(item), item.span()));
        let handle = self.handle(&called, at);
        let value = Value::One(handle.clone());
        self.scopes.enter();
        if let Some(item) = &item {
            self.scopes.declare(&text(item), Meaning::Value(value.clone()));
        }
        let (body, mut captures) = self.reading(|this| this.body(body, (&name, 0), &value, [handle.clone()]));
        captures.remove(&handle);
        self.scopes.leave();
        let value = Value::One(self.handle(&text(&name), name.span()));
        Resolved { kind: Kind::Each(Each { limit, item: handle, captures, body }), value, options }
    }
}
