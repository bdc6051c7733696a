//! The chat loop, in a pseudo-terminal.

#![cfg(unix)]

mod programs;

use agno_pty::key;
use programs::{Gates, SIZE, run};

const PROMPT: &str = "You> ";

/// How many prompts there are, which says that the last answer is whole.
fn prompts(number: usize) -> impl Fn(&str) -> bool {
    move |screen| screen.matches(PROMPT).count() == number
}

#[test]
fn a_conversation_ends_with_an_exit_word() {
    let gates = Gates::new("exit");
    let (mut terminal, keyboard) = run(&gates, &["chat"], &[], SIZE);
    let screen = terminal.wait("a prompt", prompts(1));
    assert!(screen.contains("Echo  session s-1\nSays it again.\n`exit` or Ctrl-D ends\n"), "{screen}");
    keyboard.line("hello").expect("it is typed");
    let screen = terminal.wait("an answer", prompts(2));
    assert!(screen.contains("You> hello\nYou said hello.\n"), "{screen}");

    // What was typed comes back, and can be typed again.
    keyboard.text(key::UP).expect("it is typed");
    terminal.wait("the line before", |screen| screen.matches("You> hello").count() == 2);
    keyboard.line(" again").expect("it is typed");
    terminal.wait_for("You said hello again.");
    terminal.wait("an answer", prompts(3));
    keyboard.line(" Bye ").expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && !screen.contains("there is no database"), "{screen}");
    assert!(terminal.is_sane());
}

#[test]
fn ctrl_c_and_ctrl_d_end_it_at_the_prompt() {
    for leave in [key::CTRL_C, key::CTRL_D] {
        let gates = Gates::new("leave");
        let (mut terminal, keyboard) = run(&gates, &["chat"], &[], SIZE);
        terminal.wait("a prompt", prompts(1));
        keyboard.text(leave).expect("it is typed");
        let (screen, ended_well) = terminal.wait_end();
        assert!(ended_well && !screen.contains("there is no database"), "{screen}");
        assert!(terminal.is_sane());
    }
}

#[test]
fn ctrl_c_leaves_a_run_that_runs() {
    let gates = Gates::new("interrupt");
    let (mut terminal, keyboard) = run(&gates, &["chat", "--stream"], &[], SIZE);
    terminal.wait("a prompt", prompts(1));
    keyboard.line("wait").expect("it is typed");
    terminal.wait_for("thinking about it");
    keyboard.text(key::CTRL_C).expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.contains(" was left while it ran\n"), "{screen}");
    assert!(screen.contains("`.session(\"s-1\")` goes on with it") && screen.contains("lost when this process ends"), "{screen}");
    assert!(terminal.is_sane());
}

#[test]
fn what_a_conversation_leaves_the_next_one_goes_on_with() {
    let gates = Gates::new("goes-on");
    let (mut terminal, keyboard) = run(&gates, &["chats"], &[], SIZE);
    terminal.wait("a prompt", prompts(1));
    keyboard.line("ask").expect("it is typed");
    terminal.wait_for("answer (text): ");
    keyboard.text(key::CTRL_D).expect("it is typed");
    let screen = terminal.wait_for("once more");
    assert!(screen.contains(" waits for an answer\n") && screen.contains("lost when this process ends"), "{screen}");
    let screen = terminal
        .wait("the question", |screen| screen.matches("? What then?").count() == 2 && screen.trim_end().ends_with("answer (text):"));
    assert!(screen.contains("is not finished and goes on"), "{screen}");
    keyboard.line("that").expect("it is typed");
    terminal.wait_for("You said that.");
    terminal.wait("a prompt", prompts(2));
    keyboard.line("quit").expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well, "{screen}");
}

