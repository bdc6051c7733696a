//! The work of an executor is its method `run`.

use agno::prelude::*;

struct Writer;

#[step]
impl Writer {
    async fn write(&self, title: &str) -> String {
        title.to_owned()
    }
}

fn main() {}
