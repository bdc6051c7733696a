//! An executor is shared.

use agno::prelude::*;

struct Writer;

#[step]
impl Writer {
    async fn run(self, title: &str) -> String {
        title.to_owned()
    }
}

fn main() {}
