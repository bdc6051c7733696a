use agno::prelude::*;

type Fetched = Result<String, std::io::Error>;

struct Reader;

#[step]
impl Reader {
    async fn run(&self, topic: &str) -> Fetched {
        Ok(topic.to_owned())
    }
}

fn main() {}
