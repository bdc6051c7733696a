#[path = "../../steps.rs"]
mod steps;
#[path = "../../workflows.rs"]
mod workflows;
use steps::*;
use workflows::*;

async fn go(draft: Draft) -> agno::Result<()> {
    Priced::new().run(draft).await?;
    Ok(())
}

fn main() {}