#[test]
fn a_failed_step_may_run_again() {
    let gates = Gates::new("again");
    let (mut terminal, keyboard) = run(&gates, &["chat", "--steps"], &[], SIZE);
    terminal.wait("a prompt", prompts(1));
    keyboard.line("fail").expect("it is typed");
    let screen = terminal.wait_for("run the failed step again? (y/N): ");
    assert!(screen.contains("✗ reply") && screen.contains("failed at `reply`: the site is busy"), "{screen}");
    keyboard.line("y").expect("it is typed");
    let screen = terminal.wait("the answer", |screen| screen.contains("You said fail.") && prompts(2)(screen));
    assert!(screen.contains("✓ reply") && screen.contains("✓ completed in "), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn a_form_is_asked_field_by_field_or_taken_as_json() {
    let gates = Gates::new("form");
    let (mut terminal, keyboard) = run(&gates, &["form"], &[], SIZE);
    let screen = terminal.wait_for("Ann> ");
    assert!(screen.contains("an empty line asks for one field after the other; or write JSON"), "{screen}");
    keyboard.text(key::ENTER).expect("it is typed");
    terminal.wait_for("name (text): ");
    keyboard.line("Zoë").expect("it is typed");
    terminal.wait_for("age (integer, 18 to 120): ");
    keyboard.line("17").expect("it is typed");
    terminal.wait_for("✗ /age: 17 is less than the minimum of 18");
    keyboard.line("18").expect("it is typed");
    terminal.wait_for("nick (text; empty: nothing): ");
    keyboard.text(key::ENTER).expect("it is typed");
    terminal.wait_for("Zoë is 18");

    keyboard.line(r#"{ "name": "B", "age": true }"#).expect("it is typed");
    terminal.wait("both violations", |screen| screen.contains("✗ /name: ") && screen.contains("✗ /age: true is not of type \"integer\""));
    keyboard.line(r#"{ "name": "Bea", "age": 30 }"#).expect("it is typed");
    terminal.wait_for("Bea is 30");
    terminal.wait("a prompt", |screen| screen.trim_end().ends_with("Ann>"));
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn every_line_may_be_json() {
    let gates = Gates::new("lines-of-json");
    let (mut terminal, keyboard) = run(&gates, &["chat", "--json"], &[], SIZE);
    terminal.wait("a prompt", prompts(1));
    keyboard.line("hello").expect("it is typed");
    terminal.wait_for("✗ the value: this is no JSON: ");
    terminal.wait("a prompt", prompts(2));
    keyboard.line("\"hello\"").expect("it is typed");
    terminal.wait_for("You said hello.");
    terminal.wait("a prompt", prompts(3));
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was() {
    let gates = Gates::new("panic");
    // Where backtraces are on, a long one would scroll the message away.
    let (mut terminal, _) = run(&gates, &["panic"], &[("RUST_BACKTRACE", "0")], SIZE);
    terminal.wait("a prompt", prompts(1));
    assert!(!terminal.is_sane(), "a line is being edited");
    gates.open("panic");
    let (screen, ended_well) = terminal.wait_end();
    assert!(!ended_well && screen.contains("it panics"), "{screen}");
    assert!(terminal.is_sane());
}

#[test]
fn lines_may_come_from_elsewhere() {
    use std::io::Write as _;
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_programs"))
        .args(["chat", "--stream"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    program.stdin.take().expect("it has an input").write_all(b"hello\nask\nthat\n").expect("it reads");
    let output = program.wait_with_output().expect("it ends with its input");
    let text = String::from_utf8(output.stdout).expect("it is text");
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains(
            "You> hello\nYou said **hello**.\nYou> ask\n? What then?  asks/answer (String)\nanswer (text): that\nYou said **that**.\n"
        ),
        "{text}"
    );
}

#[test]
fn nobody_goes_on_with_what_somebody_else_has_left() {
    use std::io::Write as _;
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_programs"))
        .arg("users")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    program.stdin.take().expect("it has an input").write_all(b"ask\n").expect("it reads");
    let output = program.wait_with_output().expect("it ends with its input");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let (first, rest) = text.split_once("somebody else\n").expect("three conversations");
    let (bob, ann) = rest.split_once("the same one\n").expect("three conversations");
    assert!(first.contains(" waits for an answer\n"), "{text}");
    assert!(!bob.contains("goes on"), "{text}");
    assert!(ann.contains("is not finished and goes on"), "{text}");
}

#[test]
fn wrong_flags_are_refused_and_help_is_given() {
    let run = |flag: &str| std::process::Command::new(env!("CARGO_BIN_EXE_programs")).args(["chat", flag]).output().expect("it runs");
    let wrong = run("--strem");
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("invalid option '--strem'"), "{wrong:?}");
    let help = run("--help");
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success() && text.starts_with("Echo\nSays it again.\n\nOptions:\n  --session <ID>"), "{text}");
}
