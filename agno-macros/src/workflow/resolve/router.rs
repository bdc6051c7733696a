//! One of several arms, which are scopes of their own. Bindings refer to the pattern and to what it matches.

use std::rc::Rc;

use proc_macro2::Ident;

use super::{Resolver, args::bindings, block::Resolved, scopes::Meaning, text};
use crate::workflow::{
    ast,
    graph::{Arm, Handle, Kind, Many, Router, Value},
};

impl Resolver<'_> {
    pub(super) fn router(&mut self, router: ast::Router, piped: &Value) -> Resolved {
        let ast::Router { name, selector, many, options, arms } = router;
        let selector = self.decision(selector, piped);
        let selected = self.handle(&format!("{}_selected", text(&name)), name.span());
        let many = many.then(|| {
            self.reads_all(piped);
            Many {
                item: self.handle(&format!("{}_item", text(&name)), name.span()),
                current: self.like(piped, &format!("{}_current", text(&name)), name.span()),
            }
        });
        let (matched, before) = match &many {
            Some(Many { item, current }) => (item, current),
            None => (&selected, piped),
        };
        let arms: Vec<Arm> = arms.into_iter().enumerate().map(|(side, arm)| self.arm(arm, (&name, side), matched, before)).collect();
        let shape = arms.first().map_or(piped, |arm| &arm.body.value);
        let value = self.like(if many.is_some() { piped } else { shape }, &text(&name), name.span());
        Resolved { kind: Kind::Router(Router { selector, selected, many, arms }), value, options }
    }

    fn arm(&mut self, arm: ast::Arm, side: (&Ident, usize), matched: &Handle, piped: &Value) -> Arm {
        let ast::Arm { pattern, guard, body, end } = arm;
        let pattern = Rc::new(pattern);
        let bound = bindings(&pattern);
        let guard = guard.map(|guard| self.expression(guard, &bound));
        self.scopes.enter();
        for name in &bound {
            self.scopes.declare(name, Meaning::Binding(Rc::clone(&pattern), matched.clone()));
        }
        let body = self.body(body, side, piped, []);
        self.scopes.leave();
        Arm { pattern, guard, body, end }
    }
}
