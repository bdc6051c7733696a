//! What every step can be asked: its name, description and schemas.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Source;
use crate::step::valid::{DataParam, Form};

/// The members of the carrier that users may name.
pub(super) fn expand_surface(source: &Source<'_>) -> TokenStream {
    let Source { step, options: _, root, names, reader: _ } = source;
    let meta = &names.meta;
    let name = source.name();
    let description = match step.description.as_slice() {
        [] => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        [text] => quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(#text)),
        parts => quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(::core::concat!(#(#parts, "\n"),*))),
    };
    let properties = step.params.data.iter().map(|param| expand_property(source, param));
    quote_spanned! {Span::mixed_site()=>
        /// The step's name in journals and plans.
        pub const NAME: &'static str = #name;

        /// The step's doc comment.
        #[must_use]
        pub fn description() -> ::core::option::Option<&'static str> {
            #description
        }

        /// The JSON Schema of the step's parameters: an object with one property for each data parameter.
        #[must_use]
        pub fn input_schema() -> #root::Schema {
            #root::input_schema(&[#(#properties),*])
        }

        /// The JSON Schema of the step's output.
        #[must_use]
        pub fn output_schema() -> #root::Schema {
            (#meta.codec)().schema()
        }
    }
}

/// Name, schema, and whether it is required.
fn expand_property(source: &Source<'_>, param: &DataParam) -> TokenStream {
    let DataParam { name, span: _, form } = param;
    let required = match form {
        Form::Reference(_) | Form::Value(_) | Form::Text | Form::List(_) => true,
        Form::Optional(_) | Form::OptionalText | Form::OptionalList(_) => false,
    };
    let schema = expand_subschema(source, form);
    quote_spanned!(Span::mixed_site()=> (#name, #schema, #required))
}

/// The only place that asks whether a parameter can be described, shown under its type.
fn expand_subschema(source: &Source<'_>, form: &Form) -> TokenStream {
    let ty = source.inner_type(form);
    let (first, last) = match form {
        Form::Reference(ty) | Form::Value(ty) | Form::Optional(ty) | Form::List(ty) | Form::OptionalList(ty) => source.ends(ty),
        Form::Text | Form::OptionalText => (Span::mixed_site(), Span::mixed_site()),
    };
    let root = source.root.at(first);
    let subschema = Ident::new("subschema", last);
    quote_spanned!(first=> <#ty as #root::StepInput>::#subschema)
}

impl Source<'_> {
    /// The owned type of a parameter, or of what is in its `Option`.
    fn inner_type(&self, form: &Form) -> TokenStream {
        let root = self.root;
        match form {
            Form::Reference(ty) | Form::Value(ty) | Form::Optional(ty) => quote_spanned!(Span::mixed_site()=> #ty),
            Form::Text | Form::OptionalText => quote_spanned!(Span::mixed_site()=> #root::String),
            Form::List(ty) | Form::OptionalList(ty) => quote_spanned!(Span::mixed_site()=> #root::Vec<#ty>),
        }
    }

    /// The owned type of a parameter: what the workflow's value is.
    pub(super) fn owned_type(&self, form: &Form) -> TokenStream {
        let inner = self.inner_type(form);
        match form {
            Form::Reference(_) | Form::Value(_) | Form::Text | Form::List(_) => inner,
            Form::Optional(_) | Form::OptionalText | Form::OptionalList(_) => {
                quote_spanned!(Span::mixed_site()=> ::core::option::Option<#inner>)
            }
        }
    }
}
