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
    Checking(topic: String) -> Draft {
        state usage: Usage;
        draft;
        parallel all {
            check as first;
            check as second;
            check as third;
            check as fourth;
            check as fifth;
            check as sixth;
            check as seventh;
            check as eighth;
        }
        map |first, _, _, _, _, _, _, _| first.clone();
    }
}

fn main() {}
