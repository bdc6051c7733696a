//! What an editor finds at a token of a step.

use proc_macro2::{TokenStream, TokenTree};

use super::tokens;
use crate::{reader::Reader, step::step};

#[test]
fn an_editor_finds_nothing_of_ours_at_a_token_of_the_users() {
    for item in [
        "/// Finds posts.\npub async fn find(topic: &Topic, limit: usize, words: &[String], tone: Option<&Tone>, usage: &mut Usage, #[extra] client: &Client, ctx: &StepContext) -> Result<Posts, FetchError> { search(topic).await }",
        "fn check(a: A, text: &str, #[state] s: &S) -> ControlFlow<Draft, bool> { a.check(text) }",
        "impl Writer { pub async fn run(&self, topic: &Topic) -> Draft { self.write(topic).await } }",
    ] {
        let expanded = step(TokenStream::new(), tokens(item), Reader::Editor);
        let mut found = 0;
        each_token(expanded, &mut |token| {
            let range = token.span().byte_range();
            // A doc comment becomes an attribute.
            if !range.is_empty() && !item[range.clone()].starts_with("///") {
                assert_eq!(token.to_string(), item[range]);
                found += 1;
            }
        });
        assert!(found > 10, "the item itself stands where it stood");
    }
}

fn each_token(tokens: TokenStream, look: &mut impl FnMut(&TokenTree)) {
    for token in tokens {
        match &token {
            TokenTree::Group(group) => each_token(group.stream(), look),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => look(&token),
        }
    }
}
