//! What a path says: the name and the container of a node, and where the plan has its label.

use crate::{
    plan::{About, Node, Plan},
    run::path::plan_path,
};

/// The path of what is round it, by the path alone: `refine[0]/improve` is in `refine[0]`, and that in the workflow.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// What `refine[0]` is an iteration of; for others the parent.
pub(super) fn container(path: &str) -> &str {
    let start = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[start..].find('[') {
        Some(mark) => &path[..start + mark],
        None => parent(path),
    }
}

/// The last name, without index, number and fresh start.
pub(super) fn name(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.find(['[', '#', '~']).map_or(last, |end| &last[..end])
}

/// The end of the path, as paths spell it: who sees it can write it. Of an item its index.
pub(super) fn shown_name(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.ends_with(']') { &last[name(path).len()..] } else { last }
}

/// Whether a node decides for its container, or fits one value to the next: it is shown while it runs, and when it fails.
pub(super) fn is_small(path: &str) -> bool {
    matches!(name(path), "if" | "until" | "select" | "map") && !path.ends_with(']')
}

/// The label that the plan gives to the node at a path.
pub(super) fn label_in(plan: &'static Plan, path: &str) -> Option<&'static str> {
    let path = plan_path(path);
    let mut names = path.split('/').peekable();
    let mut nodes = Nodes::Of(plan);
    while let Some(name) = names.next() {
        let node = nodes.find(name)?;
        if names.peek().is_none() {
            return node.shown_label();
        }
        nodes = match node.about.map(|about| about()) {
            Some(About::Workflow(plan)) => Nodes::Of(plan),
            _ => Nodes::In(node),
        };
    }
    None
}

/// Where to look for a name.
enum Nodes {
    Of(&'static Plan),
    In(&'static Node),
}

impl Nodes {
    fn find(&self, name: &str) -> Option<&'static Node> {
        let named = |node: &&&'static Node| node.name == name;
        match self {
            Self::Of(plan) => plan.nodes.iter().find(named).copied(),
            Self::In(node) => {
                let arms = node.arms.iter().flat_map(|arm| arm.nodes);
                node.children.iter().chain(node.otherwise).chain(arms).find(named).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_where_a_node_stands() {
        assert_eq!((parent("refine[0]/improve"), container("refine[0]/improve")), ("refine[0]", "refine[0]"));
        assert_eq!((parent("a/refine[0]"), container("a/refine[0]")), ("a", "a/refine"));
        assert_eq!((parent("write"), container("write")), ("", ""));
    }

    #[test]
    fn names_are_shown_as_paths_have_them() {
        let names = ["a/hacker_news", "a/pages[7]", "plan/look_up#1", "sub~2", ""];
        assert_eq!(names.map(shown_name), ["hacker_news", "[7]", "look_up#1", "sub~2", ""]);
    }

    #[test]
    fn decisions_and_adapters_are_small() {
        assert!(is_small("a/if") && is_small("map") && is_small("l[0]/until"));
        assert!(!is_small("a/write") && !is_small("map[0]"));
    }
}
