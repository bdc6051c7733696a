//! What people see and type, in a pseudo-terminal.

#![cfg(unix)]

mod programs;

use agno_pty::key;
use programs::{Gates, SIZE, run};

#[test]
fn branches_are_seen_at_work_and_the_result_is_a_page() {
    let gates = Gates::new("live");
    let (mut terminal, _) = run(&gates, &["live"], &[], SIZE);
    let screen = terminal.wait("both branches", |screen| screen.contains("nearly there") && screen.contains("second"));
    assert!(screen.contains("first, Ann") && screen.contains(" left  ") && screen.contains(" Right side (right)  "), "{screen}");
    assert!(screen.chars().any(|letter| "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏".contains(letter)), "{screen}");

    gates.open("right");
    let screen = terminal.wait_for("✓ Right side");
    assert!(screen.contains("2 attempts") && !screen.contains("✓ left"), "{screen}");

    gates.open("left");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well, "{screen}");
    // The tree once, the page drawn, and what it took; nothing of what was drawn before is left.
    assert_eq!(screen.matches("sides").count(), 1, "{screen}");
    assert!(screen.contains("✓ left") && screen.contains("✓ page") && !screen.contains("second"), "{screen}");
    assert!(screen.contains("\nA page\n\nfor Ann and Ann\n\n✓ completed in "), "{screen}");
    assert!(terminal.written().contains("\x1b[32m"), "it has colours");
    assert!(!terminal.written().contains("\x1b[2Jsecond"), "what steps say does nothing");
    assert!(!terminal.written().contains("\x1b[?25l"), "the cursor is never hidden");
}

#[test]
fn no_color_is_respected() {
    let gates = Gates::new("no-color");
    gates.open("left");
    gates.open("right");
    let (mut terminal, _) = run(&gates, &["live"], &[("NO_COLOR", "1")], SIZE);
    let (screen, _) = terminal.wait_end();
    assert!(screen.contains("for Ann and Ann"), "{screen}");
    let written = terminal.written();
    let sequences: Vec<_> = written
        .split("\x1b[")
        .skip(1)
        .filter_map(|rest| rest.find(|letter: char| letter.is_ascii_alphabetic()).map(|end| &rest[..=end]))
        .collect();
    assert!(sequences.iter().all(|sequence| !sequence.ends_with('m')), "{sequences:?}");
}

#[test]
fn a_small_terminal_shows_what_fits() {
    let gates = Gates::new("small");
    let (mut terminal, _) = run(&gates, &["live"], &[], (24, 5));
    let screen = terminal.wait("the end of the tree", |screen| screen.contains("second") && screen.contains("Right side"));
    assert!(screen.lines().next().is_some_and(|line| line.contains("Live")) && screen.contains('⋮'), "{screen}");
    gates.open("left");
    gates.open("right");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.contains("✓ completed in"), "{screen}");
}

#[test]
fn elsewhere_a_run_is_lines() {
    let gates = Gates::new("lines");
    gates.open("left");
    gates.open("right");
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_programs"))
        .arg("live")
        .env("AGNO_GATES", &gates.0)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    let text = String::from_utf8(program.stdout).expect("it is text");
    assert!(program.status.success() && !text.contains('\x1b'), "{text}");
    assert!(text.contains("↻ sides/right  the site is busy; attempt 2 in ") && text.contains("│ sides/left  first, Ann\n"), "{text}");
    assert!(text.contains("\n\n# A page\n\nfor **Ann** and\n`Ann`\n"), "text stays as it is: {text}");
}

