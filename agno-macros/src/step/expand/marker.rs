//! The type that is named like the function: types and functions live in different namespaces, so one `use` brings both.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::step::valid::{Step, Target};

pub(super) fn expand_marker(step: &Step) -> Option<TokenStream> {
    match &step.target {
        Target::Executor { .. } => None,
        Target::Function { vis, name, marker_attrs } => {
            let cfgs = &step.cfgs;
            // Who denies undocumented items hears about the function already.
            Some(quote_spanned! {Span::mixed_site()=>
                #(#marker_attrs)*
                #(#cfgs)*
                #[allow(
                    dead_code, missing_copy_implementations, missing_debug_implementations, missing_docs, non_camel_case_types,
                    unreachable_pub, clippy::all, clippy::pedantic
                )]
                #vis struct #name {}
            })
        }
    }
}

/// What a user's crate may deny, and generated code does nevertheless.
pub(super) fn allowed_lints() -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        #[allow(
            dead_code, deprecated, elided_lifetimes_in_paths, missing_copy_implementations, missing_debug_implementations, missing_docs,
            non_camel_case_types, private_bounds, private_interfaces, single_use_lifetimes, unnameable_types, unreachable_code,
            unreachable_pub, unused_imports, unused_lifetimes, unused_qualifications, unused_variables, clippy::all, clippy::nursery, clippy::pedantic
        )]
    }
}
