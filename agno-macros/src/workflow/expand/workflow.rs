//! The items of a workflow: the struct, its plan, its body and what other code calls.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Expander, local, plan::Statics, tuple};
use crate::{
    case::snake_case,
    workflow::{
        ast::{Declarations, Durability, Extra, Header, Outline, State, WorkflowOptions},
        graph::Workflow,
        resolve::text,
        source,
    },
};

/// The inside of `fn body`.
pub(super) struct Body {
    pub(super) input: Ident,
    pub(super) block: TokenStream,
}

impl Expander<'_> {
    pub(super) fn workflow_body(&self, workflow: &Workflow) -> Body {
        let (statements, value) = self.block_as_one(&workflow.body);
        let value = tuple(&[value]);
        Body { input: workflow.input.ident.clone(), block: quote!(#statements ::core::result::Result::Ok(#value)) }
    }

    pub(super) fn items(&self, outline: &Outline, nodes: &Statics, body: &Body) -> TokenStream {
        let Outline { header, declarations: _, asks } = outline;
        let Header { attrs, docs: _, vis, name, input: _, input_type: _, output: _, options: _ } = header;
        let p = self.p;
        let cfgs: Vec<_> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        let workflow_impl = self.workflow_impl(outline, body);
        let (plan, statics) = (self.plan_static(outline, nodes), &nodes.statics);
        let methods = self.methods(outline);
        let doors = self.doors(outline);
        let questions = self.questions(name, asks);
        let builder = self.builder(outline);
        let runner = local("runner", name.span());
        let f = local("f", name.span());
        quote! {
            #(#attrs)*
            #vis struct #name { runner: #p::Runner<#name> }

            #(#cfgs)*
            #[allow(non_camel_case_types, unused_qualifications, unreachable_pub, missing_docs, missing_debug_implementations, clippy::all, clippy::pedantic)]
            const _: () = {
                #statics
                #plan
                #workflow_impl
                #[automatically_derived]
                impl ::core::ops::Deref for #name {
                    type Target = #p::Runner<#name>;
                    fn deref(&self) -> &Self::Target { &self.runner }
                }
                #[automatically_derived]
                impl ::core::clone::Clone for #name {
                    fn clone(&self) -> Self { let #runner = ::core::clone::Clone::clone(&self.runner); Self { runner: #runner } }
                }
                #[automatically_derived]
                impl ::core::fmt::Debug for #name {
                    fn fmt(&self, #f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { ::core::fmt::Debug::fmt(&self.runner, #f) }
                }
                #methods
                #doors
                #questions
                #builder
            };
        }
    }

    fn workflow_impl(&self, outline: &Outline, body: &Body) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let Header { name, input_type, output, .. } = header;
        let Declarations { uses, states, extras } = declarations;
        let (p, plan) = (self.p, self.taken.free("PLAN"));
        let [runner, used, cx] = ["runner", "uses", "cx"].map(|local_name| local(local_name, name.span()));
        let Body { input, block } = body;
        let uses_type = if uses.is_empty() { quote!(()) } else { self.taken.free("Uses").into_token_stream() };
        let (state, first_state) = match states.first() {
            Some(State { name: _, ty, first }) => {
                let first = match first {
                    Some(first) => quote_spanned!(ty.span()=> #p::first_state::<#ty>(|| #first)),
                    None => quote_spanned!(ty.span()=> #p::default_state::<#ty>()),
                };
                (quote!(#p::Exclusive<#ty>), first)
            }
            None => (quote!(#p::Stateless), quote!(#p::no_state())),
        };
        let extra = match extras.first() {
            Some(Extra { name: _, ty }) => quote!(#p::Extra<#ty>),
            None => quote!(#p::NoExtra),
        };
        quote! {
            #[automatically_derived]
            impl #p::Workflow for #name {
                type Input = #input_type;
                type Output = #output;
                type State = #state;
                type Extra = #extra;
                type Uses = #uses_type;
                const PLAN: &'static #p::Plan = &#plan;
                fn first_state() -> #p::FirstState<Self> { #first_state }
                fn from_runner(#runner: #p::Runner<Self>) -> Self { Self { runner: #runner } }
                #[allow(unused_variables)]
                fn body<'a>(
                    #used: &'a #uses_type,
                    #cx: &'a mut #p::Cx<#p::Position<#state, #extra>, #output>,
                    #input: #p::Shared<#input_type>,
                ) -> #p::Body<'a, #output> {
                    #p::Box::pin(async move { #block })
                }
            }
        }
    }

    fn plan_static(&self, outline: &Outline, nodes: &Statics) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let Header { attrs: _, docs, vis: _, name, input, input_type, output, options } = header;
        let Declarations { uses, states, extras } = declarations;
        let (p, plan) = (self.p, self.taken.free("PLAN"));
        let type_name = text(name);
        let words = snake_case(&type_name);
        let shown = options.name.get().map_or_else(|| sentence(&words), syn::LitStr::value);
        let id = options.id.get().map_or_else(|| words.replace('_', "-"), syn::LitStr::value);
        let input = text(input);
        let description = docs.as_ref().map(|docs| quote!(description: ::core::option::Option::Some(#docs),));
        let options = self.workflow_options(options);
        let state = states.first().map(|State { ty, .. }| quote!(state: ::core::option::Option::Some(#p::type_info::<#ty>),));
        let extra = extras.first().map(|Extra { ty, .. }| quote!(extra: ::core::option::Option::Some(#p::type_info::<#ty>),));
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
                ..#p::Plan::new(#type_name, #p::type_info::<#input_type>, #p::type_info::<#output>)
            };
        }
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

    fn methods(&self, outline: &Outline) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let Header { name, input_type, output, .. } = header;
        let (p, plan) = (self.p, self.taken.free("PLAN"));
        let state = match declarations.states.first() {
            Some(State { ty, .. }) => quote!(::core::option::Option::Some(#p::schema_of::<#ty>())),
            None => quote!(::core::option::Option::None),
        };
        quote! {
            impl #name {
                /// The workflow as it was written: a tree of its nodes.
                pub const PLAN: &'static #p::Plan = &#plan;
                /// The JSON Schema of the input.
                #[must_use]
                pub fn input_schema() -> #p::Schema { #p::schema_of::<#input_type>() }
                /// The JSON Schema of the output.
                #[must_use]
                pub fn output_schema() -> #p::Schema { #p::schema_of::<#output>() }
                /// The JSON Schema of the session state, if there is one.
                #[must_use]
                pub fn state_schema() -> ::core::option::Option<#p::Schema> { #state }
            }
        }
    }

    /// How another workflow runs this one: by its type, if it needs nothing, and by a value.
    fn doors(&self, outline: &Outline) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let (p, name) = (self.p, &header.name);
        let Declarations { uses, states, extras } = declarations;
        let [position, output] = ["P", "O"].map(|generic| self.taken.free(generic));
        let at = local("at", name.span());
        let mut bounds = vec![quote!(#p::Fork)];
        bounds.extend(states.first().map(|_| quote!(#p::Alone)));
        bounds.extend(extras.first().map(|Extra { ty, .. }| quote!(#p::Knows<#ty>)));
        let generics = quote!(<'a, #position, #output: ::core::marker::Send + ::core::marker::Sync + 'static>);
        let door = quote!(#p::NestDoor<'a, #name, #position, #output>);
        let bounds = quote!(where #position: #(#bounds)+*);
        let enter = Ident::new("enter", name.span());
        let enter_value = Ident::new("enter_value", name.span());
        let by_type = uses.is_empty().then(|| {
            quote! {
                #[doc(hidden)]
                pub fn #enter #generics(#at: #p::At<'a, #position, #output>) -> #door #bounds { #p::NestDoor::by_type(#at) }
            }
        });
        quote! {
            impl #name {
                #by_type
                #[doc(hidden)]
                pub fn #enter_value #generics(self: &#p::Arc<Self>, #at: #p::At<'a, #position, #output>) -> #door #bounds {
                    #p::NestDoor::by_value(#at, self)
                }
            }
            #[automatically_derived]
            impl #p::Describe for #name {
                fn about() -> #p::About { #p::About::Workflow(<Self as #p::Workflow>::PLAN) }
            }
        }
    }
}

/// `content_pipeline` → `Content pipeline`
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &letters.as_str().replace('_', " ")
}
