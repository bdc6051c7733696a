//! The attributes that concern our items too.

use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// The doc comment as the parts of one text: mostly a single literal, more where a part is `#[doc = include_str!("…")]`.
pub(super) fn description(attrs: &[Attribute]) -> Vec<Expr> {
    let mut parts: Vec<Expr> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for value in attrs.iter().filter_map(doc_value) {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => {
                lines.extend(line.value().split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
            }
            other => {
                parts.extend(text(&mut lines));
                parts.push(other.clone());
            }
        }
    }
    parts.extend(text(&mut lines));
    parts
}

/// `#[cfg]` below our attribute is not evaluated yet, so it decides about our items as well.
pub(super) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// What people see of a function, they see of its marker.
pub(super) fn marker_attrs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| ["doc", "deprecated"].iter().any(|name| attr.path().is_ident(name))).cloned().collect()
}

fn doc_value(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

fn text(lines: &mut Vec<String>) -> Option<Expr> {
    let text = std::mem::take(lines).join("\n").trim().to_owned();
    let literal = LitStr::new(&text, proc_macro2::Span::call_site());
    (!text.is_empty()).then(|| Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Str(literal) }))
}
