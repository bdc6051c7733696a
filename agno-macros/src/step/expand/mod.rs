//! A valid step becomes Rust: first the item as it was written, then what users name, then everything else in a block of its own.
//!
//! Tokens that we invent have `mixed_site` spans, so that locals cannot be confused with the user's. Where rustc should point at the
//! user's code, the token that it blames has the span of that code, without our expansion in it, which would add a note about the macro.

mod blame;
mod call;
mod child;
mod door;
mod double;
mod item;
mod marker;
mod meta;
mod names;
mod outcome;
mod schema;
mod stub;

pub(crate) use item::expand_item;
pub(crate) use stub::expand_stub;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use self::names::Names;
use super::valid::{Options, Step, Target};
use crate::{paths::Root, reader::Reader};

/// Everything that the parts of the expansion are made from.
struct Source<'a> {
    step: &'a Step,
    options: &'a Options,
    root: &'a Root,
    names: Names,
    reader: Reader,
}

impl Source<'_> {
    /// The type that carries the step's items.
    fn carrier(&self) -> TokenStream {
        match &self.step.target {
            Target::Function { name, .. } => name.to_token_stream(),
            Target::Executor { self_ty, .. } => self_ty.to_token_stream(),
        }
    }

    /// The name that the user gave to the function.
    fn span(&self) -> Span {
        self.reader.shown(match &self.step.target {
            Target::Function { name, .. } => name.span(),
            Target::Executor { run, .. } => run.span(),
        })
    }

    /// Where rustc shows a mistake in tokens of the user's: from the first to the last.
    fn ends(&self, tokens: &impl ToTokens) -> (Span, Span) {
        let (first, last) = blame::ends(tokens);
        (self.reader.shown(first), self.reader.shown(last))
    }
}

/// What a step adds to the item.
pub(crate) fn expand_step(step: &Step, options: &Options, root: &Root, reader: Reader) -> TokenStream {
    let names = Names::new(step, options, root);
    let source = Source { step, options, root, names, reader };
    let marker = marker::expand_marker(step);
    let meta = meta::expand_meta(&source);
    let call = call::expand_call(&source);
    let door = door::expand_door(&source);
    let double = double::expand_double(&source);
    let surface = schema::expand_surface(&source);
    let about = meta::expand_about(&source);
    let child = child::expand_child(&source);
    let carrier = source.carrier();
    let cfgs = &step.cfgs;
    let allowed = marker::allowed_lints();
    quote_spanned! {Span::mixed_site()=>
        #marker
        #(#cfgs)*
        #allowed
        const _: () = {
            #meta
            #call
            impl #carrier {
                #surface
                #door
                #double
            }
            #about
            #child
        };
    }
}
