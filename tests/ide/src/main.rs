//! Asks a real rust-analyzer about `examples/desk.rs`: where names lead, what is said of them, what is offered where something is half-typed.
//!
//! `cargo run -p agno-ide`, with `rust-analyzer` in the path or named by `RUST_ANALYZER`. `docs/internals/ide.md` says what works. No part of
//! `scripts/test`: that tests the spans that rust-analyzer goes by (`agno-macros/src/workflow/tests/sketch.rs`).

mod lsp;

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use lsp::{Place, Server};

/// `‸` in a text of the example is the cursor. What stands behind it leads to one line, which has the other text.
const LEADS: &[(&str, &str)] = &[
    // a node's name to its function
    ("        ‸sketch_out;", "async fn sketch_out("),
    ("‸improve(sketch_out, topic) as better", "async fn improve("),
    ("(‸has_claims)", "fn has_claims("),
    ("(‸audience(refine))", "fn audience("),
    ("‸Polishing(check);", "pub Polishing(draft: Draft)"),
    ("=> ‸editor(both.short)", "use editor: Editor;"),
    ("{ ‸read(page); }", "async fn read("),
    ("steps business { ‸shorten(", "async fn shorten("),
    // an argument to the node that it names
    ("improve(‸sketch_out, topic) as better", "        sketch_out;"),
    ("improve(sketch_out, ‸topic) as better", "pub Writing(topic: Topic)"),
    ("improve(‸better, &Topic", "improve(sketch_out, topic) as better;"),
    ("title: ‸sketch_out.title.clone(), sources", "        sketch_out;"),
    ("shorten(‸check) as short", "condition check (has_claims)"),
    ("Polishing(‸check);", "condition check (has_claims)"),
    ("title: ‸topic.title.clone(), claims: short", "pub Writing(topic: Topic)"),
    ("claims: ‸short.claims", "map as merged |short, polished|"),
    ("improve(‸shorter, topic); }", "shorten(text) as shorter;"),
    ("shorten(‸text) as shorter", "loop refine |text|"),
    ("read(‸page);", "each pages |page|"),
    ("count(‸pages, both", "each pages |page|"),
    ("count(pages, ‸both.short.claims)", "parallel both {"),
    ("count(pages, both.‸short.claims)", "shorten(check) as short;"),
    ("count(pages, both.short.‸claims)", "    claims: u32,"),
    ("fine?\", ‸both.short.title)", "parallel both {"),
    ("(audience(‸refine))", "loop refine |text|"),
    ("if *‸sure", "ask sure: bool"),
    ("shorten(both.‸polishing)", "Polishing(check);"),
    ("Polishing(‸count)", "count(pages, both.short.claims);"),
    // everything else
    ("Audience::‸Business if", "    Business,"),
    ("= |draft| ‸draft.claims == 0)", "until = |draft| draft.claims == 0)"),
    ("= |draft| draft.‸claims == 0)", "    claims: u32,"),
    ("pub Writing(topic: ‸Topic)", "pub struct Topic {"),
    ("use editor: ‸Editor;", "pub struct Editor;"),
    ("‸Writing::builder()", "pub Writing(topic: Topic)"),
    ("builder().‸editor(Editor)", "use editor: Editor;"),
];

/// What is said of the name at the cursor, and what is not: it is the runtime's.
const SAYS: &[(&str, &str)] = &[
    ("        ‸sketch_out;", "Writes the first draft."),
    ("‸improve(sketch_out, topic) as better", "Makes a draft better."),
    ("(‸has_claims)", "Whether there is something to check."),
    ("‸Polishing(check);", "Polishes a draft."),
    ("=> ‸editor(both.short)", "Who has the last word."),
    ("improve(‸sketch_out, topic) as better", "sketch_out: &Draft"),
    ("count(‸pages, both", "pages: &Vec<Draft>"),
    ("if *‸sure", "sure: &bool"),
    ("condition ‸check (has_claims)", "check: &Draft"),
    ("short.‸claims + polished", "How many claims it makes."),
    ("Audience::‸Tech =>", "Who builds things."),
    ("fn ‸improve(draft", "Makes a draft better."),
    ("‸Writing::builder()", "Writes an article."),
];

