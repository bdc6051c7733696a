//! `workflow!`: a block whose statements are steps becomes a workflow.
//!
//! parse → resolve → check → expand. `ast.rs` holds what was written, `graph.rs` what its names mean; only what `check` has let
//! through is expanded. What comes out is described in `docs/internals/expansion.md`.

mod ast;
mod check;
mod expand;
mod graph;
mod outline;
mod parse;
mod resolve;
mod source;
mod taken;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Visibility;

use crate::diag::Errors;

/// After a mistake a stub takes the workflow's place, so that nothing that uses it fails too.
pub(crate) fn workflow(input: TokenStream) -> TokenStream {
    let taken = taken::Taken::in_tokens(input.clone());
    let mut errors = Errors::new();
    let (known, checked) = stages(input, &taken, &mut errors);
    match (checked, errors.finish()) {
        (Some(checked), Ok(())) => expand::expand(&checked, &taken),
        (_, Err(errors)) => match known {
            Known::Outline(outline) => {
                let (errors, stub) = (errors.into_compile_error(), expand::stub(&outline.without_clashes(), &taken));
                quote!(#errors #stub)
            }
            Known::Name(vis, name) => broken(&vis, &name, errors),
            Known::Nothing => errors.into_compile_error(),
        },
        (None, Ok(())) => unreachable!("what is not expanded has mistakes"),
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
fn stages(input: TokenStream, taken: &taken::Taken, errors: &mut Errors) -> (Known, Option<check::Checked>) {
    let parse::Parsed { outline, name, workflow } = parse::parse(input, errors);
    let known = match (outline, name) {
        (Some(outline), _) => Known::Outline(Box::new(outline)),
        (None, Some((vis, name))) => Known::Name(vis, name),
        (None, None) => Known::Nothing,
    };
    let parsed = workflow.filter(|_| errors.is_empty());
    let resolved = parsed.map(|workflow| resolve::resolve(workflow, taken, errors)).filter(|_| errors.is_empty());
    let checked = resolved.and_then(|graph| check::check(graph, errors));
    (known, checked)
}
