//! Arguments, decisions and other expressions over names.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Expr, ExprClosure, Pat, visit::Visit};

use super::{
    Resolver,
    occurrences::{Occurrence, occurrences},
    scopes::Meaning,
    text,
};
use crate::{
    diag::workflow_messages as messages,
    workflow::{
        ast,
        graph::{Arg, Args, Call, Closure, Decision, Expression, Name, Names, Value},
        source,
    },
};

impl Resolver<'_> {
    pub(super) fn call(&mut self, call: ast::Call, piped: &Value) -> Call {
        let ast::Call { path, args } = call;
        let args = match args {
            None => {
                self.reads_all(piped);
                Args::Piped(piped.branches().into_iter().map(|(handle, name)| (handle.clone(), name.map(Ident::span))).collect())
            }
            Some(ast::Arguments { parens, exprs: args }) => {
                let text = args.iter().map(|arg| source::text(arg.to_token_stream())).collect();
                let mut found = Vec::new();
                let args = args.into_iter().filter_map(|arg| self.arg(arg, &mut found)).collect();
                Args::Given { args, names: self.names(found), text, parens }
            }
        };
        Call { callee: self.callee(path), args }
    }

    pub(super) fn decision(&mut self, decision: ast::Decision, piped: &Value) -> Decision {
        match decision {
            ast::Decision::Step(call) => Decision::Step(self.call(call, piped)),
            ast::Decision::Closure(closure) => Decision::Closure(self.closure(closure, piped)),
        }
    }

    pub(super) fn closure(&mut self, closure: ExprClosure, piped: &Value) -> Closure {
        let mut own = Vec::new();
        closure.inputs.iter().for_each(|input| own.extend(bindings(input)));
        let names = self.names_but(&closure.body, &own);
        Closure { piped: self.reads_all(piped), names, closure }
    }

    pub(super) fn expression(&mut self, expr: Expr, own: &[String]) -> Expression {
        Expression { names: self.names_but(&expr, own), expr }
    }

    /// The names in an expression that has some of its `own`, which hide ours.
    fn names_but(&mut self, expr: &Expr, own: &[String]) -> Names {
        let mut found = occurrences(expr.to_token_stream());
        found.retain(|found| !own.contains(&text(&found.ident)));
        self.names(found)
    }

    /// One argument. What is no bare name adds to `found`.
    fn arg(&mut self, expr: Expr, found: &mut Vec<Occurrence>) -> Option<Arg> {
        match &expr {
            Expr::Group(group) => return self.arg((*group.expr).clone(), found),
            Expr::Path(_) | Expr::Field(_) => {
                if let Some(whole) = dotted(&expr) {
                    return self.dotted_arg(whole, expr, found);
                }
            }
            _ => {}
        }
        if let Some(root) = root(&expr)
            && self.scopes.find(&text(&root)).is_none()
            && is_lower(&root)
        {
            self.no_value(&root);
            return None;
        }
        found.extend(occurrences(expr.to_token_stream()));
        Some(if matches!(expr, Expr::Reference(_)) { Arg::Place(expr) } else { Arg::Value(expr) })
    }

    /// `name`, `name.branch` or `name.field`.
    fn dotted_arg(&mut self, whole: Occurrence, expr: Expr, found: &mut Vec<Occurrence>) -> Option<Arg> {
        let Occurrence { ident, fields } = &whole;
        match self.scopes.find(&text(ident)).map(|(_, meaning)| meaning.clone()) {
            None if is_lower(ident) => {
                let ident = ident.clone();
                self.no_value(&ident);
                None
            }
            None => Some(Arg::Value(expr)),
            Some(Meaning::Binding(..)) if fields.is_empty() => {
                found.push(whole);
                Some(Arg::Place(expr))
            }
            Some(Meaning::Binding(..)) => {
                found.push(whole);
                Some(Arg::Value(expr))
            }
            Some(Meaning::Value(value)) => {
                let (value, used) = self.branch(&whole, value)?;
                match value {
                    Value::One(handle) if used == fields.len() => {
                        let span = fields.last().unwrap_or(ident).span();
                        self.reads(&handle);
                        Some(Arg::Handle(handle, span))
                    }
                    _ => {
                        found.push(whole);
                        Some(Arg::Value(expr))
                    }
                }
            }
        }
    }

    /// Follows the fields of an occurrence to one value, and says how many of them are branches.
    fn branch(&mut self, occurrence: &Occurrence, value: Value) -> Option<(Value, usize)> {
        let Occurrence { ident, fields } = occurrence;
        let mut so_far = text(ident);
        let mut value = value;
        for used in 0.. {
            let Value::Many(branches) = &value else { return Some((value, used)) };
            let names: Vec<String> = branches.iter().map(|(name, _)| format!("{so_far}.{}", text(name))).collect();
            let Some(field) = fields.get(used) else {
                self.errors.at(fields.last().unwrap_or(ident).span(), messages::several_values(&so_far, &names));
                return None;
            };
            let Some((_, inner)) = branches.iter().find(|(name, _)| text(name) == text(field)) else {
                self.errors.at(field.span(), messages::no_branch(&so_far, &text(field), &names));
                return None;
            };
            so_far = format!("{so_far}.{}", text(field));
            value = inner.clone();
        }
        None
    }

    /// What the attempt must have in scope for these occurrences.
    pub(super) fn names(&mut self, found: Vec<Occurrence>) -> Names {
        let mut names: Vec<(usize, Name)> = Vec::new();
        for occurrence in found {
            let name = text(&occurrence.ident);
            let Some((depth, meaning)) = self.scopes.find(&name).map(|(depth, meaning)| (depth, meaning.clone())) else { continue };
            match meaning {
                Meaning::Binding(pattern, matched) => {
                    self.reads(&matched);
                    if !names.iter().any(|(_, other)| matches!(other, Name::Binding(_, other) if *other == matched)) {
                        names.push((depth, Name::Binding(pattern, matched)));
                    }
                }
                Meaning::Value(Value::One(handle)) => {
                    self.reads(&handle);
                    if !names.iter().any(|(_, other)| matches!(other, Name::Value(_, other) if *other == handle)) {
                        names.push((depth, Name::Value(occurrence.ident, handle)));
                    }
                }
                Meaning::Value(value) => {
                    let Some((_, used)) = self.branch(&occurrence, value.clone()) else { continue };
                    let part = pick(&value, &occurrence.fields[..used]);
                    self.reads_all(&part);
                    let known = names.iter_mut().find_map(|(_, other)| match other {
                        Name::Branches(ident, other) if text(ident) == name => Some(other),
                        _ => None,
                    });
                    match known {
                        Some(known) => merge(known, part),
                        None => names.push((depth, Name::Branches(occurrence.ident, part))),
                    }
                }
            }
        }
        names.sort_by_key(|(depth, _)| *depth);
        Names(names.into_iter().map(|(_, name)| name).collect())
    }

    fn no_value(&mut self, ident: &Ident) {
        let message = self.homes.why_not(&text(ident), &self.path, &self.scopes.names());
        self.errors.at(ident.span(), message);
    }
}

