//! What functions and methods have in common.

use syn::{GenericParam, ReturnType, Safety, Signature, Type, spanned::Spanned};

use super::{params, returns};
use crate::{
    diag::{Errors, step_messages as messages},
    step::valid::{Params, Returns},
};

/// A signature that a step may have.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) params: Params,
    pub(super) returns: Returns,
    pub(super) is_async: bool,
}

/// `self_ty` is what `Self` stands for.
pub(super) fn check_signature(sig: &Signature, self_ty: Option<&Type>) -> syn::Result<Signed> {
    let mut errors = Errors::new();
    check_qualifiers(sig, &mut errors);
    check_generics(sig, &mut errors);
    let params = errors.take(params::check_params(&sig.inputs, self_ty));
    let unit = returns::unit(sig.ident.span());
    let returns = errors.take(match &sig.output {
        ReturnType::Default => returns::check_returns(&unit, self_ty),
        ReturnType::Type(_, ty) => returns::check_returns(ty, self_ty),
    });
    errors.finish()?;
    match (params, returns) {
        (Some(params), Some(returns)) => Ok(Signed { params, returns, is_async: sig.asyncness.is_some() }),
        _ => unreachable!("what was not taken is a mistake"),
    }
}

/// A step is called by safe Rust code at run time: `unsafe fn`, `const fn` and `extern "C" fn` promise something else.
fn check_qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.constness {
        errors.at(token.span, messages::step_with_qualifier("const"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.at(token.span, messages::step_with_qualifier("unsafe"));
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi.extern_token.span, messages::step_with_qualifier("extern"));
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic.dots.span(), messages::variadic_step());
    }
}

/// A step is one entry of the plan, with one schema, so it has no type parameters: `fn pick<T>(…)`. Lifetimes are fine.
fn check_generics(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        match param {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(param) => errors.at(param.ident.span(), messages::generic_step(&param.ident.to_string())),
            GenericParam::Const(param) => errors.at(param.ident.span(), messages::generic_step(&param.ident.to_string())),
        }
    }
}
