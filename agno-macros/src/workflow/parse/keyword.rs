//! What a word opens. A step may be called like any keyword, so it is what follows that decides:
//! `sleep;`, `sleep(topic);`, `sleep as nap;`, `sleep::soundly;` are steps, `sleep "10m";` is not.

use proc_macro2::{Delimiter, Ident};
use syn::{buffer::Cursor, parse::ParseStream};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Steps,
    Parallel,
    Each,
    Condition,
    Loop,
    Router,
    Ask,
    Sleep,
    Map,
}

/// The keyword that the next node starts with; `None`: it is a step.
pub(super) fn keyword(input: ParseStream<'_>) -> Option<Keyword> {
    let (word, rest) = input.cursor().ident()?;
    let opens = |keyword, yes: bool| yes.then_some(keyword);
    match word.to_string().as_str() {
        "steps" => opens(Keyword::Steps, opens_block(rest)),
        "parallel" => opens(Keyword::Parallel, opens_block(rest)),
        "each" => opens(Keyword::Each, opens_block(rest) || starts_closure(rest)),
        "condition" => opens(Keyword::Condition, opens_block(rest)),
        "router" => opens(Keyword::Router, opens_block(rest)),
        "loop" => Some(Keyword::Loop),
        "ask" => opens(Keyword::Ask, starts_declaration(rest)),
        "sleep" => opens(Keyword::Sleep, rest.literal().is_some() || after_alias(rest).is_some_and(|rest| rest.literal().is_some())),
        "map" => opens(Keyword::Map, starts_closure(rest) || after_alias(rest).is_some_and(starts_closure)),
        _ => None,
    }
}

/// `use …`, `state name: …`, `extra name: …`
pub(super) fn is_declaration(input: ParseStream<'_>) -> bool {
    let Some((word, rest)) = input.cursor().ident() else { return false };
    match word.to_string().as_str() {
        "use" => true,
        "state" | "extra" => starts_declaration(rest),
        _ => false,
    }
}

/// `with (`, the options of what has no block.
pub(super) fn with(input: ParseStream<'_>) -> Option<Ident> {
    let (word, rest) = input.cursor().ident()?;
    (word == "with" && rest.group(Delimiter::Parenthesis).is_some()).then_some(word)
}

/// `with (key = …`, behind a block: a step that is called `with` assigns nothing.
pub(super) fn with_options(input: ParseStream<'_>) -> Option<Ident> {
    let word = with(input)?;
    let (_, rest) = input.cursor().ident()?;
    let (inside, _, _) = rest.group(Delimiter::Parenthesis)?;
    let (_, rest) = inside.ident()?;
    let (equals, after) = rest.punct()?;
    let is_option = equals.as_char() == '=' && after.punct().is_none_or(|(next, _)| next.as_char() != '=');
    is_option.then_some(word)
}

/// ` name {`, ` name (`, ` name |`; also without a name where a block follows, for the message.
fn opens_block(rest: Cursor<'_>) -> bool {
    if let Some((name, rest)) = rest.ident() {
        return match name.to_string().as_str() {
            "as" => false,
            // `parallel with (retry = 3);` is a step, `parallel with (limit = 3) { … }` a container of that name.
            "with" => rest.group(Delimiter::Parenthesis).is_none_or(|(_, _, rest)| is_brace(rest)),
            _ => true,
        };
    }
    is_brace(rest) || rest.group(Delimiter::Parenthesis).is_some_and(|(_, _, rest)| is_brace(rest))
}

fn is_brace(rest: Cursor<'_>) -> bool {
    rest.group(Delimiter::Brace).is_some()
}

/// ` name : …`, not ` name :: …`
fn starts_declaration(rest: Cursor<'_>) -> bool {
    let Some((_, rest)) = rest.ident() else { return false };
    let Some((colon, rest)) = rest.punct() else { return false };
    colon.as_char() == ':' && !rest.punct().is_some_and(|(next, _)| next.as_char() == ':' && colon.spacing() == proc_macro2::Spacing::Joint)
}

fn after_alias(rest: Cursor<'_>) -> Option<Cursor<'_>> {
    let (word, rest) = rest.ident()?;
    let (_, rest) = (word == "as").then(|| rest.ident()).flatten()?;
    Some(rest)
}

fn starts_closure(rest: Cursor<'_>) -> bool {
    match rest.ident() {
        Some((word, rest)) => (word == "move" || word == "async") && starts_closure(rest),
        None => rest.punct().is_some_and(|(punct, _)| punct.as_char() == '|'),
    }
}
