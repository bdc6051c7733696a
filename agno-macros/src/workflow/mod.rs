//! `workflow!`: a block whose statements are steps becomes a workflow.
//!
//! parse → resolve → check → expand. `ast.rs` holds what was written, `graph.rs` what its names mean; only what `check` has let
//! through is expanded. What comes out is described in `docs/internals/expansion.md`.

mod ast;
mod check;
mod expand;
mod graph;
mod half_typed;
mod outline;
mod parse;
mod resolve;
mod sketch;
mod source;
mod taken;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Visibility;

use crate::{diag::Errors, reader::Reader};

/// After a mistake a stub takes the workflow's place, so that nothing that uses it fails too.
pub(crate) fn workflow(input: TokenStream, reader: Reader) -> TokenStream {
    let taken = taken::Taken::in_tokens(input.clone());
    let mut errors = Errors::new();
    let sketch = match reader {
        Reader::Compiler => None,
        Reader::Editor => sketch::sketch(input.clone(), &taken),
    };
    let parsed = parse::parse(input, &mut errors);
    let (known, checked) = stages(parsed, &taken, &mut errors);
    match (checked, errors.finish()) {
        (Some(checked), Ok(())) if sketch.is_none() => expand::expand(&checked, &taken),
        (_, errors) => match known {
            Known::Outline(outline) => {
                let (errors, stub) =
                    (errors.err().map(syn::Error::into_compile_error), expand::stub(&outline.without_clashes(), &taken, reader));
                // The sketch comes first: an editor that completes a name compares two expansions, which must be the same up to that name.
                quote!(#sketch #errors #stub)
            }
            Known::Name(vis, name) => errors.err().map(|errors| broken(&vis, &name, errors)).unwrap_or_default(),
            Known::Nothing => errors.err().map(syn::Error::into_compile_error).unwrap_or_default(),
        },
    }
}

/// What could be read of a workflow.
enum Known {
    Outline(Box<ast::Outline>),
    Name(Visibility, Ident),
    Nothing,
}

/// Where not even the types could be read, the name is a type that rustc takes for one whose mistake is reported, so that it says nothing
/// about what uses it.
fn broken(vis: &Visibility, name: &Ident, errors: syn::Error) -> TokenStream {
    let mut messages = errors.into_iter().map(syn::Error::into_compile_error);
    let (Some(first), rest) = (messages.next(), messages) else { unreachable!("an error has at least one message") };
    quote! {
        #[allow(dead_code)]
        #vis type #name = [(); #first];
        #(#rest)*
    }
}

/// Each stage runs only on what the one before had nothing to object to.
fn stages(parsed: parse::Parsed, taken: &taken::Taken, errors: &mut Errors) -> (Known, Option<check::Checked>) {
    let parse::Parsed { outline, name, workflow } = parsed;
    let known = match (outline, name) {
        (Some(outline), _) => Known::Outline(Box::new(outline)),
        (None, Some((vis, name))) => Known::Name(vis, name),
        (None, None) => Known::Nothing,
    };
    let is_read = errors.is_empty();
    if let Some(workflow) = &workflow {
        resolve::check_names(workflow, errors);
    }
    let resolved = workflow.filter(|_| is_read).map(|workflow| resolve::resolve(workflow, taken, errors)).filter(|_| errors.is_empty());
    let checked = resolved.and_then(|graph| check::check(graph, errors));
    (known, checked)
}
