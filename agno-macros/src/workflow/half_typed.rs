//! Code at the end of which somebody is typing: `draft.` and `Audience::` are no expressions yet, and an editor is asked what could follow.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// The same tokens, with a name behind each `.` and `::` that nothing follows.
pub(super) fn completed(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut completed = TokenStream::new();
    for (index, token) in tokens.iter().enumerate() {
        completed.extend([match token {
            TokenTree::Group(group) => self::group(group).into(),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => token.clone(),
        }]);
        if ends_open(&tokens[..=index]) && is_end(tokens.get(index + 1)) {
            completed.extend([TokenTree::from(Ident::new("to_come", Span::call_site()))]);
        }
    }
    completed
}

fn group(group: &Group) -> Group {
    let mut completed = Group::new(group.delimiter(), completed(group.stream()));
    completed.set_span(group.span());
    completed
}

fn ends_open(tokens: &[TokenTree]) -> bool {
    match tokens {
        [.., TokenTree::Punct(first), TokenTree::Punct(second)] => match (first.as_char(), second.as_char()) {
            (':', ':') => true,
            // `0..`
            ('.', '.') => false,
            (_, last) => last == '.',
        },
        [.., _, TokenTree::Punct(last)] => last.as_char() == '.',
        _ => false,
    }
}

fn is_end(next: Option<&TokenTree>) -> bool {
    match next {
        None => true,
        Some(TokenTree::Punct(next)) => matches!(next.as_char(), ';' | ',' | '='),
        Some(TokenTree::Group(next)) => next.delimiter() == Delimiter::Brace,
        Some(TokenTree::Ident(_) | TokenTree::Literal(_)) => false,
    }
}
