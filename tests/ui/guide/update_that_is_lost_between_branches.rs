use agno::prelude::*;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft { title: String, claims: u32 }
#[step]
fn draft(topic: &str) -> Draft { Draft { title: topic.to_owned(), claims: 3 } }
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Usage { calls: u32 }

#[step]
fn check(draft: &Draft, usage: &mut Usage) -> Draft {
    usage.calls += 1;
    draft.clone()
}

workflow! {
    Checking(topic: String) -> (Draft, Draft) {
        state usage: Usage;
        draft;
        parallel both {
            check;
            map |draft| draft.clone();
        }
    }
}

fn main() {}
