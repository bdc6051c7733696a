use agno::prelude::*;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft { title: String, claims: u32 }
#[step]
fn draft(topic: &str) -> Draft { Draft { title: topic.to_owned(), claims: 3 } }
#[step]
fn shorten(draft: &Draft) -> Draft { Draft { title: draft.title.to_lowercase(), ..draft.clone() } }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Audience { Tech, Business, General }

#[step]
fn audience(draft: &Draft) -> Audience {
    if draft.claims > 5 { Audience::Business } else { Audience::Tech }
}

workflow! {
    Editing(topic: String) -> Draft {
        draft;
        router by_audience (audience) {
            Audience::Tech => shorten,
            Audience::General => shorten,
        }
    }
}

fn main() {}
