use agno::prelude::*;

struct Post {
    title: String,
}

#[step]
async fn find(topic: &str) -> Result<Vec<Post>, std::io::Error> {
    Ok(vec![Post { title: topic.to_owned() }])
}

fn main() {}
