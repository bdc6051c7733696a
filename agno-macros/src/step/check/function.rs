//! `#[step]` on a function.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::{
    docs,
    signature::{self, Signed},
};
use crate::{
    diag::{Errors, step_messages as messages},
    step::{
        raw::RawFn,
        valid::{Step, Target},
    },
};

const PRIMITIVES: [&str; 19] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f16", "f32", "f64",
    "f128",
];

pub(super) fn check_function(function: &RawFn) -> syn::Result<Step> {
    let RawFn { attrs, vis, sig, body: _ } = function;
    // Nothing else that could be said about a method helps its author.
    if let Some(receiver) = sig.receiver() {
        return Err(syn::Error::new_spanned(receiver, messages::step_on_a_method()));
    }
    let mut errors = Errors::new();
    check_name(&sig.ident, &mut errors);
    let signed = errors.take(signature::check_signature(sig, None));
    errors.finish()?;
    let Some(Signed { params, returns, is_async }) = signed else { unreachable!("what was not taken is a mistake") };
    let target = Target::Function { vis: vis.clone(), name: sig.ident.clone(), marker_attrs: docs::marker_attrs(attrs) };
    Ok(Step { target, description: docs::description(attrs), cfgs: docs::cfgs(attrs), params, returns, is_async })
}

/// A step is also a type of its name. A type `str` would take the place of the primitive one in the whole module.
fn check_name(name: &Ident, errors: &mut Errors) {
    if is_primitive(name) {
        errors.at(name.span(), messages::step_named_like_a_primitive(&name.unraw().to_string()));
    }
}

/// Whether a marker of this name would do harm.
pub(crate) fn is_primitive(name: &Ident) -> bool {
    PRIMITIVES.contains(&name.unraw().to_string().as_str())
}
