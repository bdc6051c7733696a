//! What nodes are called.

use proc_macro2::Ident;

use crate::{
    case::snake_case,
    workflow::ast::{Ask, Condition, Each, Kind, Loop, Map, Node, Parallel, Router, Sleep, Step, Steps},
};

/// The text of a name, without `r#`: the key in the journal.
pub(crate) fn text(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

/// What a node is called, with the span of the token that says so.
pub(crate) fn node_name(node: &Node) -> Ident {
    match &node.kind {
        Kind::Step(Step { alias: Some(alias), .. })
        | Kind::Sleep(Sleep { alias: Some(alias), .. })
        | Kind::Map(Map { alias: Some(alias), .. }) => alias.clone(),
        Kind::Step(Step { call, .. }) => {
            let last = &call.path.segments.last().expect("a path has a segment").ident;
            let name = last.to_string();
            if name.starts_with(char::is_uppercase) { Ident::new(&snake_case(&name), last.span()) } else { last.clone() }
        }
        Kind::Steps(Steps { name, .. })
        | Kind::Parallel(Parallel { name, .. })
        | Kind::Each(Each { name, .. })
        | Kind::Condition(Condition { name, .. })
        | Kind::Loop(Loop { name, .. })
        | Kind::Router(Router { name, .. })
        | Kind::Ask(Ask { name, .. }) => name.clone(),
        Kind::Sleep(Sleep { keyword, .. }) | Kind::Map(Map { keyword, .. }) => keyword.clone(),
    }
}
