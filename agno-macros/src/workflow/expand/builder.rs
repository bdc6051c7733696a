//! How a workflow is made, and how its questions are named.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::Expander;
use crate::workflow::{
    ast::{AskAt, Outline, Use},
    resolve::text,
};

impl Expander<'_> {
    pub(super) fn builder(&self, outline: &Outline) -> TokenStream {
        if outline.declarations.uses.is_empty() { self.plain_builder(outline) } else { self.typed_builder(outline) }
    }

    /// Nothing is missing, so the runtime's builder does.
    fn plain_builder(&self, outline: &Outline) -> TokenStream {
        let (p, name) = (self.p, &outline.header.name);
        quote! {
            impl #name {
                /// Makes the workflow with options of its own.
                #[must_use]
                pub fn builder() -> #p::Builder<Self> { ::core::default::Default::default() }
                /// Makes the workflow.
                #[must_use]
                pub fn new() -> Self { #p::Builder::build(Self::builder()) }
            }
            #[automatically_derived]
            impl ::core::default::Default for #name {
                fn default() -> Self { Self::new() }
            }
        }
    }

    /// Each `use` is a type parameter, first a type that is named like it: forgetting one does not compile, and says which.
    fn typed_builder(&self, outline: &Outline) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let (p, workflow, uses) = (self.p, &header.name, &declarations.uses);
        let [uses_name, builder, missing] = ["Uses", "Builder", "missing"].map(|item| self.item(item));
        let names: Vec<&Ident> = uses.iter().map(|used| &used.name).collect();
        let types: Vec<_> = uses.iter().map(|used| &used.ty).collect();
        // A type parameter must not hide a type of the user's, and an executor may be called like its type.
        let generics: Vec<Ident> = (0..uses.len()).map(|index| self.item(&format!("U{index}"))).collect();
        let setters = uses.iter().enumerate().map(|(index, used)| self.setter(index, used, uses, &generics, &builder));
        let missing_executors = names.iter().map(|name| quote_spanned!(self.ours(name.span())=> pub struct #name;));
        // Where a bound stands, rustc says "required by this bound".
        let bounds = generics.iter().zip(uses).map(|(generic, used)| {
            let (ty, p) = (&used.ty, self.p_at(used.name.span()));
            quote_spanned!(self.ours(used.name.span())=> #generic: #p::Given<#ty>)
        });
        let [options, given] = ["options", "given"].map(|name| self.local(name, workflow.span()));
        let state = declarations.states.first().map(|state| {
            let ty = &state.ty;
            forward("state", "What a session starts with.", &quote!(#ty), &options)
        });
        let string = quote!(impl ::core::convert::Into<#p::String>);
        let forwards = [
            ("name", "What people see.", string.clone()),
            ("id", "The key in stores and addresses.", string),
            ("db", "Where sessions and runs are kept.", quote!(impl ::core::convert::Into<#p::Database>)),
            ("history", "How much of the session's past prompts get.", quote!(#p::History)),
            ("store_events", "Whether events are kept.", quote!(bool)),
            ("skip_events", "Kinds of events that are not kept.", quote!(impl ::core::iter::IntoIterator<Item = #p::EventName>)),
            ("durability", "When results are stored.", quote!(#p::Durability)),
            ("retry_on_conflict", "How often an attempt is run again when the session's state has changed meanwhile.", quote!(u32)),
            ("keep_runs", "How many finished runs the memory holds.", quote!(usize)),
        ];
        let forwards = forwards.into_iter().map(|(name, docs, ty)| forward(name, docs, &ty, &options));
        quote! {
            #[doc(hidden)]
            #[allow(dead_code, missing_debug_implementations)]
            pub struct #uses_name { #(#names: #p::Arc<#types>),* }
            impl ::core::fmt::Debug for #uses_name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { f.write_str("Uses") }
            }
            #[doc(hidden)]
            #[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
            pub mod #missing {
                #(#missing_executors)*
            }
            /// Makes the workflow, from its executors and options.
            #[allow(missing_debug_implementations)]
            pub struct #builder<#(#generics = #missing::#names),*> { #(#names: #generics,)* options: #p::Builder<#workflow> }
            impl #workflow {
                /// Makes the workflow, from its executors and options.
                #[must_use]
                pub fn builder() -> #builder {
                    #builder { #(#names: #missing::#names,)* options: ::core::default::Default::default() }
                }
            }
            #(#setters)*
            impl<#(#generics),*> #builder<#(#generics),*> {
                #state
                #(#forwards)*
                /// The workflow.
                #[must_use]
                pub fn build(self) -> #workflow where #(#bounds),* {
                    let #given = #uses_name { #(#names: #p::Given::given(self.#names)),* };
                    self.options.build_with(#given)
                }
            }
        }
    }

    fn setter(&self, index: usize, used: &Use, uses: &[Use], generics: &[Ident], builder: &Ident) -> TokenStream {
        let p = self.p;
        let Use { docs, name, ty } = used;
        let docs = docs.clone().unwrap_or_else(|| format!("The executor `{}`.", text(name)));
        let value = self.local("value", name.span());
        let result =
            generics.iter().enumerate().map(|(other, generic)| if other == index { quote!(#p::Arc<#ty>) } else { quote!(#generic) });
        let fields = uses.iter().enumerate().map(|(other, used)| {
            let field = &used.name;
            if other == index { quote!(#field: ::core::convert::Into::into(#value)) } else { quote!(#field: self.#field) }
        });
        quote! {
            impl<#(#generics),*> #builder<#(#generics),*> {
                #[doc = #docs]
                #[must_use]
                pub fn #name(self, #value: impl ::core::convert::Into<#p::Arc<#ty>>) -> #builder<#(#result),*> {
                    #builder { #(#fields,)* options: self.options }
                }
            }
        }
    }

    /// `ContentPipeline::questions().review`
    pub(super) fn questions(&self, workflow: &Ident, asks: &[AskAt]) -> TokenStream {
        if asks.is_empty() {
            return TokenStream::new();
        }
        let (p, questions) = (self.p, self.item("Questions"));
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        asks.iter().for_each(|ask| *uses.entry(text(&ask.name)).or_default() += 1);
        let mut fields: Vec<(Ident, String, &syn::Type)> = Vec::new();
        for AskAt { path, name, ty } in asks {
            let words: Vec<String> = path.iter().chain([name]).map(text).collect();
            let field = if uses[&text(name)] == 1 { name.clone() } else { format_ident!("{}", words.join("_"), span = name.span()) };
            // The two sides of a condition and the arms of a router may ask the same question at the same path.
            if !fields.iter().any(|(known, ..)| text(known) == text(&field)) {
                fields.push((field, words.join("/"), ty));
            }
        }
        let declared = fields.iter().map(|(field, path, ty)| {
            let docs = format!("The question `{path}`.");
            quote!(#[doc = #docs] pub #field: #p::QuestionAt<#ty>)
        });
        let values = fields.iter().map(|(field, path, _)| quote!(#field: #p::QuestionAt::new(#path)));
        quote! {
            /// The questions of the workflow.
            #[allow(missing_debug_implementations)]
            pub struct #questions { #(#declared),* }
            impl #workflow {
                /// The questions of the workflow, each with the type of its answer.
                #[must_use]
                pub fn questions() -> #questions { #questions { #(#values),* } }
            }
        }
    }
}

/// An option that the runtime's builder has.
fn forward(name: &str, docs: &str, ty: &TokenStream, value: &Ident) -> TokenStream {
    let name = format_ident!("{name}");
    quote! {
        #[doc = #docs]
        #[must_use]
        pub fn #name(self, #value: #ty) -> Self { Self { options: self.options.#name(#value), ..self } }
    }
}
