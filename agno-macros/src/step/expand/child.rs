//! A step that another step may run: one that needs nothing of the workflow around it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::Visibility;

use super::Source;
use crate::step::valid::{Params, Shape, Target};

/// Without state, extra and `ControlFlow`: a child stands in no workflow that could hold, know or end.
pub(super) fn expand_child(source: &Source<'_>) -> Option<TokenStream> {
    let Params { order: _, data: _, state: None, extra: None, context: _ } = &source.step.params else { return None };
    let (Shape::Value(_) | Shape::Result(_)) = &source.step.returns.shape else { return None };
    let expanded = match &source.step.target {
        Target::Function { vis: Visibility::Inherited, .. } => expand_plainly(source),
        // Nothing here tells how visible an executor's type is.
        Target::Function { .. } | Target::Executor { .. } => expand_behind_a_trait(source),
    };
    Some(expanded)
}

fn expand_plainly(source: &Source<'_>) -> TokenStream {
    let carrier = source.carrier();
    let name = source.name();
    let Child { public, input, output, head, body, this: _ } = Child::new(source);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #public for #carrier {
            type Input = #input;
            type Output = #output;
            const NAME: &'static str = #name;

            #head {
                #body
            }
        }
    }
}

/// The types of parameters and output may be less visible than the step, as with any function. In the `impl` of a public trait rustc
/// refuses them (E0446); so there they are type parameters, which a private trait determines.
fn expand_behind_a_trait(source: &Source<'_>) -> TokenStream {
    let carrier = source.carrier();
    let name = source.name();
    let Child { public, input, output, head, body, this } = Child::new(source);
    let (private, input_param, output_param) = (&source.names.child, &source.names.child_input, &source.names.child_output);
    quote_spanned! {Span::mixed_site()=>
        trait #private {
            type Input;
            type Output;

            #head;
        }

        #[automatically_derived]
        impl #private for #carrier {
            type Input = #input;
            type Output = #output;

            #head {
                #body
            }
        }

        #[automatically_derived]
        impl<#input_param, #output_param> #public for #carrier
        where
            #carrier: #private<Input = #input_param, Output = #output_param>,
            #input_param: ::core::marker::Send + ::core::marker::Sync + 'static,
            #output_param: ::core::marker::Send + ::core::marker::Sync + 'static,
        {
            type Input = #input_param;
            type Output = #output_param;
            const NAME: &'static str = #name;

            #head {
                <#carrier as #private>::run_child(#this cx, node, input)
            }
        }
    }
}

/// The parts of the `impl`.
struct Child {
    public: TokenStream,
    input: TokenStream,
    output: TokenStream,
    head: TokenStream,
    body: TokenStream,
    /// The executor, as an argument.
    this: Option<TokenStream>,
}

impl Child {
    fn new(source: &Source<'_>) -> Self {
        let root = source.root;
        let mixed = Span::mixed_site();
        let types: Vec<TokenStream> = source.step.params.data.iter().map(|param| source.owned_type(&param.form)).collect();
        let input = match types.as_slice() {
            [one] => one.clone(),
            types => quote_spanned!(mixed=> (#(#types),*)),
        };
        let attempt = expand_attempt(types.len());
        let (public, this_param, this, door) = match &source.step.target {
            Target::Function { name, .. } => {
                (quote_spanned!(mixed=> #root::ChildStep), None, None, quote_spanned!(mixed=> <#name>::enter(cx.at())))
            }
            Target::Executor { .. } => (
                quote_spanned!(mixed=> #root::ChildExecutor),
                Some(quote_spanned!(mixed=> this: &'a #root::Arc<Self>,)),
                Some(quote_spanned!(mixed=> this,)),
                quote_spanned!(mixed=> this.enter_value(cx.at())),
            ),
        };
        let head = quote_spanned! {mixed=>
            fn run_child<'a>(
                #this_param
                cx: &'a mut #root::ChildCx,
                node: &'static #root::Node,
                input: &'a #root::Arc<Self::Input>,
            ) -> #root::Body<'a, Self::Output, #root::Child>
        };
        let body = quote_spanned!(mixed=> #root::Box::pin(async move { #door.go(node, (), #attempt).await }));
        Self { public, input, output: source.output_type(), head, body, this }
    }
}

/// The closure that makes an attempt from `input`, which holds so many values.
fn expand_attempt(count: usize) -> TokenStream {
    let mixed = Span::mixed_site();
    let values: Vec<TokenStream> = match count {
        // There is nothing to keep for the attempt.
        0 => return quote_spanned!(mixed=> |call| call.call()),
        1 => vec![quote_spanned!(mixed=> &*input)],
        count => (0..count).map(Literal::usize_unsuffixed).map(|index| quote_spanned!(mixed=> &input.#index)).collect(),
    };
    quote_spanned! {mixed=>
        |call| {
            let input = ::core::clone::Clone::clone(input);
            async move { call.call(#(#values),*).await }
        }
    }
}
