//! Researches a topic and writes an article: the program of the README, complete and offline.
//!
//! ```text
//! cargo run --example pipeline
//! ```

use agno::prelude::*;

/// What to write about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Topic {
    title: String,
    /// How deep to dig.
    #[schemars(range(min = 1, max = 10))]
    depth: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Posts(Vec<String>);

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Pages(Vec<String>);

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Draft {
    title: String,
    text: String,
    /// Sentences that nobody has checked.
    claims: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Article {
    title: String,
    text: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Audience {
    Tech,
    Business,
    General,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Review {
    Publish,
    PublishAs(String),
}

/// What the session has cost so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Usage {
    rewrites: u32,
}

#[derive(Debug)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the site is busy")
    }
}

impl std::error::Error for Busy {}

/// Reads what Hacker News says. (Here: what it said once. The first attempt fails, and is repeated.)
#[step(retry = 3, backoff = "20ms", timeout = "30s")]
async fn hacker_news(topic: &Topic, ctx: &StepContext) -> Result<Posts, Busy> {
    if ctx.attempt() == 1 {
        return Err(Busy);
    }
    Ok(Posts((1..=topic.depth).map(|n| format!("post {n} about {}", topic.title)).collect()))
}

/// Searches the web.
#[step]
async fn web_search(topic: &Topic, ctx: &StepContext) -> Pages {
    ctx.progress("searching", &topic.title);
    Pages(vec![format!("https://example.org/{}", topic.title.to_lowercase())])
}

#[step]
fn write(posts: &Posts, pages: &Pages) -> Draft {
    let claims = u32::try_from(posts.0.len()).unwrap_or(u32::MAX);
    Draft { title: "A draft".into(), text: format!("After {} and {}.", posts.0.join(", "), pages.0.join(", ")), claims }
}

#[step]
fn has_claims(draft: &Draft) -> bool {
    draft.claims > 0
}

#[step]
fn verify(draft: &Draft) -> Draft {
    Draft { claims: draft.claims - 1, ..draft.clone() }
}

#[step]
fn improve(draft: &Draft, usage: &mut Usage) -> Draft {
    usage.rewrites += 1;
    Draft { text: draft.text.replacen("After", "Having read", 1), claims: draft.claims.saturating_sub(1), ..draft.clone() }
}

#[step]
fn good_enough(draft: &Draft) -> bool {
    draft.claims == 0
}

#[step]
fn audience(draft: &Draft) -> Audience {
    match draft.text.len() {
        0..60 => Audience::General,
        60..120 => Audience::Tech,
        _ => Audience::Business,
    }
}

#[step]
fn technical_edit(draft: &Draft, review: &Review) -> Article {
    let title = match review {
        Review::Publish => draft.title.clone(),
        Review::PublishAs(title) => title.clone(),
    };
    Article { title, text: draft.text.clone() }
}

#[step]
fn shorten(draft: &Draft) -> Draft {
    Draft { text: draft.text.chars().take(120).collect(), ..draft.clone() }
}

#[step]
fn polish(draft: &Draft, #[state] usage: &Usage) -> Article {
    Article { title: draft.title.clone(), text: format!("{} (rewritten {} times)", draft.text, usage.rewrites) }
}

/// A person, a model or a service: whatever can edit. An executor is a value with a method `run`.
struct Editor {
    signature: String,
}

#[step]
impl Editor {
    async fn run(&self, draft: &Draft) -> Article {
        Article { title: draft.title.clone(), text: format!("{} {}", draft.text, self.signature) }
    }
}

workflow! {
    /// Researches a topic and writes an article about it.
    ContentPipeline(topic: Topic) -> Article {
        use editor: Editor;                         // an executor the caller provides
        state usage: Usage;                         // session state, typed

        parallel research {                         // both get `&Topic`
            hacker_news;
            web_search;
        }
        write;                                      // gets (&Posts, &Pages): one argument per branch
        condition fact_check (has_claims) { verify; }
        loop refine (max = 3, until = good_enough) { improve; }
        ask review: Review = "Publish this draft?"; // the run pauses, for minutes or for days
        router by_audience (audience(refine)) {
            Audience::Tech     => technical_edit(refine, review),
            Audience::Business => steps business { shorten(refine); polish; },
            Audience::General  => editor(refine),
        }
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let pipeline = ContentPipeline::builder().editor(Editor { signature: "— Ed".into() }).build();

    let mut outcome = pipeline.run(Topic { title: "Rust".into(), depth: 3 }).session("s-1").outcome().await?;
    let run = loop {
        match outcome {
            Outcome::Completed(run) => break run, // RunOutput<Article>
            Outcome::Paused(paused) => {
                println!("{paused}\n"); // the open questions, and how to answer them
                let review = ContentPipeline::questions().review;
                outcome = pipeline.answer(paused.run_id(), review, Review::PublishAs("Rust, in short".into())).outcome().await?;
            }
        }
    };
    println!("{}\n\n{}", run.content.title, run.content.text);
    Ok(())
}
