//! The static of the whole plan.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::{Expander, plan::Statics};
use crate::{
    case::snake_case,
    workflow::{
        ast::{Declarations, Durability, Extra, Header, Outline, State, WorkflowOptions},
        resolve::text,
        source,
    },
};

impl Expander<'_> {
    pub(super) fn plan_static(&self, outline: &Outline, nodes: &Statics) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let Header { attrs: _, docs, vis: _, name, input, input_type: _, output: _, options } = header;
        let Declarations { uses, states, extras } = declarations;
        let (p, plan) = (self.p, self.item("PLAN"));
        let type_name = text(name);
        let words = snake_case(&type_name);
        let shown = options.name.get().map_or_else(|| sentence(&words), syn::LitStr::value);
        let id = options.id.get().map_or_else(|| words.replace('_', "-"), syn::LitStr::value);
        let input = text(input);
        let description = docs.as_ref().map(|docs| quote!(description: ::core::option::Option::Some(#docs),));
        let options = self.workflow_options(options);
        let (kind, kind_static) = self.state_kind(states.first());
        let state = kind.map(|kind| quote!(state: ::core::option::Option::Some(|| #kind.info()),));
        let extra = extras.first().map(|Extra { ty, .. }| {
            let info = self.member_of(ty, "AdditionalData", "info");
            quote!(extra: ::core::option::Option::Some(#info),)
        });
        let uses = uses.iter().map(|used| {
            let (name, type_name) = (text(&used.name), source::text(used.ty.to_token_stream()));
            quote!(#p::Use { name: #name, type_name: #type_name })
        });
        let nodes = nodes.list();
        quote! {
            static #plan: #p::Plan = #p::Plan {
                name: #shown,
                id: #id,
                #description
                #options
                input_name: #input,
                #state
                #extra
                uses: &[#(#uses),*],
                nodes: #nodes,
                ..#p::Plan::new(#type_name, || <#name as #p::Workflow>::INPUT.info(), || <#name as #p::Workflow>::OUTPUT.info())
            };
            #kind_static
        }
    }

    /// The static of what is known of the state's type: the only place that asks for it.
    pub(super) fn state_kind(&self, state: Option<&State>) -> (Option<Ident>, Option<TokenStream>) {
        let Some(State { name: _, ty, first: _ }) = state else { return (None, None) };
        let (p, kind) = (self.p, self.item("STATE"));
        let known = self.member_of(ty, "SessionState", "KIND");
        let kind_static = quote!(static #kind: #p::StateKind<#ty> = #known;);
        (Some(kind), Some(kind_static))
    }

    fn workflow_options(&self, options: &WorkflowOptions) -> TokenStream {
        let p = self.p;
        let WorkflowOptions { name: _, id: _, history, store_events, skip_events, durability, retry_on_conflict, root: _ } = options;
        let mut fields = TokenStream::new();
        if let Some(history) = history.get() {
            let history = history.expand(p);
            fields.extend(quote!(history: ::core::option::Option::Some(#history),));
        }
        if let Some(store) = store_events.get() {
            let store = store.as_ref().map_or_else(|| quote!(true), ToTokens::to_token_stream);
            fields.extend(quote!(store_events: ::core::option::Option::Some(#store),));
        }
        if let Some(events) = skip_events.get() {
            fields.extend(quote!(skip_events: &[#(#p::EventName::#events),*],));
        }
        if let Some(durability) = durability.get() {
            let durability = match durability {
                Durability::Step => quote!(Step),
                Durability::Run => quote!(Run),
                Durability::None => quote!(None),
            };
            fields.extend(quote!(durability: #p::Durability::#durability,));
        }
        if let Some(times) = retry_on_conflict.get() {
            fields.extend(quote!(retry_on_conflict: #times,));
        }
        if fields.is_empty() { fields } else { quote!(options: #p::WorkflowOptions { #fields ..#p::WorkflowOptions::DEFAULT },) }
    }
}

/// `content_pipeline` → `Content pipeline`
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &letters.as_str().replace('_', " ")
}
