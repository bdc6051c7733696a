//! One way in which two definitions differ, and for which runs it matters.

use std::fmt;

use serde_json::Value;

use super::{Code, schema_text};

/// A difference, at a place of the old definition; of what is new, where it would stand.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The path without indices.
    pub(crate) path: String,
    pub(super) change: Change,
    pub(super) when: When,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Renamed {
        /// The key of the place.
        key: String,
        to: String,
    },
    Removed {
        /// A new node beside it that looks like it.
        like: Option<String>,
    },
    Added {
        /// The first node after it.
        before: Option<String>,
    },
    /// A branch of a `parallel`, an arm of a router.
    Branch {
        container: String,
    },
    Moved {
        before: String,
    },
    Kind {
        was: &'static str,
        is: &'static str,
    },
    /// `max`, `restart`, `many`, `until`, the other side, the arms.
    Shape {
        what: &'static str,
        was: String,
        is: String,
    },
    Type {
        of: TypeOf,
        old: Value,
        new: Value,
        code: Code,
    },
    /// Another step runs there.
    Runs {
        was: String,
        is: String,
    },
}

/// Whose type it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeOf {
    Value,
    Answer,
    Input,
    Output,
    State,
}

/// Which runs a difference stops.
#[derive(Clone, Debug)]
pub(super) enum When {
    /// None.
    Never,
    /// Those that have recorded something at or in one of these places.
    Recorded(Vec<String>),
    /// Those that have recorded one of these places, or have closed the block.
    Inserted { later: Vec<String>, block: String },
    /// Those whose recorded values at the place do not satisfy the new type.
    Value(String),
    /// Those that have left the workflow whose block this is by a `Break`, with a value that does not satisfy the new type.
    Broke(String),
    /// Those whose input, or state, does not satisfy the new type.
    Given,
}

impl Difference {
    /// What to do about it, where a run cannot go on.
    pub(crate) fn advice(&self) -> String {
        const ANEW: &str = "or start the run anew";
        match &self.change {
            Change::Removed { like: Some(like) } => {
                let name = last(&self.path);
                format!("if `{like}` is the same node, write `#[was(\"{name}\")]` above it; else put `{name}` back, {ANEW}")
            }
            Change::Removed { like: None } => {
                format!("put it back; if it has another name now, write `#[was(\"{}\")]` above it, {ANEW}", last(&self.path))
            }
            Change::Added { .. } => format!("put it after what runs in flight have recorded, {ANEW}"),
            Change::Branch { .. } => format!("put it into a container of its own after this one, {ANEW}"),
            Change::Moved { .. } => format!("put it back where it was, {ANEW}"),
            Change::Kind { .. } => format!("give the new node another name and put it after what is recorded, {ANEW}"),
            Change::Shape { .. } => format!("put it back, {ANEW}"),
            Change::Type { of: TypeOf::Value | TypeOf::Answer, code, .. } if code.migration.is_some() => {
                format!("let `migrate` take what is recorded, {ANEW}")
            }
            Change::Type { of: TypeOf::Value | TypeOf::Answer, .. } => {
                format!("write `migrate = from_old` in the node's `with (…)`, a function `fn(Old) -> New`, {ANEW}")
            }
            Change::Type { .. } => format!("let the new type take what the old one wrote (`#[serde(default)]`, an `Option`), {ANEW}"),
            Change::Renamed { .. } | Change::Runs { .. } => ANEW.to_owned(),
        }
    }

    /// Which runs it stops, if any: `runs that have recorded …`.
    pub(crate) fn stops(&self) -> Option<String> {
        Some(match &self.when {
            When::Never => return None,
            When::Recorded(_) => match &self.change {
                Change::Moved { before } => format!("runs that have recorded `{before}`"),
                Change::Branch { container } => format!("runs that have recorded anything in `{container}`"),
                _ => format!("runs that have recorded `{}`", self.path),
            },
            When::Inserted { later, .. } => {
                let block = self.path.rsplit_once('/').map(|(block, _)| block);
                match (&self.change, block) {
                    (Change::Added { before: Some(before) }, _) if !later.is_empty() => format!("runs that have recorded `{before}`"),
                    (_, Some(block)) => format!("runs that have closed `{block}`"),
                    (_, None) => return None,
                }
            }
            When::Value(_) => format!("runs whose recorded `{}` does not satisfy the new type", self.path),
            When::Broke(_) => "runs that a `Break` has ended with what does not satisfy the new type".to_owned(),
            When::Given => match &self.change {
                Change::Type { of: TypeOf::State, .. } => "runs whose state does not satisfy the new type".to_owned(),
                _ => "runs whose input does not satisfy the new type".to_owned(),
            },
        })
    }

    /// Whether there is something to say: types that only a migration mentions have not changed.
    pub(crate) fn is_told(&self) -> bool {
        !matches!(&self.change, Change::Type { old, new, .. } if old == new)
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// In words: `` `write` is gone``.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Renamed { to, .. } => write!(f, "`{path}` is called `{to}` now"),
            Change::Removed { like: Some(like) } => write!(f, "`{path}` is gone, and `{like}` is new"),
            Change::Removed { like: None } => write!(f, "`{path}` is gone"),
            Change::Added { before: Some(before) } => write!(f, "`{path}` is new, and stands before `{before}`"),
            Change::Added { before: None } => write!(f, "`{path}` is new"),
            Change::Branch { container } if container == path => write!(f, "`{path}` has a new branch"),
            Change::Branch { container } => write!(f, "`{path}` is a new branch of `{container}`"),
            Change::Moved { before } => write!(f, "`{path}` stands before `{before}` now, and stood after it"),
            Change::Kind { was, is } => write!(f, "`{path}` was {was}, and is {is}"),
            Change::Shape { what, was, is } => write!(f, "{what} of `{path}` was {was}, and is {is}"),
            Change::Runs { was, is } => write!(f, "`{path}` ran `{was}`, and runs `{is}`"),
            Change::Type { of, old, new, .. } => {
                match of {
                    TypeOf::Value => write!(f, "the type of `{path}` has changed")?,
                    TypeOf::Answer => write!(f, "the type of the answer to `{path}` has changed")?,
                    TypeOf::Input => f.write_str("the type of the input has changed")?,
                    TypeOf::State => f.write_str("the type of the state has changed")?,
                    TypeOf::Output if path.is_empty() => f.write_str("the type of the output has changed")?,
                    TypeOf::Output => write!(f, "the type of the output of `{path}` has changed")?,
                }
                let changes = schema_text::changes(old, new);
                if changes.is_empty() { Ok(()) } else { write!(f, ": {}", changes.join("; ")) }
            }
        }
    }
}
