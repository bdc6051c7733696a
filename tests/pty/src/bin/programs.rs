//! The programs that the tests run in a terminal: `programs <name>`. A step that is to be seen at work waits for a file of its name in `AGNO_GATES`.

use std::{io::Write as _, path::PathBuf, time::Duration};

use agno::{
    SqliteDb,
    prelude::*,
    terminal::{Cli, Print},
};

/// The folder of the test.
fn gates() -> PathBuf {
    std::env::var_os("AGNO_GATES").unwrap_or_default().into()
}

/// Waits until the test lets the step go on.
async fn gate(name: &str) {
    let gates = gates();
    while !gates.join(name).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[derive(Debug)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the site is busy")
    }
}

impl std::error::Error for Busy {}

#[step]
async fn left(name: &str, ctx: &StepContext) -> String {
    ctx.emit(format!("first, {name}\n"));
    ctx.emit("\x1b[2Jsecond");
    gate("left").await;
    name.to_owned()
}

#[step(label = "Right side", retry = 1, backoff = "1ms")]
async fn right(name: &str, ctx: &StepContext) -> Result<String, Busy> {
    if ctx.attempt() == 1 {
        return Err(Busy);
    }
    ctx.progress("nearly there", ());
    gate("right").await;
    Ok(name.to_owned())
}

#[step]
fn page(left: &str, right: &str) -> String {
    format!("# A page\n\nfor **{left}** and\n`{right}`\n")
}

workflow! {
    /// Two sides, and a page of both.
    Live(name: String) -> String {
        parallel sides { left; right; }
        page;
    }
}

/// What a person may say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Review {
    Publish,
    /// Under another title.
    PublishAs(String),
}

/// Who wrote it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Author {
    #[schemars(length(min = 2))]
    name: String,
    /// In years.
    #[schemars(range(min = 18, max = 120))]
    age: u8,
    nick: Option<String>,
}

#[step]
fn sign(text: &str, review: &Review, author: &Author, again: &bool) -> String {
    format!("{text} {review:?} {author:?} {again}")
}

workflow! {
    /// Asks three things.
    Questions(text: String) -> String {
        parallel people {
            ask review: Review = "Publish it?";
            ask author: Author = "Who wrote it?";
        }
        ask again: bool = "Again?";
        sign(text, people.review, people.author, again);
    }
}

#[step]
async fn reply(line: &str, ctx: &StepContext) -> Result<String, Busy> {
    use std::sync::atomic::{AtomicBool, Ordering};
    static FAILED: AtomicBool = AtomicBool::new(false);
    if line == "fail" && !FAILED.swap(true, Ordering::Relaxed) {
        return Err(Busy);
    }
    if line == "wait" {
        ctx.emit("thinking about it");
        gate("reply").await;
    }
    Ok(format!("You said **{line}**."))
}

workflow! {
    /// Says it again.
    Echo(line: String) -> String {
        condition asks (|line| line == "ask") { ask answer: String = "What then?"; }
        reply;
    }
}

#[step]
fn greet(author: &Author) -> String {
    format!("{} is {}", author.name, author.age)
}

workflow! {
    /// Takes a form.
    Greet(author: Author) -> String { greet; }
}

#[step]
fn fail_at_last(text: &str, answer: &str) -> Result<String, Busy> {
    if answer == "default" { Ok(format!("{text} {answer}")) } else { Err(Busy) }
}

workflow! {
    /// Waits for a short time only.
    Hurry(text: String) -> String {
        ask answer: String = "Quick?" with (timeout = "300ms", default = "default".to_owned());
        fail_at_last(text, answer);
    }
}

/// A page that is part of something.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Article {
    title: String,
    text: String,
    tags: Vec<String>,
}

#[step]
fn article(title: &str) -> Article {
    Article { title: title.to_owned(), text: "# A page\n\nfor **you**".into(), tags: vec!["a".into()] }
}

workflow! {
    /// Writes an article.
    Articles(title: String) -> Article { article; }
}

/// Who writes, as the program knows it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Client {
    name: String,
}

#[step]
fn welcome(line: &str, #[extra] client: &Client, ctx: &StepContext) -> String {
    format!("{line}, says {} from {}", client.name, ctx.metadata())
}

workflow! {
    /// Knows who writes.
    Welcome(line: String) -> String {
        extra client: Client;
        welcome;
    }
}

/// A step ran: a line in the file `done` of the folder of gates.
fn did(what: &str) {
    let file = gates().join("done");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).expect("the folder is there");
    file.write_all(format!("{what}\n").as_bytes()).expect("there is room");
}

#[step]
fn draft(topic: &str) -> String {
    did("draft");
    format!("Dear {topic}")
}

#[step]
async fn seal(text: &str, sure: &bool, ctx: &StepContext) -> String {
    did("seal");
    ctx.emit("the wax is warm");
    gate("seal").await;
    format!("{text}, sealed: {sure}")
}

