//! Parameters: data, state, extra, context.

use syn::{
    Attribute, Error, FnArg, Meta, Pat, PatType, Token, Type, TypeReference, ext::IdentExt, punctuated::Punctuated, spanned::Spanned,
};

use super::{
    borrow::{find_borrow, find_impl_trait},
    self_type::resolve_self,
    type_shape::{is_named, is_str, optional_reference, peel},
};
use crate::{
    diag::{Errors, step_messages as messages},
    step::valid::{Argument, DataParam, Form, Params, StateParam},
};

pub(super) fn check_params(inputs: &Punctuated<FnArg, Token![,]>, self_ty: Option<&Type>) -> syn::Result<Params> {
    let mut errors = Errors::new();
    let mut params = Params { order: Vec::new(), data: Vec::new(), state: None, extra: None, context: false };
    for input in inputs {
        if let FnArg::Typed(input) = input
            && let Some(param) = errors.take(check_param(input, self_ty))
        {
            errors.take(params.add(param, input));
        }
    }
    errors.finish().map(|()| params)
}

/// One parameter by itself.
enum Param {
    Data(Form),
    State(StateParam),
    Extra(Type),
    Context,
}

impl Params {
    /// A step has one state, one extra and one context; of data it has any number.
    fn add(&mut self, param: Param, input: &PatType) -> syn::Result<()> {
        let refuse = |message: String| Err(Error::new_spanned(&input.ty, message));
        self.order.push(match param {
            Param::Data(form) => {
                let index = self.data.len();
                self.data.push(DataParam { name: property_name(&input.pat, index), span: input.pat.span(), form });
                Argument::Data(index)
            }
            Param::State(state) => {
                match (&self.state, &state) {
                    (None, _) => self.state = Some(state),
                    (Some(StateParam::Writes(_)), StateParam::Writes(_)) => return refuse(messages::two_mutable_parameters()),
                    (Some(StateParam::Reads(_)), StateParam::Reads(_)) => return refuse(messages::two_states()),
                    (Some(_), _) => return refuse(messages::state_read_and_written()),
                }
                Argument::State
            }
            Param::Extra(ty) => {
                if self.extra.is_some() {
                    return refuse(messages::two_extras());
                }
                self.extra = Some(ty);
                Argument::Extra
            }
            Param::Context => {
                if self.context {
                    return refuse(messages::two_contexts());
                }
                self.context = true;
                Argument::Context
            }
        });
        Ok(())
    }
}

/// What an attribute of ours says about a parameter.
#[derive(Clone, Copy)]
enum Role {
    State,
    Extra,
}

fn check_param(input: &PatType, self_ty: Option<&Type>) -> syn::Result<Param> {
    let role = check_role(&input.attrs)?;
    let ty = peel(&input.ty);
    if let Some(span) = find_impl_trait(ty) {
        return Err(Error::new(span, messages::generic_parameter()));
    }
    match role {
        Some(Role::State) => check_reference(ty, "state").and_then(|ty| owned(ty, self_ty)).map(|ty| Param::State(StateParam::Reads(ty))),
        Some(Role::Extra) => check_reference(ty, "extra").and_then(|ty| owned(ty, self_ty)).map(Param::Extra),
        None => match ty {
            Type::Reference(reference) if reference.mutability.is_some() => check_mutable(reference, self_ty),
            Type::Reference(reference) => check_shared(reference, self_ty),
            _ if is_named(ty, "StepContext") => Err(Error::new_spanned(ty, messages::context_by_value())),
            _ => check_by_value(ty, self_ty),
        },
    }
}

/// `#[state]` and `#[extra]` stand alone, and one of them at most.
fn check_role(attrs: &[Attribute]) -> syn::Result<Option<Role>> {
    let mut role = None;
    for attr in attrs {
        let (name, this) = match attr.path().get_ident() {
            Some(name) if name == "state" => ("state", Role::State),
            Some(name) if name == "extra" => ("extra", Role::Extra),
            Some(name) if name == "cfg" || name == "cfg_attr" => return Err(Error::new(name.span(), messages::conditional_parameter())),
            _ => continue,
        };
        if !matches!(attr.meta, Meta::Path(_)) {
            return Err(Error::new(attr.path().span(), messages::option_takes_no_value(name)));
        }
        if role.replace(this).is_some() {
            return Err(Error::new(attr.path().span(), messages::one_role_only()));
        }
    }
    Ok(role)
}

/// `#[state] cart: &Cart`, `#[extra] client: &Client`: never by value, never mutable.
fn check_reference<'a>(ty: &'a Type, role: &str) -> syn::Result<&'a Type> {
    match ty {
        Type::Reference(TypeReference { mutability: Some(token), .. }) => Err(Error::new(token.span, messages::role_is_read_only(role))),
        Type::Reference(reference) => Ok(peel(&reference.elem)),
        _ => Err(Error::new_spanned(ty, messages::role_takes_a_reference(role))),
    }
}

/// `&mut T` is the session state.
fn check_mutable(reference: &TypeReference, self_ty: Option<&Type>) -> syn::Result<Param> {
    let ty = peel(&reference.elem);
    if is_named(ty, "StepContext") {
        return Err(Error::new_spanned(reference, messages::mutable_context()));
    }
    if is_str(ty) || matches!(ty, Type::Slice(_)) {
        return Err(Error::new_spanned(reference, messages::unsized_state()));
    }
    owned(ty, self_ty).map(|ty| Param::State(StateParam::Writes(ty)))
}

fn check_shared(reference: &TypeReference, self_ty: Option<&Type>) -> syn::Result<Param> {
    let ty = peel(&reference.elem);
    let form = match ty {
        Type::Path(_) if is_named(ty, "StepContext") => return Ok(Param::Context),
        _ if is_str(ty) => Form::Text,
        Type::Slice(slice) => Form::List(owned(&slice.elem, self_ty)?),
        Type::TraitObject(_) => return Err(Error::new_spanned(ty, messages::trait_object_parameter())),
        _ => Form::Reference(owned(ty, self_ty)?),
    };
    Ok(Param::Data(form))
}

fn check_by_value(ty: &Type, self_ty: Option<&Type>) -> syn::Result<Param> {
    let form = match optional_reference(ty) {
        Some(TypeReference { mutability: Some(token), .. }) => return Err(Error::new(token.span, messages::optional_mutable())),
        Some(reference) => match peel(&reference.elem) {
            ty if is_str(ty) => Form::OptionalText,
            Type::Slice(slice) => Form::OptionalList(owned(&slice.elem, self_ty)?),
            ty => Form::Optional(owned(ty, self_ty)?),
        },
        None => Form::Value(owned(ty, self_ty)?),
    };
    Ok(Param::Data(form))
}

/// A value is stored, so it owns what it holds: `&Vec<Post>`, not `&Vec<&Post>`.
fn owned(ty: &Type, self_ty: Option<&Type>) -> syn::Result<Type> {
    match find_borrow(ty) {
        Some(borrow) => Err(Error::new_spanned(borrow, messages::borrowed_parameter())),
        None => Ok(resolve_self(ty, self_ty)),
    }
}

/// The name in the schema: the parameter's, or its place where a pattern has none.
fn property_name(pat: &Pat, index: usize) -> String {
    match pat {
        Pat::Ident(ident) => ident.ident.unraw().to_string(),
        _ => format!("arg{index}"),
    }
}
