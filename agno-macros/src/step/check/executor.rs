//! `#[step]` on an `impl` block: its type is an executor, whose work is the method `run`.

use quote::ToTokens;
use syn::{Error, Receiver, ReceiverKind, Type, ext::IdentExt};

use super::{
    borrow::find_borrow,
    docs,
    signature::{self, Signed},
    type_shape::last_segment,
};
use crate::{
    case::snake_case,
    diag::{Errors, step_messages as messages},
    step::{
        raw::{RawFn, RawImpl, RawMember},
        valid::{Step, Target},
    },
};

pub(super) fn check_executor(block: &RawImpl) -> syn::Result<Step> {
    let RawImpl { attrs, header: _, generics, of_trait, self_ty, brace: _, members } = block;
    if let Some(of_trait) = of_trait {
        return Err(Error::new_spanned(of_trait, messages::step_on_a_trait_impl(&text(self_ty))));
    }
    let mut errors = Errors::new();
    if !generics.params.is_empty() {
        errors.push(Error::new_spanned(&generics.params, messages::generic_executor()));
    } else if let Some(borrow) = find_borrow(self_ty) {
        errors.push(Error::new_spanned(borrow, messages::generic_executor()));
    }
    let signed = errors.take(check_run(members, self_ty));
    errors.finish()?;
    let Some((run, Signed { params, returns, is_async })) = signed else { unreachable!("what was not taken is a mistake") };
    let Some(segment) = last_segment(self_ty) else {
        return Err(Error::new_spanned(self_ty, messages::executor_without_a_name()));
    };
    let target =
        Target::Executor { self_ty: self_ty.clone(), name: snake_case(&segment.ident.unraw().to_string()), run: run.sig.ident.clone() };
    let mut description = docs::description(attrs);
    if description.is_empty() {
        description = docs::description(&run.attrs);
    }
    Ok(Step { target, description, cfgs: docs::cfgs(attrs), params, returns, is_async })
}

/// The work of an executor is `async fn run(&self, …)`, or `fn run(&self, …)`.
fn check_run<'a>(members: &'a [RawMember], self_ty: &Type) -> syn::Result<(&'a RawFn, Signed)> {
    let run = members.iter().find_map(|member| match member {
        RawMember::Function(function) if function.sig.ident == "run" => Some(function),
        _ => None,
    });
    let Some(run) = run else {
        return Err(Error::new_spanned(self_ty, messages::executor_without_run(&text(self_ty))));
    };
    let mut errors = Errors::new();
    match run.sig.receiver() {
        None => errors.at(run.sig.ident.span(), messages::run_without_self()),
        Some(receiver) if !is_shared_reference(receiver) => errors.push(Error::new_spanned(receiver, messages::run_with_other_self())),
        Some(_) => {}
    }
    let signed = errors.take(signature::check_signature(&run.sig, Some(self_ty)));
    errors.finish()?;
    let Some(signed) = signed else { unreachable!("what was not taken is a mistake") };
    Ok((run, signed))
}

/// An executor serves many runs at once, so it is shared.
fn is_shared_reference(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(_, _, None))
}

/// A type as people write it.
fn text(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(" < ", "<").replace(" >", ">").replace(" :: ", "::")
}
