//! A body that is repeated. `until` sees its names, after the last node.

use super::{Resolver, block::Resolved, scopes::Meaning, text};
use crate::{
    diag::workflow_messages as messages,
    workflow::{
        ast,
        graph::{Kind, Loop, Value},
    },
};

impl Resolver<'_> {
    pub(super) fn loop_(&mut self, r#loop: ast::Loop, piped: &Value) -> Resolved {
        let ast::Loop { name, drafts, max, until, on_max, restart, options, body } = r#loop;
        self.reads_all(piped);
        let current = match (drafts.as_slice(), piped) {
            ([draft], Value::One(_)) => Value::One(self.handle(&text(draft), draft.span())),
            _ => self.like(piped, &format!("{}_current", text(&name)), name.span()),
        };
        if !drafts.is_empty() && drafts.len() != current.count() {
            self.errors.at(drafts[0].span(), messages::drafts_count(drafts.len(), current.count()));
        }
        self.scopes.enter();
        let handles: Vec<_> = current.handles().into_iter().cloned().collect();
        for (draft, handle) in drafts.iter().zip(handles) {
            self.scopes.declare(&text(draft), Meaning::Value(Value::One(handle)));
        }
        self.scopes.enter();
        self.path.push((text(&name), 0));
        let mut body = self.block(body, &current, [], false);
        let next = self.like(&body.value, &format!("{}_next", text(&name)), body.end());
        let (until, read) = self.reading(|this| until.map(|until| this.decision(until, &next)));
        body.read_after(read);
        self.path.pop();
        self.scopes.leave();
        self.scopes.leave();
        let value = self.like(&body.value, &text(&name), name.span());
        Resolved { kind: Kind::Loop(Loop { max, restart, on_max, current, next, body, until }), value, options }
    }
}
