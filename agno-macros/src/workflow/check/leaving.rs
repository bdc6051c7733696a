//! Expressions between nodes run in one go and stay where they are, so that a replay does what the run did: no `.await`, and nothing
//! that would leave the workflow's own body.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprClosure, Token, punctuated::Punctuated, spanned::Spanned, visit::Visit};

use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Arg, Args, Call, Decision, Expression},
};

/// `what` is for the message: "an argument".
pub(super) fn check_expr(expr: &Expr, what: &'static str, errors: &mut Errors) {
    Leaving { what, errors, awaits: false, returns: false, breaks: false }.visit_expr(expr);
}

pub(super) fn check_expression(expression: &Expression, what: &'static str, errors: &mut Errors) {
    check_expr(&expression.expr, what, errors);
}

/// The closure of a predicate, a selector or a `map`: leaving it is no more than its end.
pub(super) fn check_closure(closure: &ExprClosure, what: &'static str, errors: &mut Errors) {
    if let Some(keyword) = &closure.asyncness {
        errors.at(keyword.span, messages::awaits(what));
        return;
    }
    Leaving { what, errors, awaits: false, returns: true, breaks: false }.visit_expr(&closure.body);
}

pub(super) fn check_decision(decision: &Decision, what: &'static str, errors: &mut Errors) {
    match decision {
        Decision::Step(call) => check_call(call, errors),
        Decision::Closure(closure) => check_closure(&closure.closure, what, errors),
    }
}

pub(super) fn check_call(call: &Call, errors: &mut Errors) {
    let Args::Given { args, names: _, text: _, parens: _ } = &call.args else { return };
    for arg in args {
        match arg {
            Arg::Handle(..) | Arg::Branch(..) => {}
            // `draft (retry = 3)`: rustc would look for a variable of that name.
            Arg::Value(Expr::Assign(assign)) if matches!(&*assign.left, Expr::Path(_)) => {
                let key = assign.left.to_token_stream();
                errors.at(assign.eq_token.span(), messages::option_as_argument(&key.to_string()));
            }
            Arg::Place(expr) | Arg::Value(expr) => check_expr(expr, "an argument", errors),
        }
    }
}

struct Leaving<'e> {
    what: &'static str,
    errors: &'e mut Errors,
    /// What is legal here, because something around it takes it up.
    awaits: bool,
    returns: bool,
    breaks: bool,
}

impl Leaving<'_> {
    fn inside(&mut self, awaits: bool, returns: bool, breaks: bool, visit: impl FnOnce(&mut Self)) {
        let before = (self.awaits, self.returns, self.breaks);
        (self.awaits, self.returns, self.breaks) = (awaits, returns, breaks);
        visit(self);
        (self.awaits, self.returns, self.breaks) = before;
    }

    fn refuse(&mut self, legal: bool, span: Span, word: &str) {
        if !legal {
            self.errors.at(span, messages::leaves(word, self.what));
        }
    }
}

impl<'a> Visit<'a> for Leaving<'_> {
    fn visit_expr_await(&mut self, expr: &'a syn::ExprAwait) {
        if !self.awaits {
            self.errors.at(expr.await_token.span, messages::awaits(self.what));
        }
        syn::visit::visit_expr_await(self, expr);
    }

    fn visit_expr_try(&mut self, expr: &'a syn::ExprTry) {
        self.refuse(self.returns, expr.question_token.span, "?");
        syn::visit::visit_expr_try(self, expr);
    }

    fn visit_expr_return(&mut self, expr: &'a syn::ExprReturn) {
        self.refuse(self.returns, expr.return_token.span, "return");
        syn::visit::visit_expr_return(self, expr);
    }

    fn visit_expr_break(&mut self, expr: &'a syn::ExprBreak) {
        self.refuse(self.breaks || expr.label.is_some(), expr.break_token.span, "break");
        syn::visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &'a syn::ExprContinue) {
        self.refuse(self.breaks, expr.continue_token.span, "continue");
    }

    fn visit_expr_closure(&mut self, expr: &'a ExprClosure) {
        self.inside(expr.asyncness.is_some(), true, false, |this| syn::visit::visit_expr_closure(this, expr));
    }

    fn visit_expr_async(&mut self, expr: &'a syn::ExprAsync) {
        self.inside(true, true, false, |this| syn::visit::visit_expr_async(this, expr));
    }

    fn visit_expr_loop(&mut self, expr: &'a syn::ExprLoop) {
        self.inside(self.awaits, self.returns, true, |this| syn::visit::visit_expr_loop(this, expr));
    }

    fn visit_expr_while(&mut self, expr: &'a syn::ExprWhile) {
        self.inside(self.awaits, self.returns, true, |this| syn::visit::visit_expr_while(this, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'a syn::ExprForLoop) {
        self.inside(self.awaits, self.returns, true, |this| syn::visit::visit_expr_for_loop(this, expr));
    }

    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        // `vec![draft.title.parse()?]`: most macros take expressions.
        if let Ok(exprs) = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            exprs.iter().for_each(|expr| Leaving { errors: self.errors, ..*self }.visit_expr(expr));
        } else if !self.awaits
            && let Some(span) = await_in(mac.tokens.clone())
        {
            self.errors.at(span, messages::awaits(self.what));
        }
    }
}

/// `.await` in the tokens of a macro, which only the macro can read.
fn await_in(tokens: TokenStream) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().find_map(|(index, token)| match token {
        TokenTree::Group(group) => await_in(group.stream()),
        TokenTree::Ident(word) if word == "await" => match index.checked_sub(1).map(|before| &tokens[before]) {
            Some(TokenTree::Punct(dot)) if dot.as_char() == '.' => Some(word.span()),
            _ => None,
        },
        _ => None,
    })
}