#[test]
fn questions_are_asked_in_place() {
    let gates = Gates::new("questions");
    let (mut terminal, keyboard) = run(&gates, &["questions"], &[], SIZE);
    let screen = terminal.wait_for("answer (1 to 2, or the word): ");
    assert!(screen.contains("? Publish it?  people/review (Review)") && screen.contains("2 PublishAs  Under another title."), "{screen}");

    // What is no choice is refused, and Tab completes what is one.
    keyboard.line("burn it").expect("it is typed");
    terminal.wait_for("✗ the value: `burn it` is none of `Publish`, `PublishAs`");
    keyboard.text("PublishA").expect("it is typed");
    keyboard.text(key::TAB).expect("it is typed");
    terminal.wait_for("PublishAs\u{20}");
    keyboard.text(key::ENTER).expect("it is typed");
    terminal.wait_for("PublishAs (text): ");
    keyboard.line("日本語").expect("it is typed");

    // Parts are asked for one after the other; what is wrong is said with its pointer.
    terminal.wait_for("? Who wrote it?");
    keyboard.text(key::ENTER).expect("it is typed");
    terminal.wait_for("name (text): ");
    keyboard.line("A").expect("it is typed");
    terminal.wait_for("✗ /name: ");
    keyboard.line("Ann").expect("it is typed");
    let screen = terminal.wait_for("age (integer, 18 to 120): ");
    assert!(screen.contains("In years."), "{screen}");
    keyboard.line("many").expect("it is typed");
    terminal.wait_for("✗ /age: \"many\" is not of type \"integer\"");
    keyboard.line("42").expect("it is typed");
    terminal.wait_for("nick (text; empty: nothing): ");
    keyboard.text(key::ENTER).expect("it is typed");

    terminal.wait_for("answer (yes or no): ");
    keyboard.line("y").expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    let expected = r#"A text. PublishAs("日本語") Author { name: "Ann", age: 42, nick: None } true"#;
    assert!(ended_well && screen.contains(expected), "{screen}");
    assert!(terminal.is_sane());
}

#[test]
fn a_question_may_be_answered_in_json() {
    let gates = Gates::new("json");
    let (mut terminal, keyboard) = run(&gates, &["handle"], &[], SIZE);
    terminal.wait_for("answer (1 to 2, or the word): ");
    keyboard.line(r#"{ "PublishAs": "x" }"#).expect("it is typed");
    terminal.wait_for("? Who wrote it?");
    keyboard.line(r#"{ "name": "A", "age": 7 }"#).expect("it is typed");
    terminal.wait("both violations", |screen| screen.contains("✗ /name: ") && screen.contains("✗ /age: 7 is less than the minimum of 18"));
    keyboard.line("{ what").expect("it is typed");
    terminal.wait_for("✗ the value: this is no JSON: ");
    keyboard.line(r#"{ "name": "Ann", "age": 42 }"#).expect("it is typed");
    terminal.wait_for("answer (yes or no): ");
    keyboard.line("no").expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.contains(r#"PublishAs("x")"#) && screen.contains("nick: None } false"), "{screen}");
}

#[test]
fn a_question_may_be_left_open() {
    for leave in [key::CTRL_C, key::CTRL_D] {
        let gates = Gates::new("left-open");
        let (mut terminal, keyboard) = run(&gates, &["questions"], &[], SIZE);
        terminal.wait_for("answer (1 to 2, or the word): ");
        keyboard.text(leave).expect("it is typed");
        let (screen, ended_well) = terminal.wait_end();
        assert!(ended_well && screen.contains("? waits for an answer after "), "{screen}");
        assert!(
            screen.contains("? people/author (Author)  Who wrote it?")
                && screen.contains(".answer_json(\"r-1\", \"people/author\", json!("),
            "{screen}"
        );
        assert!(terminal.is_sane());
    }
}

#[test]
fn a_question_is_taken_back_when_its_time_is_over() {
    let gates = Gates::new("hurry");
    let (mut terminal, _) = run(&gates, &["hurry"], &[], SIZE);
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.contains("the time to answer is over\n"), "{screen}");
    assert!(screen.contains("\n\nA text. default\n\n✓ completed in "), "{screen}");
    assert!(terminal.is_sane());
}

#[test]
fn runs_may_be_looked_at_afterwards() {
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_programs")).arg("afterwards").output().expect("it runs");
    let text = String::from_utf8(program.stdout).expect("it is text");
    assert!(program.status.success(), "{text}");
    let lines: Vec<_> = text.lines().map(|line| line.split("  until ").next().unwrap_or_default()).collect();
    let begins = |lines: &[&str], expected: &[&str]| {
        assert!(lines.len() >= expected.len() && lines.iter().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{text}");
    };
    begins(
        &lines,
        &[
            "? run r-1",
            "? waits for an answer after ",
            "? answer (String)  Quick?",
            "  answer with `.answer(\"r-1\", \"answer\", \"text\")`",
        ],
    );
    begins(
        &lines[4..],
        &[
            "✗ run r-1",
            "├─ ✓ answer",
            "└─ ✗ fail_at_last  ",
            "     the site is busy",
            "✗ failed after ",
            "run `r-1` failed at `fail_at_last`",
        ],
    );
    begins(&lines[10..], &["▶ Hurry  run r-2", "? answer  Quick? (String)", "? waits for an answer after ", "? answer (String)  Quick?"]);
    begins(&lines[15..], &["✓ Greet  run r-3", "└─ ✓ greet  ", "", "Ann is 42", "", "✓ completed in "]);
}