/// In the place of a text another one is typed, up to the cursor; what is offered there.
const OFFERS: &[(&str, &str, &str)] = &[
    ("        sources(topic);", "        sour‸", "sources"),
    ("        sources(topic);", "        sour‸;", "sources"),
    ("        sources(topic);", "        sources(top‸);", "topic"),
    ("        sources(topic);", "        sources(bet‸", "better"),
    ("        sources(topic);", "        sources(bet‸);", "better"),
    ("count(pages, both.short.claims);", "count(pages, both.short.cl‸);", "claims"),
    ("count(pages, both.short.claims);", "count(pages, both.sh‸);", "short"),
    ("count(pages, both.short.claims);", "count(pages, both.‸);", "short"),
    ("claims: short.claims + polished.claims };", "claims: short.cla‸ };", "claims"),
    ("= |draft| draft.claims == 0)", "= |draft| draft.cl‸)", "claims"),
    ("Audience::Tech => editor", "Audience::Te‸ => editor", "Tech"),
    ("pub Writing(topic: Topic)", "pub Writing(topic: Top‸)", "Topic"),
    ("condition check (has_claims)", "condition check (has_cl‸)", "has_claims"),
];

fn main() -> Result<ExitCode> {
    let program = env::var("RUST_ANALYZER").unwrap_or_else(|_| "rust-analyzer".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = folder.ancestors().nth(2).context("the workspace is two folders up")?;
    let file = folder.join("examples/desk.rs");
    let source = fs::read_to_string(&file)?;
    let mut server = Server::start(&program, root, env!("CARGO_PKG_NAME"), &file)?;
    let mut wrong = 0;
    let mut check = |is_right: bool, asked: &str, found: &str| {
        println!("{} {asked}: {found}", if is_right { "ok   " } else { "WRONG" });
        wrong += usize::from(!is_right);
    };
    for (cursor, expected) in LEADS {
        let found = server.definitions(place(&source, cursor)?)?;
        let lines: Vec<&str> = found
            .iter()
            .map(|(uri, place)| if uri == server.uri() { source.lines().nth(place.line).unwrap_or_default() } else { uri })
            .collect();
        check(matches!(lines.as_slice(), [one] if one.contains(expected)), &format!("`{}` leads to", cursor.trim()), &lines.join(" | "));
    }
    for (cursor, expected) in SAYS {
        let said = server.hover(place(&source, cursor)?)?;
        let is_right = said.contains(expected) && !said.contains("__private");
        check(is_right, &format!("of `{}` it says", cursor.trim()), &said.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let mistakes = server.mistakes()?;
    check(mistakes.is_empty(), "in the workflow it finds wrong", &mistakes.join(" | "));
    let misspelt = source.replacen("improve(better, ", "improve(bettre, ", 1);
    server.edit(&misspelt)?;
    let mistakes = server.mistakes()?;
    check(
        matches!(mistakes.as_slice(), [one] if one.contains("did you mean `better`?")),
        "where a name is misspelt",
        &mistakes.join(" | "),
    );
    for (whole, typed, expected) in OFFERS {
        let typed_text = typed.replace('‸', "");
        let edited = source.replacen(whole, &typed_text, 1);
        let start = source.find(whole).with_context(|| format!("the example has no {whole}"))?;
        let at = start + typed.find('‸').context("a cursor")?;
        server.edit(&edited)?;
        let offered = server.completions(place_of(&edited, at))?;
        let is_right = offered.iter().any(|label| label.split(['(', ' ']).next() == Some(expected));
        let shown: Vec<&str> = offered.iter().take(12).map(String::as_str).collect();
        check(is_right, &format!("at `{}` it offers", typed.trim()), &shown.join(", "));
    }
    server.stop()?;
    println!("{} questions, {wrong} wrong answers", LEADS.len() + SAYS.len() + 2 + OFFERS.len());
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the cursor is that is shown in a text of the file.
fn place(source: &str, shown: &str) -> Result<Place> {
    let cursor = shown.find('‸').context("a cursor")?;
    let start = source.find(&shown.replace('‸', "")).with_context(|| format!("the example has no {shown}"))?;
    Ok(place_of(source, start + cursor))
}

fn place_of(source: &str, at: usize) -> Place {
    let before = &source[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Place { line: before.matches('\n').count(), character: line.encode_utf16().count() }
}
