//! The items of a workflow: the struct, its plan, its body and what other code calls.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Expander, plan::Statics};
use crate::workflow::{
    ast::{Declarations, Extra, Header, Outline, State},
    graph::Workflow,
};

/// The inside of `fn body`.
pub(super) struct Body {
    pub(super) input: Ident,
    pub(super) block: TokenStream,
}

impl Expander<'_> {
    pub(super) fn workflow_body(&self, workflow: &Workflow) -> Body {
        let (statements, value) = self.block_as_one(&workflow.body);
        let (output, at) = (&workflow.header.output, workflow.body.end());
        let out = self.local("out", at);
        // By a `let`, so that a mismatch is shown at the last node, and at the output type.
        let declared = self.p_at(output.span());
        let declared = quote_spanned!(self.ours(output.span())=> #declared::Shared<#output>);
        let p = self.p;
        let ok =
            quote_spanned!(at=> let #out: #declared = #value; ::core::result::Result::<#p::Shared<#output>, #p::Stop<#output>>::Ok(#out));
        Body { input: workflow.input.ident.clone(), block: quote!(#statements #ok) }
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
        let runner = self.local("runner", name.span());
        let f = self.local("f", name.span());
        quote! {
            #(#attrs)*
            #vis struct #name { runner: #p::Runner<#name> }

            #(#cfgs)*
            #[allow(unused_qualifications, unreachable_pub, clippy::all, clippy::pedantic)]
            const _: () = {
                #[allow(unused_imports)]
                use #p::NoExecutor as _;
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
        let (p, plan) = (self.p, self.item("PLAN"));
        let [runner, used, cx] = ["runner", "uses", "cx"].map(|local_name| self.local(local_name, name.span()));
        let Body { input, block } = body;
        let uses_type = if uses.is_empty() { quote!(()) } else { self.item("Uses").into_token_stream() };
        let (state, first_state) = match states.first() {
            Some(State { name: _, ty, first }) => {
                let (kind, _) = self.state_kind(states.first());
                let first = match first {
                    Some(first) => quote!(|| -> #ty { #first }),
                    None => self.member_of(ty, "DefaultState", "first"),
                };
                (quote!(#p::Exclusive<#ty>), quote!(#p::first_state::<#ty>(#kind, #first)))
            }
            None => (quote!(#p::Stateless), quote!(#p::no_state())),
        };
        let (read, written) = (self.member_of(input_type, "WorkflowValue", "CODEC"), self.member_of(output, "WorkflowValue", "CODEC"));
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
                const INPUT: #p::Codec<#input_type> = #read;
                const OUTPUT: #p::Codec<#output> = #written;
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

    fn methods(&self, outline: &Outline) -> TokenStream {
        let name = &outline.header.name;
        let (p, plan, state) = (self.p, self.item("PLAN"), self.local("state", name.span()));
        quote! {
            impl #name {
                /// The workflow as it was written: a tree of its nodes.
                pub const PLAN: &'static #p::Plan = &#plan;
                /// The JSON Schema of the input.
                #[must_use]
                pub fn input_schema() -> #p::Schema { ((#plan.input)().schema)() }
                /// The JSON Schema of the output.
                #[must_use]
                pub fn output_schema() -> #p::Schema { ((#plan.output)().schema)() }
                /// The JSON Schema of the session state, if there is one.
                #[must_use]
                pub fn state_schema() -> ::core::option::Option<#p::Schema> { #plan.state.map(|#state| (#state().schema)()) }
            }
        }
    }
}
