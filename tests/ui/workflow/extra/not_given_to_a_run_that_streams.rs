#[path = "../../steps.rs"]
mod steps;
#[path = "../../workflows.rs"]
mod workflows;
use steps::*;
use workflows::*;

fn go(draft: Draft) {
    let _ = Priced::new().run(draft).session("s").stream();
}

fn main() {}
