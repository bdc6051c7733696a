//! An adapter: a closure over the piped values.

use proc_macro2::Ident;

use super::{Resolver, block::Resolved, text};
use crate::workflow::{
    ast,
    graph::{Kind, Map, Value},
};

impl Resolver<'_> {
    pub(super) fn map(&mut self, map: ast::Map, name: &Ident, piped: &Value) -> Resolved {
        let ast::Map { keyword: _, alias: _, closure, options } = map;
        let closure = self.closure(closure, piped);
        let value = Value::One(self.handle(&text(name), name.span()));
        Resolved { kind: Kind::Map(Map { closure }), value, options }
    }
}
