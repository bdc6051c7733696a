//! Where rustc points when generated code does not fit.
//!
//! It points at whole expressions and types, from the first to the last token, and proc macros cannot join spans. So what should show
//! under all of `std::io::Result<Post>` begins with a token that has the span of `std`, and ends with one that has the span of `>`.

use proc_macro2::Span;
use quote::ToTokens;

/// The span of the first and of the last token.
pub(super) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::mixed_site);
    (first, spans.last().unwrap_or(first))
}
