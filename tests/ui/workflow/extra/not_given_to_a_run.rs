#[path = "../../steps.rs"]
mod steps;
use steps::*;

async fn go(draft: Draft) -> agno::Result<()> {
    Priced::new().run(draft).await?;
    Ok(())
}

fn main() {}
