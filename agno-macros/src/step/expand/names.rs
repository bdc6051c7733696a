//! Names for items that we invent. Hygiene does not cover items, so each is one that the user's types do not mention.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use crate::{
    paths::Root,
    step::valid::{Argument, DataParam, Form, Options, Params, Shape, StateParam, Step, Target},
};

/// Names of items and type parameters within the step's block.
pub(super) struct Names {
    pub(super) call: Ident,
    pub(super) meta: Ident,
    pub(super) position: Ident,
    pub(super) output: Ident,
    pub(super) child: Ident,
    pub(super) child_input: Ident,
    pub(super) child_output: Ident,
}

impl Names {
    pub(super) fn new(step: &Step, options: &Options, root: &Root) -> Self {
        let mut taken = BTreeSet::new();
        collect(copied_tokens(step, options, root), &mut taken);
        let mint = |name| mint(name, &taken);
        Self {
            call: mint("Call"),
            meta: mint("META"),
            position: mint("P"),
            output: mint("O"),
            child: mint("Child"),
            child_input: mint("I"),
            child_output: mint("T"),
        }
    }
}

/// The name, or the name with the first number that makes it free.
fn mint(name: &str, taken: &BTreeSet<String>) -> Ident {
    let free = std::iter::once(name.to_owned())
        .chain((2..).map(|number| format!("{name}{number}")))
        .find(|candidate| !taken.contains(candidate))
        .unwrap_or_else(|| unreachable!("a finite number of names is taken"));
    Ident::new(&free, Span::mixed_site())
}

/// Everything of the user's that the block repeats.
fn copied_tokens(step: &Step, options: &Options, root: &Root) -> TokenStream {
    let Step { target, description, cfgs: _, params, returns, is_async: _ } = step;
    let Options { name: _, label: _, retry, backoff: _, max_backoff: _, retry_if, timeout: _, history, effect: _, work: _ } = options;
    let target = match target {
        Target::Function { vis: _, name, marker_attrs: _ } => name.to_token_stream(),
        Target::Executor { self_ty, name: _, run } => quote!(#self_ty #run),
    };
    let history = history.as_ref().map(|history| history.expand(root));
    let params = param_types(params);
    let returns = match &returns.shape {
        Shape::Value(ty) | Shape::Result(ty) => quote!(#ty),
        Shape::Flow { end, value } => quote!(#end #value),
        Shape::ResultOfFlow { result, end: _, value: _ } => quote!(#result),
        Shape::FlowOfResult { end, result } => quote!(#end #result),
    };
    quote!(#root #target #(#description)* #params #returns #retry #retry_if #history)
}

fn param_types(params: &Params) -> TokenStream {
    let Params { order, data, state, extra, context: _ } = params;
    let state = state.as_ref().map(|state| match state {
        StateParam::Writes(ty) | StateParam::Reads(ty) => ty,
    });
    let data = order.iter().filter_map(|argument| match argument {
        Argument::Data(index) => match &data[*index] {
            DataParam { name: _, span: _, form: Form::Text | Form::OptionalText } => None,
            DataParam { name: _, span: _, form: Form::Reference(ty) | Form::Value(ty) | Form::List(ty) } => Some(ty),
            DataParam { name: _, span: _, form: Form::Optional(ty) | Form::OptionalList(ty) } => Some(ty),
        },
        Argument::State | Argument::Extra | Argument::Context => None,
    });
    quote!(#state #extra #(#data)*)
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => {
                names.insert(ident.unraw().to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
