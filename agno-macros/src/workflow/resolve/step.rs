//! A step, a nested workflow or an executor.

use proc_macro2::Ident;

use super::{Resolver, block::Resolved, text};
use crate::workflow::{
    ast::Step,
    graph::{Kind, Value},
};

impl Resolver<'_> {
    pub(super) fn step(&mut self, step: Step, name: &Ident, piped: &Value) -> Resolved {
        let Step { call, alias: _, options, end: _ } = step;
        let call = self.call(call, piped);
        let value = Value::One(self.handle(&text(name), name.span()));
        Resolved { kind: Kind::Call(call), value, options }
    }
}