/// Only the branch that the fields lead to.
fn pick(value: &Value, fields: &[Ident]) -> Value {
    match (value, fields) {
        (Value::Many(branches), [field, rest @ ..]) => Value::Many(
            branches.iter().filter(|(name, _)| text(name) == text(field)).map(|(name, inner)| (name.clone(), pick(inner, rest))).collect(),
        ),
        _ => value.clone(),
    }
}

fn merge(known: &mut Value, other: Value) {
    let (Value::Many(known), Value::Many(others)) = (known, other) else { return };
    for (name, value) in others {
        match known.iter_mut().find(|(known, _)| text(known) == text(&name)) {
            Some((_, known)) => merge(known, value),
            None => known.push((name, value)),
        }
    }
}

/// `name.a.b` and nothing else.
fn dotted(expr: &Expr) -> Option<Occurrence> {
    match expr {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => {
            Some(Occurrence { ident: path.path.get_ident()?.clone(), fields: Vec::new() })
        }
        Expr::Field(field) if field.attrs.is_empty() => {
            let mut whole = dotted(&field.base)?;
            let syn::Member::Named(name) = &field.member else { return None };
            whole.fields.push(name.clone());
            Some(whole)
        }
        _ => None,
    }
}

/// The name that a place or a chain of methods starts with.
fn root(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().cloned(),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Reference(reference) => root(&reference.expr),
        Expr::Paren(paren) => root(&paren.expr),
        Expr::Group(group) => root(&group.expr),
        _ => None,
    }
}

/// A step or a value, and not a constant, a variant or a type.
fn is_lower(ident: &Ident) -> bool {
    let text = text(ident);
    text.starts_with(|first: char| first.is_lowercase() || first == '_') && !matches!(text.as_str(), "self" | "crate" | "super")
}

/// The names that a pattern binds.
pub(super) fn bindings(pattern: &Pat) -> Vec<String> {
    struct Bindings(Vec<String>);
    impl<'a> Visit<'a> for Bindings {
        fn visit_pat_ident(&mut self, pattern: &'a syn::PatIdent) {
            // `None` and `MAX` are constants, as far as a macro can see.
            if is_lower(&pattern.ident) || pattern.subpat.is_some() {
                self.0.push(text(&pattern.ident));
            }
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    let mut bindings = Bindings(Vec::new());
    bindings.visit_pat(pattern);
    bindings.0
}
