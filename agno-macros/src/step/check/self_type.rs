//! `Self` in a method's signature. Our copy of the types stands in another `impl`, so it must say what is meant.

use syn::{
    QSelf, Token, Type, TypePath,
    visit_mut::{self, VisitMut},
};

/// `ty` with `self_ty` in place of `Self`.
pub(super) fn resolve_self(ty: &Type, self_ty: Option<&Type>) -> Type {
    let mut ty = ty.clone();
    if let Some(self_ty) = self_ty {
        ResolveSelf(self_ty).visit_type_mut(&mut ty);
    }
    ty
}

struct ResolveSelf<'a>(&'a Type);

impl VisitMut for ResolveSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self") => *ty = self.0.clone(),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    /// `Self::Draft` is `<Writer>::Draft`.
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        if ty.qself.is_none() && ty.path.segments.len() > 1 && ty.path.segments[0].ident == "Self" {
            let span = ty.path.segments[0].ident.span();
            ty.path.segments = std::mem::take(&mut ty.path.segments).into_iter().skip(1).collect();
            ty.path.leading_colon = Some(Token![::](span));
            ty.qself = Some(QSelf {
                lt_token: Token![<](span),
                ty: Box::new(self.0.clone()),
                position: 0,
                as_token: None,
                gt_token: Token![>](span),
            });
        }
        visit_mut::visit_type_path_mut(self, ty);
    }
}
