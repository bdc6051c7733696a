//! Where in a run something is: the keys of the journal, such as `refine[0]/improve`.

use std::{fmt::Write as _, sync::Arc};

/// A container's place, as a chain of shared segments; the workflow itself is the empty one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(Option<Arc<Segment>>);

#[derive(Debug)]
struct Segment {
    parent: Path,
    name: &'static str,
    mark: Mark,
}

/// What follows a name: the index of an item or iteration, the number of a call, the number of a fresh start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// [`Mark::ABSENT`] without one: every entry of the journal has a mark, and an `Option` would double it.
    index: u32,
    call: u32,
    /// 0 and 1 are not written; `~2` is the first that is.
    pub(crate) start: u32,
}

impl Mark {
    const ABSENT: u32 = u32::MAX;

    pub(crate) const NONE: Self = Self { index: Self::ABSENT, call: Self::ABSENT, start: 0 };

    pub(crate) const fn of_index(index: u32) -> Self {
        Self { index, ..Self::NONE }
    }

    pub(crate) const fn of_call(call: u32) -> Self {
        Self { call, ..Self::NONE }
    }

    pub(crate) fn index(self) -> Option<u32> {
        (self.index != Self::ABSENT).then_some(self.index)
    }

    pub(crate) const fn start(self, start: u32) -> Self {
        Self { start, ..self }
    }

    /// Takes a name apart from the mark behind it.
    pub(crate) fn split(segment: &str) -> (&str, Self) {
        let end = segment.find(['[', '#', '~']).unwrap_or(segment.len());
        let (name, mut rest) = segment.split_at(end);
        let mut mark = Self::NONE;
        while let Some(sign) = rest.chars().next() {
            let digits = rest[1..].find(|sign: char| !sign.is_ascii_digit()).map_or(rest.len(), |end| end + 1);
            let number = rest[1..digits].parse().unwrap_or_default();
            match sign {
                '[' => mark.index = number,
                '#' => mark.call = number,
                '~' => mark.start = number,
                _ => {}
            }
            rest = &rest[digits..];
        }
        (name, mark)
    }

    fn write(self, text: &mut String) {
        // Writing into a `String` cannot fail.
        if let Some(index) = self.index() {
            let _ = write!(text, "[{index}]");
        }
        if self.call != Self::ABSENT {
            let _ = write!(text, "#{}", self.call);
        }
        if self.start > 1 {
            let _ = write!(text, "~{}", self.start);
        }
    }
}

impl Path {
    pub(crate) fn child(&self, name: &'static str, mark: Mark) -> Self {
        Self(Some(Arc::new(Segment { parent: self.clone(), name, mark })))
    }

    /// The path as text; empty for the workflow itself.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The path of a node directly in here.
    pub(crate) fn leaf(&self, name: &str, mark: Mark) -> String {
        let mut text = String::new();
        self.write(&mut text);
        push(&mut text, name, mark);
        text
    }

    fn write(&self, text: &mut String) {
        if let Some(segment) = &self.0 {
            segment.parent.write(text);
            push(text, segment.name, segment.mark);
        }
    }
}

fn push(text: &mut String, name: &str, mark: Mark) {
    if !text.is_empty() {
        text.push('/');
    }
    text.push_str(name);
    mark.write(text);
}

/// The path of the container round `path`, if there is one.
pub(crate) fn parent_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// A path without its indices, numbers and fresh starts: the place in the plan.
pub(crate) fn plan_path(path: &str) -> String {
    let names: Vec<_> = path.split('/').map(|segment| segment.find(['[', '#', '~']).map_or(segment, |end| &segment[..end])).collect();
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_the_journal() {
        let root = Path::default();
        assert_eq!(root.text(), "");
        assert_eq!(root.leaf("write", Mark::NONE), "write");
        let turn = root.child("refine", Mark::of_index(0));
        assert_eq!(turn.leaf("improve", Mark::NONE), "refine[0]/improve");
        let call = turn.child("plan", Mark::NONE.start(2)).leaf("research", Mark::of_call(0));
        assert_eq!(call, "refine[0]/plan~2/research#0");
        assert_eq!(plan_path(&call), "refine/plan/research");
        assert_eq!(parent_of(&call), Some("refine[0]/plan~2"));
    }
}