#[step]
fn post(text: &str) -> String {
    did("post");
    format!("posted: {text}")
}

workflow! {
    /// Writes to somebody.
    Letter(topic: String) -> String {
        draft;
        ask sure: bool = "Send it?";
        seal(draft, sure);
        post;
    }
}

/// The same in a store, which other processes have as well.
async fn letter() -> agno::Result<Letter> {
    Ok(Letter::builder().db(SqliteDb::open(gates().join("agno.db")).await?).build())
}

/// `print()` without what the arguments name.
fn without<W: Workflow>(print: Print<W>, args: impl Iterator<Item = String>) -> Print<W> {
    args.fold(print, |print, arg| match arg.as_str() {
        "steps" => print.steps(false),
        "stream" => print.stream(false),
        "markdown" => print.markdown(false),
        "content" => print.content(false),
        "summary" => print.summary(false),
        "questions" => print.questions(false),
        other => panic!("`print()` has no option {other:?}"),
    })
}

/// `cli()` with what the arguments say, such as `label=Me`.
fn with<W: Workflow>(cli: Cli<W>, args: impl Iterator<Item = String>) -> Cli<W> {
    args.fold(cli, |cli, arg| match arg.split_once('=').unwrap_or((&arg, "")) {
        ("user", name) => cli.user(name),
        ("label", label) => cli.label(label),
        ("exit_on", words) => cli.exit_on(words.split_terminator(',')),
        ("stream", _) => cli.stream(true),
        ("steps", _) => cli.steps(true),
        ("json", _) => cli.json(true),
        ("no-markdown", _) => cli.markdown(false),
        other => panic!("`cli()` has no option {other:?}"),
    })
}

/// A run that is looked at afterwards: while it waits, when it failed, and when it has a result.
async fn afterwards() -> agno::Result<()> {
    let hurry = Hurry::new();
    let Outcome::Paused(paused) = hurry.run("A text.").run_id("r-1").outcome().await? else { return Ok(()) };
    paused.print();
    if let Err(error) = hurry.answer("r-1", "answer", "slow").await {
        error.print();
    }
    let stream = Hurry::new().run("Another.").run_id("r-2").stream();
    agno::print_events(stream).await?;
    Greet::new().run(Author { name: "Ann".into(), age: 42, nick: None }).run_id("r-3").await?.print();
    Ok(())
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("live") => _ = without(Live::new().run("Ann").run_id("r-1").print(), args).await?,
        Some("questions") => _ = without(Questions::new().run("A text.").run_id("r-1").print(), args).await?,
        Some("handle") => {
            let handle = Questions::new().run("A text.").run_id("r-1").background().await?;
            _ = handle.print().await?;
        }
        Some("hurry") => _ = Hurry::new().run("A text.").print().await?,
        Some("afterwards") => afterwards().await?,
        Some("finished") => Live::new().run("Ann").run_id("r-1").outcome().await?.print(),
        Some("article") => Articles::new().run("One").run_id("r-1").await?.print(),
        Some("chat") => Echo::new().cli().session("s-1").args(args).await?,
        Some("talk") => with(Echo::new().cli(), args).await?,
        Some("welcome") => {
            let client = Client { name: "Ann".into() };
            // Options may be given before and after it.
            let cli = Welcome::new().cli().session("s-1");
            cli.each_run(move |run| run.metadata("here").extra(client.clone())).label("Me").await?;
        }
        // What the first conversation leaves, the second goes on with.
        Some("chats") => {
            let echo = Echo::new();
            echo.cli().session("s-1").await?;
            println!("once more");
            echo.cli().session("s-1").await?;
        }
        Some("users") => {
            let echo = Echo::new();
            echo.cli().session("s-1").user("Ann").await?;
            println!("somebody else");
            echo.cli().session("s-1").user("Bob").await?;
            println!("the same one");
            echo.cli().session("s-1").user("Ann").await?;
        }
        Some("letter") => letter().await?.cli().session("s-1").args(args).await?,
        // Another process, which knows of the run what the first has printed.
        Some("letter-answer") => {
            let run_id = args.next().unwrap_or_default();
            println!("{}", letter().await?.answer(run_id, Letter::questions().sure, true).await?.content);
        }
        Some("letter-resume") => println!("{}", letter().await?.resume(args.next().unwrap_or_default()).await?.content),
        Some("form") => Greet::new().cli().user("Ann").args(args).await?,
        // Somebody else ends the program while a line is being typed.
        Some("panic") => {
            tokio::select! {
                _ = Echo::new().cli() => {}
                () = gate("panic") => panic!("it panics"),
            }
        }
        other => return Err(agno::Error::other(format!("no program {other:?}"))),
    }
    Ok(())
}
