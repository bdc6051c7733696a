//! The types of what a step gives, and how an attempt's return value becomes them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;

use super::Source;
use crate::step::valid::Shape;

impl Source<'_> {
    /// The type of the step's value.
    pub(super) fn output_type(&self) -> TokenStream {
        match &self.step.returns.shape {
            Shape::Value(value) | Shape::Flow { value, .. } | Shape::ResultOfFlow { value, .. } => value.to_token_stream(),
            Shape::Result(result) | Shape::FlowOfResult { result, .. } => project(self, result, "Ok", &self.step.returns.output_at),
        }
    }

    /// The type of its error.
    pub(super) fn error_type(&self) -> TokenStream {
        let root = self.root;
        match &self.step.returns.shape {
            Shape::Value(_) | Shape::Flow { .. } => quote_spanned!(Span::mixed_site()=> #root::Never),
            Shape::Result(result) | Shape::ResultOfFlow { result, .. } | Shape::FlowOfResult { result, .. } => {
                project(self, result, "Err", &self.step.returns.error_at)
            }
        }
    }

    /// What it may end the workflow with.
    pub(super) fn end_type(&self) -> TokenStream {
        let root = self.root;
        match &self.step.returns.shape {
            Shape::Value(_) | Shape::Result(_) => quote_spanned!(Span::mixed_site()=> #root::Never),
            Shape::Flow { end, .. } | Shape::ResultOfFlow { end, .. } | Shape::FlowOfResult { end, .. } => end.to_token_stream(),
        }
    }

    /// `tried`, which is what the user's function returned, as `Result<ControlFlow<B, T>, E>`.
    pub(super) fn expand_outcome(&self, tried: &TokenStream) -> TokenStream {
        let root = self.root;
        let mixed = Span::mixed_site();
        let ok = quote_spanned!(mixed=> ::core::result::Result::Ok);
        let flow = quote_spanned!(mixed=> ::core::ops::ControlFlow);
        match &self.step.returns.shape {
            Shape::Value(_) => quote_spanned!(mixed=> #ok(#flow::Continue(#tried))),
            Shape::Flow { .. } => quote_spanned!(mixed=> #ok(#tried)),
            Shape::Result(_) => quote_spanned!(mixed=> ::core::result::Result::map(#root::AsResult::into_result(#tried), #flow::Continue)),
            Shape::ResultOfFlow { .. } => quote_spanned!(mixed=> #root::AsResult::into_result(#tried)),
            Shape::FlowOfResult { .. } => quote_spanned! {mixed=>
                match #tried {
                    #flow::Continue(tried) => ::core::result::Result::map(#root::AsResult::into_result(tried), #flow::Continue),
                    #flow::Break(end) => #ok(#flow::Break(end)),
                }
            },
        }
    }
}

/// The `Ok` or `Err` of what is called a `Result`: whether it is one, and which of its generics are which, its type knows.
fn project(source: &Source<'_>, result: &Type, side: &str, at: &Type) -> TokenStream {
    let (first, last) = source.ends(at);
    let root = source.root.at(first);
    let side = Ident::new(side, last);
    quote_spanned!(first=> <#result as #root::AsResult>::#side)
}
