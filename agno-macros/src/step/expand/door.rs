//! `enter`, or `enter_value` of an executor: the step at one place of a workflow. Its bounds say what the place must offer.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Type;

use super::Source;
use crate::step::valid::{Shape, StateParam, Target};

pub(super) fn expand_door(source: &Source<'_>) -> TokenStream {
    let Source { step, options: _, root, names, reader: _ } = source;
    let mixed = Span::mixed_site();
    let (call, meta, position, output) = (&names.call, &names.meta, &names.position, &names.output);
    let (value, error, end, with_type) = (source.output_type(), source.error_type(), source.end_type(), source.with_type());
    let at = quote_spanned!(mixed=> at);
    let (access_type, access) = match &step.params.state {
        None => (quote_spanned!(mixed=> #root::Plain<'a>), quote_spanned!(mixed=> #at.plain())),
        Some(StateParam::Reads(ty)) => (quote_spanned!(mixed=> #root::Read<'a, #ty>), quote_spanned!(mixed=> #at.reads::<#ty>())),
        Some(StateParam::Writes(ty)) => (quote_spanned!(mixed=> #root::Write<'a, #ty>), quote_spanned!(mixed=> #at.writes::<#ty>())),
    };
    let extra = step.params.extra.as_ref().map(|ty| quote_spanned!(mixed=> #root::Knows::<#ty>::extra(#at.position())));
    let (name, receiver, with) = match &step.target {
        Target::Function { .. } => ("enter", None, extra.unwrap_or_else(|| quote_spanned!(mixed=> ()))),
        Target::Executor { .. } => {
            let this = quote_spanned!(mixed=> ::core::clone::Clone::clone(self));
            let with = extra.map_or_else(|| this.clone(), |extra| quote_spanned!(mixed=> (#this, #extra)));
            ("enter_value", Some(quote_spanned!(mixed=> self: &#root::Arc<Self>,)), with)
        }
    };
    let name = Ident::new(name, source.span());
    let context = if step.params.context { quote_spanned!(mixed=> grant.context()) } else { quote_spanned!(mixed=> ()) };
    let ended = match &step.returns.shape {
        Shape::Value(_) | Shape::Result(_) => quote_spanned!(mixed=> |never| match never {}),
        Shape::Flow { .. } | Shape::ResultOfFlow { .. } | Shape::FlowOfResult { .. } => {
            quote_spanned!(mixed=> |end| <#root::Ending<#output> as #root::Ends<#end>>::ended(end).0)
        }
    };
    let bounds = expand_bounds(source);
    let carrier = source.carrier();
    quote_spanned! {mixed=>
        #[doc(hidden)]
        pub fn #name<'a, #position, #output: 'static>(
            #receiver #at: #root::At<'a, #position, #output>,
        ) -> #root::StepDoor<'a, #access_type, #with_type, #call, #value, #end, #error, #output>
        #bounds
        {
            let with = #with;
            #root::StepDoor::new(
                #access,
                with,
                &#meta,
                |with, grant, local| #call {
                    with: ::core::clone::Clone::clone(with),
                    double: grant.double::<#carrier>(),
                    context: #context,
                    local,
                },
                #ended,
            )
        }
    }
}

/// Each bound stands at the type that asks for it, where rustc says "required by".
fn expand_bounds(source: &Source<'_>) -> Option<TokenStream> {
    let Source { step, options: _, root: _, names, reader: _ } = source;
    let (position, output) = (&names.position, &names.output);
    let state = step.params.state.as_ref().map(|state| match state {
        StateParam::Reads(ty) => {
            let holds = expand_bound(source, "Holds", ty);
            quote_spanned!(Span::mixed_site()=> #position: #holds)
        }
        StateParam::Writes(ty) => {
            let holds = expand_bound(source, "Holds", ty);
            let (first, last) = source.ends(ty);
            let root = source.root.at(first);
            let alone = Ident::new("Alone", last);
            quote_spanned!(Span::mixed_site()=> #position: #root::#alone + #holds)
        }
    });
    let extra = step.params.extra.as_ref().map(|ty| {
        let knows = expand_bound(source, "Knows", ty);
        quote_spanned!(Span::mixed_site()=> #position: #knows)
    });
    let ends = match &step.returns.shape {
        Shape::Value(_) | Shape::Result(_) => None,
        Shape::Flow { end, .. } | Shape::ResultOfFlow { end, .. } | Shape::FlowOfResult { end, .. } => {
            let root = source.root;
            let ends = expand_bound(source, "Ends", end);
            Some(quote_spanned!(Span::mixed_site()=> #root::Ending<#output>: #ends))
        }
    };
    let bounds: Vec<TokenStream> = [state, extra, ends].into_iter().flatten().collect();
    (!bounds.is_empty()).then(|| quote_spanned!(Span::mixed_site()=> where #(#bounds),*))
}

/// `Holds<Cart>`, shown under `Cart`.
fn expand_bound(source: &Source<'_>, name: &str, ty: &Type) -> TokenStream {
    let (first, last) = source.ends(ty);
    let root = source.root.at(first);
    let name = Ident::new(name, first);
    let close = quote_spanned!(last=> >);
    quote_spanned!(first=> #root::#name<#ty #close)
}
