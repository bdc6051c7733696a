//! The step's description: what the runtime reads (`StepMeta`), and what people read (`About`).

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::Source;
use crate::step::{
    raw::Effect,
    valid::{Options, Shape, Target, Work},
};

pub(super) fn expand_meta(source: &Source<'_>) -> TokenStream {
    let Source { step: _, options, root, names, reader: _ } = source;
    let meta = &names.meta;
    let (output, error) = (source.output_type(), source.error_type());
    let name = source.name();
    let work = match options.work {
        Work::Async => quote!(Async),
        Work::Sync => quote!(Sync),
        Work::Blocking => quote!(Blocking),
    };
    let retry_if = expand_retry_if(source);
    let step_options = expand_options(source);
    let codec = expand_codec(source);
    let fail = expand_fail(source);
    let carrier = source.carrier();
    quote_spanned! {Span::mixed_site()=>
        static #meta: #root::StepMeta<#output, #error> = #root::StepMeta {
            name: #name,
            work: #root::Work::#work,
            options: #step_options,
            retry_if: #retry_if,
            codec: #codec,
            fail: #fail,
            about: <#carrier as #root::Describe>::about,
        };
    }
}

/// The only place that asks for `Content`: one bound, so one error, on the user's return type. A type that is no `Result` by its name
/// is asked whether it is one.
fn expand_codec(source: &Source<'_>) -> TokenStream {
    let returns = &source.step.returns;
    let output = source.output_type();
    let (first, last) = source.ends(&returns.output_at);
    let root = source.root.at(first);
    match &returns.shape {
        Shape::Result(_) | Shape::ResultOfFlow { .. } | Shape::FlowOfResult { .. } => {
            let codec = Ident::new("CODEC", last);
            let codec = quote_spanned!(first=> <#output as #root::StepOutput>::#codec);
            quote_spanned!(Span::mixed_site()=> || #codec)
        }
        Shape::Value(_) | Shape::Flow { .. } => {
            let codec = Ident::new("codec", last);
            let codec = quote_spanned!(first=> <#root::Returns<#output>>::#codec);
            // rustc blames the call for a value that is no `Content`, and its argument for a hidden `Result`.
            let value = quote_spanned!(last=> (::core::marker::PhantomData));
            let argument = quote_spanned!(first=> #root::Returns #value);
            let arguments = quote_spanned!(last=> (#argument));
            quote_spanned! {Span::mixed_site()=>
                || {
                    use #root::AnyValue as _;
                    #codec #arguments
                }
            }
        }
    }
}

/// How an error is boxed, which asks that it is one.
fn expand_fail(source: &Source<'_>) -> TokenStream {
    let returns = &source.step.returns;
    if !returns.can_fail() {
        return quote_spanned!(Span::mixed_site()=> |never| match never {});
    }
    let error = source.error_type();
    let (first, last) = source.ends(&returns.error_at);
    let root = source.root.at(first);
    let boxed = Ident::new("boxed", last);
    quote_spanned!(first=> <#error as #root::Failure>::#boxed)
}

/// By way of a `let`, where a function of another type is rustc's plainest mismatch.
fn expand_retry_if(source: &Source<'_>) -> TokenStream {
    match &source.options.retry_if {
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        Some(path) => {
            let error = source.error_type();
            let (first, last) = source.ends(path);
            let bool = Ident::new("bool", last);
            let function = quote_spanned!(first=> fn(&#error) -> #bool);
            quote_spanned! {Span::mixed_site()=>
                {
                    let retry_if: #function = #path;
                    ::core::option::Option::Some(retry_if)
                }
            }
        }
    }
}

fn expand_options(source: &Source<'_>) -> TokenStream {
    let root = source.root;
    // `name` and `label` are the step's, `retry_if` and `work` stand beside the options.
    let Options { name: _, label: _, retry, backoff, max_backoff, retry_if: _, timeout, history, effect, work: _ } = source.options;
    let some = quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some);
    let mut fields = Vec::new();
    fields.extend(retry.as_ref().map(|retry| quote!(retry: #retry)));
    fields.extend(backoff.as_ref().map(|backoff| backoff.expand(root)).map(|backoff| quote!(backoff: #backoff)));
    fields.extend(max_backoff.as_ref().map(|backoff| backoff.expand(root)).map(|backoff| quote!(max_backoff: #backoff)));
    fields.extend(timeout.as_ref().map(|timeout| timeout.expand(root)).map(|timeout| quote!(timeout: #some(#timeout))));
    fields.extend(history.as_ref().map(|history| history.expand(root)).map(|history| quote!(history: #some(#history))));
    fields.extend(effect.map(|effect| {
        let effect = match effect {
            Effect::Pure => quote!(Pure),
            Effect::Idempotent => quote!(Idempotent),
            Effect::Once => quote!(Once),
        };
        quote!(effect: #root::Effect::#effect)
    }));
    if fields.is_empty() {
        return quote_spanned!(Span::mixed_site()=> #root::StepOptions::DEFAULT);
    }
    quote_spanned!(Span::mixed_site()=> #root::StepOptions { #(#fields,)* ..#root::StepOptions::DEFAULT })
}

/// `impl Describe`: the step as plans and tools show it.
pub(super) fn expand_about(source: &Source<'_>) -> TokenStream {
    let Source { step, options, root, names, reader: _ } = source;
    let meta = &names.meta;
    let carrier = source.carrier();
    let label = match &options.label {
        Some(label) => quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(#label)),
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
    };
    let params = step.params.data.iter().map(|param| &param.name);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #root::Describe for #carrier {
            fn about() -> #root::About {
                #root::About::Step(#root::StepInfo {
                    name: #meta.name,
                    label: #label,
                    description: <#carrier>::description(),
                    work: #meta.work,
                    options: #meta.options,
                    input: <#carrier>::input_schema,
                    output: <#carrier>::output_schema,
                    params: &[#(#params),*],
                })
            }
        }
    }
}

impl Source<'_> {
    /// The step's name in journals and plans.
    pub(super) fn name(&self) -> String {
        match (&self.options.name, &self.step.target) {
            (Some(name), _) => name.value(),
            (None, Target::Function { name, .. }) => name.unraw().to_string(),
            (None, Target::Executor { name, .. }) => name.clone(),
        }
    }
}
