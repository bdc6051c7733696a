use agno::prelude::*;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft { title: String, claims: u32 }
#[step]
fn draft(topic: &str) -> Draft { Draft { title: topic.to_owned(), claims: 3 } }
workflow! {
    Naming(topic: String) -> String {
        draft;
        map |draft| draft.titel.clone();
    }
}

fn main() {}
