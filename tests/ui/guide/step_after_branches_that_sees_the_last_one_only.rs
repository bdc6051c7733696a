use agno::prelude::*;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft { title: String, claims: u32 }
#[step]
fn draft(topic: &str) -> Draft { Draft { title: topic.to_owned(), claims: 3 } }
#[step]
fn shorten(draft: &Draft) -> Draft { Draft { title: draft.title.to_lowercase(), ..draft.clone() } }
#[step]
fn count(draft: &Draft) -> u32 { draft.claims }
#[step]
fn report(draft: &Draft) -> String {
    format!("{}: {} claims", draft.title, draft.claims)
}

workflow! {
    Reporting(topic: String) -> String {
        draft;
        parallel both { shorten; count; }
        report;
    }
}

fn main() {}
