//! The program of the README: a content pipeline with every construct.
use agno::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Topic { title: String, #[schemars(range(min = 1, max = 10))] depth: u8 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub struct Posts { pages: Vec<String> }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub struct Pages { n: u32 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub struct Draft { title: String, claims: u32 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub struct Article { title: String, text: String }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub enum Audience { Tech, Business, General }
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)] pub struct Usage { calls: u32 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)] pub enum Review { Approve, Reject }

#[step(retry = 3, backoff = "20ms", timeout = "30s")]
async fn hacker_news(topic: &Topic, ctx: &StepContext) -> Result<Posts, std::io::Error> {
    if ctx.attempt() < 2 { return Err(std::io::Error::other("flaky")); }
    Ok(Posts { pages: vec![topic.title.clone()] })
}
#[step] async fn web_search(topic: &Topic, ctx: &StepContext) -> Result<Pages, std::io::Error> { ctx.emit("searching"); Ok(Pages { n: u32::from(topic.depth) }) }
#[step] async fn write(posts: &Posts, pages: &Pages) -> Result<Draft, std::io::Error> { Ok(Draft { title: posts.pages[0].clone(), claims: pages.n }) }
#[step] fn has_claims(draft: &Draft) -> bool { draft.claims > 0 }
#[step] async fn verify(draft: &Draft) -> Draft { draft.clone() }
#[step] fn good_enough(draft: &Draft) -> bool { draft.claims == 0 }
#[step] async fn improve(draft: &Draft, usage: &mut Usage) -> Draft { usage.calls += 1; Draft { claims: draft.claims.saturating_sub(1), ..draft.clone() } }
#[step] fn audience(draft: &Draft) -> Audience { if draft.claims > 5 { Audience::Tech } else if draft.claims == 0 { Audience::Business } else { Audience::General } }
#[step] async fn technical_edit(draft: &Draft, review: &Review) -> Article { Article { title: draft.title.clone(), text: format!("{review:?}") } }
#[step] async fn shorten(draft: &Draft) -> Draft { draft.clone() }
#[step] async fn polish(draft: &Draft, #[state] usage: &Usage) -> Article { Article { title: draft.title.clone(), text: format!("polished after {} calls", usage.calls) } }

pub struct Editor { name: String }
#[step]
impl Editor { async fn run(&self, draft: &Draft) -> Article { Article { title: draft.title.clone(), text: self.name.clone() } } }

workflow! {
    /// Researches a topic and writes an article about it.
    pub ContentPipeline(topic: Topic) -> Article {
        use editor: Editor;
        state usage: Usage;

        parallel research {
            hacker_news;
            web_search;
        }
        write;
        condition fact_check (has_claims) { verify; }
        loop refine (max = 3, until = good_enough) { improve; }
        ask review: Review = "Publish this draft?";
        router by_audience (audience(refine)) {
            Audience::Tech     => technical_edit(refine, review),
            Audience::Business => steps business { shorten(refine); polish; },
            Audience::General  => editor(refine),
        }
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let pipeline = ContentPipeline::builder().editor(Editor { name: "Ed".into() }).build();
    let paused = match pipeline.run(Topic { title: "Rust".into(), depth: 3 }).session("s-1").store_events(true).outcome().await? {
        Outcome::Completed(run) => { println!("{}", run.content.title); return Ok(()); }
        Outcome::Paused(paused) => { println!("{paused}"); paused }
    };
    let out = pipeline.answer(paused.run_id(), "review", Review::Approve).await?;
    println!("{:?} {:#?}", out.content, out.steps);
    let events = out.events.clone().unwrap();
    agno::testing::grammar::check(events.iter().map(|e| &**e), agno::testing::grammar::Extent::Whole).map_err(agno::Error::other)?;
    for e in &events { println!("{}", serde_json::to_string(e)?); }
    Ok(())
}
