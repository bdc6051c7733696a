//! What an editor finds at a token: whatever in the expansion has its span. `tests/ide` asks a real editor.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};

use crate::{
    reader::Reader,
    workflow::{half_typed::completed, workflow},
};

const WRITING: &str = r#"/// Writes an article.
    pub Writing(topic: Topic) -> Draft with (name = "Writing", skip_events = [StepStarted]) {
        use editor: Agent<Draft>;
        state usage: Usage = Usage::new(3);
        extra client: ClientInfo;
        sketch_out;
        improve(sketch_out, topic) as better with (retry = MOST, retry_if = is_transient, on_error = fallback(shorten));
        condition check (has_claims) { improve(better, &Topic { title: sketch_out.title.clone() }); }
        condition once_more (|draft| draft.claims > LIMIT) { improve; } else { desk::cut; }
        condition maybe (has_claims(once_more)) { improve; } else none;
        parallel both (limit = WIDTH, on_error = collect) { shorten(check) as short; Polishing(check); }
        map as merged |short, polished| Draft { title: topic.title.clone(), claims: short.claims };
        loop refine |text| (max = TURNS, until = |draft| draft.claims == 0) { shorten(text) as shorter; editor(shorter); }
        steps group { sources(topic); }
        each pages |page| (limit = 2, on_error = collect) { read(page); }
        sleep as nap "10m";
        ask sure: bool = format!("Is {} fine?", both.short.title) with (timeout = "1h", default = refine.is_fine());
        router by_audience (audience(refine)) {
            Audience::Tech(level) if level > sure => editor(both.short, level),
            Audience::Business => steps business { shorten(both.polishing) as brief; improve(brief, topic); },
        }
        router several (|draft| draft.audiences(), many) { Audience::Tech => improve, }
        parallel rest { parallel inner { a; b; } c; }
        gather;
        each pairs { parallel pair { left; right; } }
        parallel tried (on_error = collect) { parallel two { up; down; } each all (on_error = none) { read; } }
        write;
    }"#;

#[test]
fn nothing_of_ours_is_found_at_a_token_of_the_users() {
    for (text, range) in spans(workflow(tokens(WRITING), Reader::Editor)) {
        let users = &WRITING[range];
        // The name of a step that has no other leads to its function, so it is declared where its line ends.
        assert!(text == users || matches!(users, ";" | ",") || users.starts_with("///"), "`{text}` is found at `{users}`");
    }
}

#[test]
fn every_name_is_found() {
    let expanded = workflow(tokens(WRITING), Reader::Editor);
    assert!(!expanded.to_string().contains("compile_error"), "the workflow is right: {expanded}");
    let (found, source) = (spans(expanded), WRITING);
    let body = source.find("sketch_out;").expect("the first node");
    // What is written to the macro, and not to Rust.
    let words = "with retry retry_if on_error fallback condition else none parallel limit collect loop max until steps each sleep ask timeout default router many as if";
    let words: Vec<&str> = words.split(' ').collect();
    let mut missing = Vec::new();
    for (text, range) in spans(tokens(source)) {
        let is_name = text.starts_with(|first: char| first.is_alphabetic()) && !words.contains(&text.as_str());
        if range.start >= body && is_name && !found.iter().any(|(_, found)| *found == range) {
            missing.push(text);
        }
    }
    // The adapter has a name of its own.
    assert_eq!(missing, ["map"]);
}

/// Else an editor would find it twice, and a container within containers would double with each of them.
#[test]
fn no_token_of_the_body_stands_twice() {
    let body = WRITING.find("sketch_out;").expect("the first node");
    let mut found: Vec<_> = spans(workflow(tokens(WRITING), Reader::Editor)).into_iter().filter(|(_, range)| range.start >= body).collect();
    found.sort_by_key(|(_, range)| range.start);
    let twice: Vec<&str> = found.windows(2).filter(|pair| pair[0].1 == pair[1].1).map(|pair| pair[0].0.as_str()).collect();
    // The question's type and name are in `questions()` too.
    assert!(twice.iter().all(|text| ["bool", "sure"].contains(text)), "{twice:?}");
}

#[test]
fn a_name_is_declared_where_it_is_written() {
    let declared = |cursor: &str| {
        let at = WRITING.find(cursor).expect("it is in the workflow") + cursor.find(';').unwrap_or(0);
        let found = spans(workflow(tokens(WRITING), Reader::Editor));
        found.into_iter().filter(|(_, range)| range.start == at).map(|(text, _)| text).collect::<Vec<_>>()
    };
    assert_eq!(declared("sketch_out;"), ["sketch_out"]);
    assert_eq!(declared("Polishing(check);"), ["polishing"]);
    assert_eq!(declared("better with"), ["better"]);
    assert_eq!(declared("both (limit"), ["both"]);
}

#[test]
fn a_half_typed_workflow_has_its_names_too() {
    for (wrong, at) in [
        ("W(topic: Topic) -> Draft { sketch_out; improve(sketch_out, top); write; }", "top)"),
        ("W(topic: Topic) -> Draft { sketch_out; improve(sketch_out, topic.); write; }", "topic."),
        ("W(topic: Topic) -> Draft { sketch_out; impr write; }", "impr"),
        ("W(topic: Topic) -> Draft { sketch_out; map |draft| draft.; write; }", "draft.;"),
        ("W(topic: Topic) -> Draft { router r (audience) { Audience:: => write, } }", "Audience::"),
        ("W(topic: Topic) -> Draft { condition c (has_cl) { write; } loop l (max = 3) { wri } }", "has_cl"),
    ] {
        let expanded = workflow(tokens(wrong), Reader::Editor);
        let start = wrong.find(at).expect("it is in the workflow");
        assert!(spans(expanded.clone()).iter().any(|(_, range)| range.start == start), "`{at}` in {wrong}: {expanded}");
        assert!(expanded.to_string().contains("compile_error"), "the mistake is told in {wrong}");
    }
}

#[test]
fn what_is_typed_next_gets_a_name() {
    let completed = |source: &str| completed(tokens(source)).to_string().replace(' ', "");
    assert_eq!(completed("write(draft.)"), "write(draft.to_come)");
    assert_eq!(completed("map|d|d.title.;write;"), "map|d|d.title.to_come;write;");
    assert_eq!(completed("Audience::=>a,"), "Audience::to_come=>a,");
    let whole = "plan(&p.pages[0..],1.,a::b,c.d,0..=3,x.0){Draft{..d}}";
    assert_eq!(completed(whole), whole);
}

#[test]
fn the_compiler_gets_no_sketch() {
    let compiled = workflow(tokens(WRITING), Reader::Compiler).to_string();
    assert!(!compiled.contains("sketch ::"), "{compiled}");
    assert_eq!(Reader::here(), Reader::Compiler);
}

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

/// The tokens that stand somewhere in the source, and where.
fn spans(tokens: TokenStream) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(spans(group.stream())),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
                let range = token.span().byte_range();
                if !range.is_empty() {
                    found.push((token.to_string(), range));
                }
            }
        }
    }
    found
}
