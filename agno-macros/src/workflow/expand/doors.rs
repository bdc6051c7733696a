//! How another workflow runs this one.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::Expander;
use crate::workflow::ast::{Declarations, Extra, Outline};

impl Expander<'_> {
    /// How another workflow runs this one: by its type, if it needs nothing, and by a value.
    pub(super) fn doors(&self, outline: &Outline) -> TokenStream {
        let Outline { header, declarations, asks: _ } = outline;
        let (p, name) = (self.p, &header.name);
        let Declarations { uses, states, extras } = declarations;
        let [position, output] = ["P", "O"].map(|generic| self.item(generic));
        let at = self.local("at", name.span());
        let mut bounds = vec![quote!(#p::Fork)];
        // Each stands at the line that asks for it, where rustc says "required by this bound".
        bounds.extend(states.first().map(|state| {
            let p = self.p_at(state.name.span());
            quote_spanned!(self.ours(state.name.span())=> #p::Sole)
        }));
        bounds.extend(extras.first().map(|Extra { name, ty }| {
            let p = self.p_at(name.span());
            quote_spanned!(self.ours(name.span())=> #p::Knows<#ty>)
        }));
        let generics = quote!(<'a, #position, #output: ::core::marker::Send + ::core::marker::Sync + 'static>);
        let door = quote!(#p::NestDoor<'a, #name, #position, #output>);
        let bounds = quote!(where #position: #(#bounds)+*);
        let enter = Ident::new("enter", self.ours(name.span()));
        let enter_value = Ident::new("enter_value", self.ours(name.span()));
        let by_type = match uses.first() {
            None => quote!(#bounds { #p::NestDoor::by_type(#at) }),
            // Always there, so that nesting by type is refused with a text of ours.
            Some(used) => {
                let to_use = self.p_at(used.name.span());
                let refused = quote_spanned!(self.ours(used.name.span())=> #to_use::ByType<#name>);
                quote!(#bounds + #refused { ::core::mem::drop(#at); ::core::unreachable!() })
            }
        };
        quote! {
            impl #name {
                #[doc(hidden)]
                pub fn #enter #generics(#at: #p::At<'a, #position, #output>) -> #door #by_type
                #[doc(hidden)]
                pub fn #enter_value #generics(self: &#p::Arc<Self>, #at: #p::At<'a, #position, #output>) -> #door #bounds {
                    #p::NestDoor::by_value(#at, self)
                }
            }
            #[automatically_derived]
            impl #p::Describe for #name {
                fn about() -> #p::About { #p::About::Workflow(<Self as #p::Workflow>::PLAN) }
            }
        }
    }
}
