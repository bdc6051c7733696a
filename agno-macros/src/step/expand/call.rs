//! `Call`: what one attempt holds, and what its arguments are a method of.
//!
//! Data are arguments of a method, so that rustc counts what the user wrote: "this method takes 2 arguments but 1 was supplied".

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::{Source, double::expand_tried};
use crate::step::valid::{Argument, DataParam, Form, StateParam, Target, Work};

pub(super) fn expand_call(source: &Source<'_>) -> TokenStream {
    let Source { step, options, root, names, reader: _ } = source;
    let mixed = Span::mixed_site();
    let is_sync = !matches!(options.work, Work::Async);
    let call_type = &names.call;
    let (with, context, local) = (source.with_type(), source.context_type(), source.local_type());
    let mutable = matches!(step.params.state, Some(StateParam::Writes(_))).then(|| quote_spanned!(mixed=> mut));
    let params = step.params.data.iter().enumerate().map(|(index, param)| expand_param(source, param, index));
    let arguments: Vec<_> = step.params.order.iter().map(|argument| expand_argument(source, *argument)).collect();
    let called = expand_callee(source, &arguments);
    let called = expand_tried(source, &called, &arguments);
    let outcome = source.expand_outcome(&quote_spanned!(mixed=> tried));
    let (output, error, end) = (source.output_type(), source.error_type(), source.end_type());
    // A future that is not `Send` is reported on the return type, so that is where the function's name is.
    let span = source.span();
    let method = Ident::new("call", span);
    let future = quote_spanned! {span=>
        impl ::core::future::Future<Output = #root::Tried<#local, #end, #output, #error>> + ::core::marker::Send + 'call
    };
    let body = quote_spanned! {mixed=>
        let tried = #called;
        (self.local, #outcome)
    };
    let body = quote_spanned!(span=> async move { #body });
    quote_spanned! {mixed=>
        pub struct #call_type {
            with: #with,
            context: #context,
            local: #local,
            double: #root::Stand,
        }

        impl #root::Works for #call_type {
            const IS_SYNC: bool = #is_sync;
        }

        impl #call_type {
            pub fn #method<'call>(#mutable self, #(#params),*) -> #future {
                #body
            }
        }
    }
}

/// The name of a data parameter within `call`, standing where the user's pattern stands.
fn local_name(source: &Source<'_>, param: &DataParam, index: usize) -> Ident {
    Ident::new(&format!("a{index}"), source.reader.shown(Span::mixed_site().located_at(param.span)))
}

/// Every parameter is a reference, whatever the function takes: the workflow keeps its values.
fn expand_param(source: &Source<'_>, param: &DataParam, index: usize) -> TokenStream {
    let name = local_name(source, param, index);
    let mixed = source.reader.shown(Span::mixed_site().located_at(param.span));
    match &param.form {
        Form::Text => quote_spanned!(mixed=> #name: &'call str),
        Form::List(ty) => quote_spanned!(mixed=> #name: &'call [#ty]),
        Form::Reference(_) | Form::Value(_) | Form::Optional(_) | Form::OptionalText | Form::OptionalList(_) => {
            let ty = source.owned_type(&param.form);
            quote_spanned!(mixed=> #name: &'call #ty)
        }
    }
}

/// What the user's function gets in the place of a parameter.
fn expand_argument(source: &Source<'_>, argument: Argument) -> TokenStream {
    let Source { step, options: _, root, names: _, reader: _ } = source;
    let mixed = Span::mixed_site();
    match argument {
        Argument::Data(index) => {
            let param = &step.params.data[index];
            let name = local_name(source, param, index);
            match &param.form {
                Form::Reference(_) | Form::Text | Form::List(_) => name.to_token_stream(),
                // Named by its type, so that a type which cannot be cloned is blamed itself.
                Form::Value(ty) => quote_spanned!(mixed=> <#ty as #root::ByValue>::by_value(#name)),
                Form::Optional(_) => quote_spanned!(mixed=> ::core::option::Option::as_ref(#name)),
                Form::OptionalText | Form::OptionalList(_) => quote_spanned!(mixed=> ::core::option::Option::as_deref(#name)),
            }
        }
        Argument::State => match step.params.state {
            Some(StateParam::Writes(_)) => quote_spanned!(mixed=> &mut self.local),
            Some(StateParam::Reads(_)) | None => quote_spanned!(mixed=> &*self.local),
        },
        Argument::Extra => match step.target {
            Target::Function { .. } => quote_spanned!(mixed=> &*self.with),
            Target::Executor { .. } => quote_spanned!(mixed=> &*self.with.1),
        },
        Argument::Context => quote_spanned!(mixed=> &self.context),
    }
}

/// The call of the user's function, awaited where it must be.
fn expand_callee(source: &Source<'_>, arguments: &[TokenStream]) -> TokenStream {
    let step = source.step;
    let mixed = Span::mixed_site();
    let called = match &step.target {
        Target::Function { name, .. } => quote_spanned!(source.span()=> #name(#(#arguments),*)),
        Target::Executor { self_ty, run, .. } => {
            let this = match step.params.extra {
                None => quote_spanned!(mixed=> &*self.with),
                Some(_) => quote_spanned!(mixed=> &*self.with.0),
            };
            quote_spanned!(source.span()=> <#self_ty>::#run(#this #(, #arguments)*))
        }
    };
    if step.is_async { quote_spanned!(source.span()=> #called.await) } else { called }
}

impl Source<'_> {
    /// What the step is given besides data, state and context.
    pub(super) fn with_type(&self) -> TokenStream {
        let root = self.root;
        let mixed = Span::mixed_site();
        match (&self.step.target, &self.step.params.extra) {
            (Target::Function { .. }, None) => quote_spanned!(mixed=> ()),
            (Target::Function { .. }, Some(extra)) => quote_spanned!(mixed=> #root::Arc<#extra>),
            (Target::Executor { self_ty, .. }, None) => quote_spanned!(mixed=> #root::Arc<#self_ty>),
            (Target::Executor { self_ty, .. }, Some(extra)) => quote_spanned!(mixed=> (#root::Arc<#self_ty>, #root::Arc<#extra>)),
        }
    }

    fn context_type(&self) -> TokenStream {
        let root = self.root;
        if self.step.params.context {
            quote_spanned!(Span::mixed_site()=> #root::StepContext)
        } else {
            quote_spanned!(Span::mixed_site()=> ())
        }
    }

    /// What an attempt works with in place of the session state.
    fn local_type(&self) -> TokenStream {
        let root = self.root;
        let mixed = Span::mixed_site();
        match &self.step.params.state {
            None => quote_spanned!(mixed=> ()),
            Some(StateParam::Reads(ty)) => quote_spanned!(mixed=> #root::Arc<#ty>),
            Some(StateParam::Writes(ty)) => quote_spanned!(mixed=> #ty),
        }
    }
}
