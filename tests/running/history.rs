//! The history of a session, and how much of it a prompt gets.

use agno::prelude::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Told {
    text: String,
    before: usize,
}

#[step]
async fn tell(text: &str, ctx: &StepContext) -> agno::Result<Told> {
    let history = ctx.history::<Diary>(2).await?;
    Ok(Told {
        text: format!("{text} {}", history.iter().map(|(input, output)| format!("[{input}>{}]", output.text)).collect::<String>()),
        before: history.len(),
    })
}

workflow! { Diary(text: String) -> Told { tell; } }

#[step]
async fn block(text: &str, ctx: &StepContext) -> agno::Result<String> {
    let n = text.len();
    ctx.history_text(n).await
}

workflow! { Block(text: String) -> String { block; } }

#[step]
async fn fails(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("fails"))
}

workflow! { Fails(text: String) -> String { fails; } }

#[step]
fn length(text: &str) -> usize {
    text.len()
}

workflow! { Untold(text: String) -> usize { length; } }

#[tokio::test]
async fn history_is_typed_pairs_of_completed_runs() {
    let db = InMemoryDb::new();
    let wf = Diary::builder().db(db.clone()).build();
    let other = Fails::builder().db(db.clone()).build();
    assert_eq!(wf.run("a").session("s").await.expect("completes").content.text, "a ");
    other.run("x").session("s").await.expect_err("fails, and is no history");
    assert_eq!(wf.run("b").session("s").await.expect("completes").content.text, "b [a>a ]");
    let out = wf.run("c").session("s").await.expect("completes");
    assert_eq!((out.content.text.as_str(), out.content.before), ("c [a>a ][b>b [a>a ]]", 2));
    let out = wf.run("d").session("s").await.expect("completes");
    assert!(out.content.text.starts_with("d [b>") && out.content.text.contains("[c>"), "the last two, oldest first: {}", out.content.text);
    assert_eq!(wf.run("e").session("t").await.expect("completes").content.before, 0);

    Untold::builder().db(db.clone()).build().run("z").session("u").run_id("shopping").await.expect("completes");
    let error = wf.run("f").session("u").await.expect_err("that run was no diary");
    assert!(error.to_string().contains("run `shopping` is no run of `Diary`"), "{error}");
}

#[tokio::test]
async fn history_is_a_block_of_text() {
    let db = InMemoryDb::new();
    let (diary, wf) = (Diary::builder().db(db.clone()).build(), Block::builder().db(db).build());
    assert_eq!(*wf.run("xxx").session("empty").await.expect("completes").content, "");
    diary.run("first").session("s").await.expect("completes");
    diary.run("second").session("s").await.expect("completes");
    let out = wf.run("xx").session("s").await.expect("completes");
    assert_eq!(
        *out.content,
        "<workflow_history_context>\n\
         [run-1]\n\
         input: first\n\
         response: {\"before\":0,\"text\":\"first \"}\n\
         \n\
         [run-2]\n\
         input: second\n\
         response: {\"before\":1,\"text\":\"second [first>first ]\"}\n\
         </workflow_history_context>"
    );
    let out = wf.run("x").session("s").await.expect("completes");
    assert!(out.content.starts_with("<workflow_history_context>\n[run-1]\ninput: xx\nresponse: <workflow_history"), "{}", out.content);
}

#[step]
async fn prompt(_text: &str, ctx: &StepContext) -> agno::Result<usize> {
    Ok(ctx.prompt_history().await?.matches("[run-").count())
}

#[step(history = 1)]
async fn prompt_one(_text: &str, ctx: &StepContext) -> agno::Result<usize> {
    Ok(ctx.prompt_history().await?.matches("[run-").count())
}

#[step]
async fn calls(text: &str, ctx: &StepContext) -> agno::Result<Vec<usize>> {
    let (plain, own) = (ctx.step::<prompt>(text.to_owned()).await?, ctx.step::<prompt_one>(text.to_owned()).await?);
    Ok(vec![*plain, *own])
}

#[step]
fn all(called: &[usize], unsaid: &usize, own: &usize, off: &usize, every: &usize, nested: &usize) -> Vec<usize> {
    called.iter().chain([unsaid, own, off, every, nested]).copied().collect()
}

workflow! { Inner(text: String) -> usize with (history = 9) { prompt; } }

workflow! {
    Prompts(text: String) -> Vec<usize> with (history = 2) {
        calls(text) as called with (history = 3);
        prompt(text) as unsaid;
        prompt_one(text) as own;
        prompt_one(text) as off with (history = off);
        prompt_one(text) as every with (history);
        Inner(text) as nested;
        all(called, unsaid, own, off, every, nested);
    }
}

#[tokio::test]
async fn the_nearest_says_how_much_of_the_past_a_prompt_gets() {
    let wf = Prompts::new();
    for _ in 0..4 {
        wf.run("a").session("s").await.expect("completes");
    }
    let out = wf.run("a").session("s").await.expect("completes");
    assert_eq!(*out.content, [3, 1, 2, 1, 0, 4, 2], "a nested workflow's own option is not asked");
    let wf = Prompts::builder().history(agno::History::Off).build();
    for expected in [[0; 7], [1, 1, 0, 1, 0, 1, 0]] {
        assert_eq!(*wf.run("a").session("s").await.expect("completes").content, expected);
    }
}
