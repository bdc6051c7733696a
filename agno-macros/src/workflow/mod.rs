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

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Errors;

/// After a mistake a stub takes the workflow's place, so that nothing that uses it fails too.
pub(crate) fn workflow(input: TokenStream) -> TokenStream {
    let taken = taken::Taken::in_tokens(input.clone());
    let mut errors = Errors::new();
    let (outline, checked) = stages(input, &taken, &mut errors);
    match (checked, errors.finish()) {
        (Some(checked), Ok(())) => expand::expand(&checked, &taken),
        (_, errors) => {
            let errors = errors.err().map(|errors| errors.into_compile_error());
            let stub = outline.map(|outline| expand::stub(&outline, &taken));
            quote!(#errors #stub)
        }
    }
}

/// Each stage runs only on what the one before had nothing to object to.
fn stages(input: TokenStream, taken: &taken::Taken, errors: &mut Errors) -> (Option<ast::Outline>, Option<check::Checked>) {
    let parse::Parsed { outline, workflow } = parse::parse(input, errors);
    let parsed = workflow.filter(|_| errors.is_empty());
    let resolved = parsed.map(|workflow| resolve::resolve(workflow, taken, errors)).filter(|_| errors.is_empty());
    let checked = resolved.and_then(|graph| check::check(graph, errors));
    (outline, checked)
}
