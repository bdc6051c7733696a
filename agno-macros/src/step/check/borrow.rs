//! Values are stored, so their types own what they hold.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Lifetime, Type, TypeFnPtr, TypeImplTrait, TypeReference,
    spanned::Spanned,
    visit::{self, Visit},
};

/// Where `ty` holds something that it does not own: `Vec<&Post>`, `Cow<'a, str>`. `&'static str` is owned enough.
pub(super) fn find_borrow(ty: &Type) -> Option<TokenStream> {
    let mut search = Borrows::default();
    search.visit_type(ty);
    search.0
}

/// Where `ty` is not written out: `impl Future<Output = Post>`.
pub(super) fn find_impl_trait(ty: &Type) -> Option<Span> {
    let mut search = ImplTraits::default();
    search.visit_type(ty);
    search.0
}

#[derive(Default)]
struct Borrows(Option<TokenStream>);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.is_none() {
            self.0.get_or_insert(reference.to_token_stream());
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert(lifetime.to_token_stream());
        }
    }

    // The lifetimes of `fn(&str)` are its own.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
}

#[derive(Default)]
struct ImplTraits(Option<Span>);

impl<'ast> Visit<'ast> for ImplTraits {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.0.get_or_insert(ty.impl_token.span());
    }
}
