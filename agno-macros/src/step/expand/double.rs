//! `double`: what stands in for the step in tests. By the step's own type, so that a test of a step that is renamed does not compile.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::Source;
use crate::step::valid::{Argument, Form, Shape, StateParam, Work};

/// The function that users call.
pub(super) fn expand_double(source: &Source<'_>) -> TokenStream {
    let root = source.root;
    let carrier = source.carrier();
    let signature = expand_signature(source);
    let boxed = expand_boxed(source);
    let is_sync = !matches!(source.options.work, Work::Async);
    quote_spanned! {Span::mixed_site()=>
        /// Stands in for the step in tests: takes what the step takes, and gives what it gives.
        pub fn double(double: impl #signature + ::core::marker::Send + ::core::marker::Sync + 'static) -> #root::Double {
            let double: #boxed = #root::Box::new(double);
            #root::Double::new::<#carrier, _>(#is_sync, double)
        }
    }
}

/// The step's function, or what stands in for it.
pub(super) fn expand_tried(source: &Source<'_>, called: &TokenStream, arguments: &[TokenStream]) -> TokenStream {
    let root = source.root;
    let boxed = expand_boxed(source);
    let wait = source.step.is_async.then(|| quote_spanned!(Span::mixed_site()=> self.double.wait().await;));
    quote_spanned! {Span::mixed_site()=>
        match #root::Stand::get::<#boxed>(&self.double) {
            ::core::option::Option::None => #called,
            ::core::option::Option::Some(double) => {
                #wait
                double(#(#arguments),*)
            }
        }
    }
}

/// The type that it is kept as.
fn expand_boxed(source: &Source<'_>) -> TokenStream {
    let root = source.root;
    let signature = expand_signature(source);
    quote_spanned!(Span::mixed_site()=> #root::Box<dyn #signature + ::core::marker::Send + ::core::marker::Sync>)
}

/// `Fn(&Topic, usize) -> Result<Posts, FetchError>`, as the step was written.
fn expand_signature(source: &Source<'_>) -> TokenStream {
    let params = &source.step.params;
    let root = source.root;
    let mixed = Span::mixed_site();
    let option = quote_spanned!(mixed=> ::core::option::Option);
    let types = params.order.iter().map(|argument| match argument {
        Argument::Data(index) => match &params.data[*index].form {
            Form::Reference(ty) => quote_spanned!(mixed=> &#ty),
            Form::Value(ty) => ty.to_token_stream(),
            Form::Text => quote_spanned!(mixed=> &str),
            Form::List(ty) => quote_spanned!(mixed=> &[#ty]),
            Form::Optional(ty) => quote_spanned!(mixed=> #option<&#ty>),
            Form::OptionalText => quote_spanned!(mixed=> #option<&str>),
            Form::OptionalList(ty) => quote_spanned!(mixed=> #option<&[#ty]>),
        },
        Argument::State => match &params.state {
            Some(StateParam::Writes(ty)) => quote_spanned!(mixed=> &mut #ty),
            Some(StateParam::Reads(ty)) => quote_spanned!(mixed=> &#ty),
            None => unreachable!("there is a place for the state only with a state"),
        },
        Argument::Extra => {
            let ty = &params.extra;
            quote_spanned!(mixed=> &#ty)
        }
        Argument::Context => quote_spanned!(mixed=> &#root::StepContext),
    });
    let flow = quote_spanned!(mixed=> ::core::ops::ControlFlow);
    let returns = match &source.step.returns.shape {
        Shape::Value(ty) | Shape::Result(ty) => ty.to_token_stream(),
        Shape::Flow { end, value } => quote_spanned!(mixed=> #flow<#end, #value>),
        Shape::ResultOfFlow { result, end: _, value: _ } => result.to_token_stream(),
        Shape::FlowOfResult { end, result } => quote_spanned!(mixed=> #flow<#end, #result>),
    };
    quote_spanned!(mixed=> ::core::ops::Fn(#(#types),*) -> #returns)
}
