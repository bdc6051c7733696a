#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    ask sure: bool = "Sure?";
    draft(topic);
    improved;
    polish;
} }

workflow! { Outer(draft: Draft) -> Article {
    use writer: W;
    map |draft| Topic { title: draft.title.clone() };
    writer;
} }

async fn everything() -> agno::Result<()> {
    let workflow = W::builder().name("w").build();
    let run = workflow.run(Topic { title: String::new() }).session("s").await?;
    let article: &Article = &run.content;
    println!("{} {} {:?}", article.text, W::PLAN.name, W::input_schema());
    workflow.answer(run.run_id.to_string(), W::questions().sure, true).await?;
    Outer::builder().writer(workflow).build().run(Draft { title: String::new(), claims: 0 }).blocking()?;
    Ok(())
}

fn main() {}
