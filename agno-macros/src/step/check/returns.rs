//! The return type: which of `Result` and `ControlFlow` it is made of.

use proc_macro2::Span;
use syn::{Error, PathSegment, Type, TypeTuple, punctuated::Punctuated, spanned::Spanned, token::Paren};

use super::{
    borrow::{find_borrow, find_impl_trait},
    self_type::resolve_self,
    type_shape::{last_segment, peel, type_arguments},
};
use crate::{
    diag::step_messages as messages,
    step::valid::{Returns, Shape},
};

/// The return type of a function without one.
pub(super) fn unit(span: Span) -> Type {
    Type::Tuple(TypeTuple { attrs: Vec::new(), paren_token: Paren(span), elems: Punctuated::new() })
}

pub(super) fn check_returns(ty: &Type, self_ty: Option<&Type>) -> syn::Result<Returns> {
    let ty = peel(ty);
    if let Type::Never(never) = ty {
        return Err(Error::new(never.bang_token.span, messages::step_that_never_returns()));
    }
    if let Some(span) = find_impl_trait(ty) {
        return Err(Error::new(span, messages::hidden_output()));
    }
    if let Some(borrow) = find_borrow(ty) {
        return Err(Error::new_spanned(borrow, messages::borrowed_output()));
    }
    match last_segment(ty) {
        Some(segment) if segment.ident == "Result" => check_result(ty, segment, self_ty),
        Some(segment) if segment.ident == "ControlFlow" => check_control_flow(ty, segment, self_ty),
        _ => Ok(Returns { shape: Shape::Value(resolve_self(ty, self_ty)), output_at: ty.clone(), error_at: ty.clone() }),
    }
}

/// `Result<T, E>`, `io::Result<T>`, or one with a `ControlFlow` inside.
fn check_result(ty: &Type, segment: &PathSegment, self_ty: Option<&Type>) -> syn::Result<Returns> {
    let result = resolve_self(ty, self_ty);
    let arguments = type_arguments(segment);
    let error_at = error_at(ty, &arguments);
    let first = arguments.first().map(|first| (*first, flow(first)));
    let Some((first, Some(segment))) = first else {
        let output_at = first.map_or(ty, |(first, _)| first).clone();
        return Ok(Returns { shape: Shape::Result(result), output_at, error_at });
    };
    let (end, value) = flow_types(first, segment)?;
    let output_at = value.clone();
    let shape = Shape::ResultOfFlow { result, end: resolve_self(&end, self_ty), value: resolve_self(&value, self_ty) };
    Ok(Returns { shape, output_at, error_at })
}

/// `ControlFlow<B, T>`, where `T` may be a `Result`.
fn check_control_flow(ty: &Type, segment: &PathSegment, self_ty: Option<&Type>) -> syn::Result<Returns> {
    let (end, value) = flow_types(ty, segment)?;
    let end = resolve_self(&end, self_ty);
    let inner = resolve_self(&value, self_ty);
    let Some(segment) = last_segment(&value).filter(|segment| segment.ident == "Result") else {
        return Ok(Returns { shape: Shape::Flow { end, value: inner }, output_at: value.clone(), error_at: value });
    };
    let arguments = type_arguments(segment);
    let output_at = arguments.first().map_or(&value, |first| first).clone();
    let error_at = error_at(&value, &arguments);
    Ok(Returns { shape: Shape::FlowOfResult { end, result: inner }, output_at, error_at })
}

/// With two types the second looks like the error's; it is where to point, not what to believe.
fn error_at(result: &Type, arguments: &[&Type]) -> Type {
    if let [_, error] = arguments { (*error).clone() } else { result.clone() }
}

fn flow(ty: &Type) -> Option<&PathSegment> {
    last_segment(ty).filter(|segment| segment.ident == "ControlFlow")
}

/// `B` and `T` of `ControlFlow<B, T>`. They are read from the text, so they must be there.
fn flow_types(ty: &Type, segment: &PathSegment) -> syn::Result<(Type, Type)> {
    match type_arguments(segment).as_slice() {
        [end] => Ok(((*end).clone(), unit(end.span()))),
        [end, value] => Ok(((*end).clone(), (*value).clone())),
        _ => Err(Error::new_spanned(ty, messages::control_flow_without_types())),
    }
}
