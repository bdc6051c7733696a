use agno::prelude::*;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft { title: String, claims: u32 }
#[step]
fn draft(topic: &str) -> Draft { Draft { title: topic.to_owned(), claims: 3 } }
#[step]
fn shorten(draft: &Draft) -> Draft { Draft { title: draft.title.to_lowercase(), ..draft.clone() } }
workflow! {
    Choosing(topic: String) -> (Draft, Draft) {
        draft;
        parallel both { shorten; shorten; }
    }
}

fn main() {}
