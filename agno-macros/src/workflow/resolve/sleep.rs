//! A pause in time: the value before it is the value after it.

use super::{Resolver, block::Resolved};
use crate::workflow::{
    ast,
    graph::{Kind, Sleep, Value},
};

impl Resolver<'_> {
    pub(super) fn sleep(&self, sleep: ast::Sleep, piped: &Value) -> Resolved {
        let ast::Sleep { keyword: _, alias: _, duration, options } = sleep;
        Resolved { kind: Kind::Sleep(Sleep { duration }), value: piped.clone(), options }
    }
}
