//! A workflow for `agno-ide` to ask an editor about. It names every construct, and its names are told apart easily.

use agno::prelude::*;

/// What to write about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    title: String,
    /// Where to look.
    sources: Vec<String>,
}

/// A text, and what it claims.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    title: String,
    /// How many claims it makes.
    claims: u32,
}

/// Who reads it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Audience {
    /// Who builds things.
    Tech,
    /// Who pays for them.
    Business,
}

/// Writes the first draft.
#[step]
async fn sketch_out(topic: &Topic) -> Draft {
    Draft { title: topic.title.clone(), claims: 3 }
}

/// Makes a draft better.
#[step(retry = 2)]
async fn improve(draft: &Draft, topic: &Topic) -> Draft {
    Draft { title: format!("{}, {}", topic.title, draft.title), claims: draft.claims }
}

/// Makes a draft short.
#[step]
async fn shorten(draft: &Draft) -> Draft {
    draft.clone()
}

/// Whether there is something to check.
#[step]
fn has_claims(draft: &Draft) -> bool {
    draft.claims > 0
}

/// Who will read it.
#[step]
fn audience(draft: &Draft) -> Audience {
    if draft.claims > 3 { Audience::Business } else { Audience::Tech }
}

/// What there is to look through.
#[step]
fn sources(topic: &Topic) -> Vec<String> {
    topic.sources.clone()
}

/// Reads a source.
#[step]
async fn read(source: &str) -> Draft {
    Draft { title: source.to_owned(), claims: 1 }
}

/// Counts what was read.
#[step]
fn count(drafts: &[Draft], words: u32) -> Draft {
    Draft { title: String::new(), claims: drafts.len() as u32 + words }
}

/// Edits text.
#[derive(Debug)]
pub struct Editor;

#[step]
impl Editor {
    async fn run(&self, draft: &Draft) -> Draft {
        draft.clone()
    }
}

workflow! {
    /// Polishes a draft.
    pub Polishing(draft: Draft) -> Draft {
        shorten;
    }
}

workflow! {
    /// Writes an article.
    pub Writing(topic: Topic) -> Draft {
        /// Who has the last word.
        use editor: Editor;

        sketch_out;
        improve(sketch_out, topic) as better;
        condition check (has_claims) { improve(better, &Topic { title: sketch_out.title.clone(), sources: Vec::new() }); }
        parallel both {
            shorten(check) as short;
            Polishing(check);
        }
        map as merged |short, polished| Draft { title: topic.title.clone(), claims: short.claims + polished.claims };
        loop refine |text| (max = 3, until = |draft| draft.claims == 0) { shorten(text) as shorter; improve(shorter, topic); }
        sources(topic);
        each pages |page| (limit = 2) { read(page); }
        count(pages, both.short.claims);
        ask sure: bool = format!("Is {} fine?", both.short.title);
        router by_audience (audience(refine)) {
            Audience::Tech => editor(both.short),
            Audience::Business if *sure => steps business { shorten(both.polishing) as brief; improve(brief, topic); },
            Audience::Business => Polishing(count),
        }
    }
}

fn main() {
    let writing = Writing::builder().editor(Editor).build();
    println!("{}", Writing::PLAN.text());
    drop(writing);
}
