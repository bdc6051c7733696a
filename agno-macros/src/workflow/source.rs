//! Tokens as people write them, for the plan: `Audience::Tech(level)`, not `Audience :: Tech (level)`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

pub(crate) fn text(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut before = Before::Start;
    // `<` opens generics behind `::` or the name of a type, else it compares.
    let (mut generics, mut type_name, mut bars) = (0_u32, false, false);
    for token in tokens {
        let after_type = std::mem::replace(&mut type_name, is_type_name(&token));
        match token {
            TokenTree::Group(group) => {
                let (open, close, space) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")", matches!(before, Before::Operator)),
                    Delimiter::Bracket => ("[", "]", matches!(before, Before::Operator)),
                    Delimiter::Brace => ("{ ", " }", !matches!(before, Before::Start | Before::Tight)),
                    Delimiter::None => ("", "", matches!(before, Before::Word | Before::Operator)),
                };
                text.push_str(if space { " " } else { "" });
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
                before = Before::Word;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                text.push_str(if matches!(before, Before::Word | Before::Operator) { " " } else { "" });
                text.push_str(&token.to_string());
                before = Before::Word;
            }
            TokenTree::Punct(punct) => {
                let joined = punct.spacing() == Spacing::Joint;
                let (space, next) = match (punct.as_char(), &before) {
                    // The bars of a closure, whose second one closes what the first opened.
                    ('|', _) if bars => {
                        bars = false;
                        (false, Before::Operator)
                    }
                    ('|', Before::Start | Before::Operator) => {
                        bars = true;
                        (matches!(before, Before::Operator), Before::Tight)
                    }
                    (_, Before::Joined) => (false, if joined { Before::Joined } else { Before::Operator }),
                    (':' | '.', _) if joined => (matches!(before, Before::Operator), Before::Path),
                    ('<', Before::Path) => open_generics(&mut generics),
                    (_, Before::Path) => (false, Before::Tight),
                    ('.' | '?' | '!' | '\'', _) => (matches!(before, Before::Operator), Before::Tight),
                    (',' | ';' | ':', _) => (false, Before::Operator),
                    ('&' | '*' | '-', Before::Start | Before::Operator | Before::Tight) => {
                        (matches!(before, Before::Operator), Before::Tight)
                    }
                    ('<', Before::Tight) => open_generics(&mut generics),
                    ('<', _) if after_type && !joined => open_generics(&mut generics),
                    ('>', _) if generics > 0 => {
                        generics -= 1;
                        (false, Before::Word)
                    }
                    (_, Before::Start | Before::Tight) => (false, if joined { Before::Joined } else { Before::Tight }),
                    _ => (true, if joined { Before::Joined } else { Before::Operator }),
                };
                text.push_str(if space { " " } else { "" });
                text.push(punct.as_char());
                before = next;
            }
        }
    }
}

fn is_type_name(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string().starts_with(char::is_uppercase))
}

fn open_generics(generics: &mut u32) -> (bool, Before) {
    *generics += 1;
    (false, Before::Tight)
}

/// What was written last, which says whether a space follows.
enum Before {
    Start,
    Word,
    /// An operator that has spaces around it, or a separator.
    Operator,
    /// Something that the next token is written to.
    Tight,
    /// The first half of an operator.
    Joined,
    /// The first half of `::` or `..`.
    Path,
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn tokens_are_written_as_people_do() {
        for source in [
            "Audience::Tech(level)",
            "research.pages[0..3]",
            "format!(\"{topic}\")",
            "A | B",
            "&topic.title",
            "Some(x) if x > 3",
            "Kind::Other { why, .. }",
            "f(a, -1) + 2 * b",
            "a == b && !c",
            "1..=3",
            "_",
            "Vec::<u8>::new()",
            "Agent<Option<Article>>",
            "HashMap<String, Vec<u8>>",
            "a < b",
            "a <= b",
            "|d| d.claims",
        ] {
            assert_eq!(text(source.parse().expect("tokens")), source);
        }
    }
}
