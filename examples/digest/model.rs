//! What goes from step to step. Each type can be stored and described: that is all that a step asks of a value.

use agno::prelude::*;

/// Which file to read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The path of a text or Markdown file.
    pub path: String,
}

/// A file as it was read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct File {
    pub path: String,
    pub content: String,
}

/// How a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Form {
    Markdown,
    Plain,
}

/// A file as it is built: sections of prose, and links.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// The first heading of the first level, if there is one.
    pub title: Option<String>,
    /// What stands before the first heading is a section of level 0 without a heading.
    pub sections: Vec<Section>,
    pub links: Vec<Link>,
}

impl Text {
    pub fn words(&self) -> usize {
        self.sections.iter().map(|section| section.prose.split_whitespace().count()).sum()
    }

    /// The longest sections, in the order of the text.
    pub fn chapters(&self) -> Vec<Section> {
        let mut places: Vec<usize> = (0..self.sections.len()).collect();
        places.sort_by_key(|place| std::cmp::Reverse(self.sections[*place].prose.len()));
        places.truncate(12);
        places.sort_unstable();
        places.into_iter().map(|place| self.sections[place].clone()).collect()
    }

    pub fn headings(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| section.level > 0)
    }
}

/// A heading and the prose below it, up to the next heading. Code and tables are not prose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// 1 to 6; 0 without a heading.
    pub level: u8,
    pub heading: String,
    /// Paragraphs, one to a line.
    pub prose: String,
}

/// A link, as it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    pub text: String,
    pub target: String,
}

/// A link, and what is wrong with its form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedLink {
    pub link: Link,
    pub problem: Option<String>,
}

/// How much there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Size {
    /// A few sentences, which are their own digest.
    Note,
    /// One read: the best sentences of the whole.
    Article,
    /// Many reads: the best sentence of each long section.
    Book,
}

/// Prose, and how many sentences are wanted of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Passage {
    pub prose: String,
    pub wanted: usize,
}

impl Passage {
    /// All of a text.
    pub fn whole(text: &Text) -> Self {
        let prose: Vec<&str> = text.sections.iter().map(|section| section.prose.as_str()).collect();
        Self { prose: prose.join("\n"), wanted: 5 }
    }

    /// One section of a long text.
    pub fn of(section: &Section) -> Self {
        Self { prose: section.prose.clone(), wanted: 1 }
    }
}

/// One sentence, and how much it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    pub text: String,
    /// How much of what the passage repeats is in it; 0 before it is scored.
    pub score: f64,
}

/// A word, and how often it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Term {
    pub word: String,
    pub count: u32,
}

/// The headings down to a level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outline {
    /// The deepest level that is shown.
    pub depth: u8,
    pub entries: Vec<Entry>,
}

/// A line of the outline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub level: u8,
    pub heading: String,
    /// Words in the section, deeper ones included.
    pub words: usize,
}

/// How long the text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadingTime {
    pub words: usize,
    pub minutes: usize,
}

/// The digest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub title: String,
    pub sections: usize,
    pub reading_time: ReadingTime,
    pub summary: Vec<Sentence>,
    pub terms: Vec<Term>,
    pub outline: Outline,
    pub links: Vec<CheckedLink>,
}
