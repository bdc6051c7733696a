//! What a question says to whoever answers.

use agno::prelude::*;
use serde_json::json;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Draft {
    words: u32,
}

#[step]
fn long(_text: &str) -> Draft {
    Draft { words: 900 }
}

#[step]
fn short(_text: &str) -> Draft {
    Draft { words: 9 }
}

#[step]
fn picks(drafts: &str, which: &String) -> String {
    format!("{drafts} {which}")
}

workflow! {
    Picking(text: String) -> String {
        ask go_on: bool = "Go on?";
        parallel drafts { long(text); short(text) as brief; }
        ask which: String = "Which one?";
        ask sure: bool = "Sure?";
        picks(text, which);
    }
}

#[tokio::test]
async fn a_question_says_what_is_piped_into_it() {
    let wf = Picking::new();
    let mut outcome = wf.run("topic").outcome().await.expect("it asks");
    for (answer, value) in [
        (json!(true), json!("topic")),
        (json!("brief"), json!({ "long": { "words": 900 }, "brief": { "words": 9 } })),
        (json!(true), json!("brief")),
    ] {
        let Outcome::Paused(paused) = outcome else { panic!("it asks") };
        let question = &paused.questions()[0];
        assert_eq!(question.value, Some(value), "{}", question.path);
        outcome = wf.answer_json(paused.run_id(), &question.path, answer).outcome().await.expect("goes on");
    }
    let Outcome::Completed(run) = outcome else { panic!("it completes") };
    assert_eq!(*run.content, "topic brief");
}
