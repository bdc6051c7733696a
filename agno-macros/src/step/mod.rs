//! `#[step]`: a function, or an `impl` block with a method `run`, becomes a step.
//!
//! parse → check → expand. `raw.rs` holds what was written, `valid.rs` what checking has proved; only the latter is expanded.
//! What comes out is described in `docs/internals/expansion.md`.

mod check;
mod expand;
mod parse;
mod raw;
#[cfg(test)]
mod tests;
mod valid;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::{paths::Root, reader::Reader};

/// Options and item are sections of their own: a mistake in one hides no mistake in the other. Where only options are wrong, the step
/// is complete without them; where the item is, a stub takes its place. Either way nothing that uses the step fails because of it.
pub(crate) fn step(options: TokenStream, item: TokenStream, reader: Reader) -> TokenStream {
    let (options, mut errors) = parse::parse_options(options);
    let root = Root::find(options.root.get());
    let expanded = match parse::parse_item(item.clone()) {
        Err(refused) => {
            errors.push(refused);
            item
        }
        Ok(item) => {
            let written = expand::expand_item(&item);
            let added = match check::check_item(&item) {
                Ok(step) => {
                    let options = check::check_options(options, &step, &mut errors);
                    expand::expand_step(&step, &options, &root, reader)
                }
                Err(mistakes) => expand::expand_stub(&item, mistakes, &root),
            };
            quote!(#written #added)
        }
    };
    let errors = errors.finish().err().map(Error::into_compile_error);
    quote!(#expanded #errors)
}
