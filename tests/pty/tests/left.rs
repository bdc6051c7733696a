//! Runs that a conversation has left in a store, and what other processes make of them.

#![cfg(unix)]

mod programs;

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use agno_pty::{Keyboard, Terminal, key};
use programs::{Gates, SIZE, run};

const PROMPT: &str = "You> ";
const QUESTION: &str = "answer (yes or no): ";

/// A conversation that stands at the question of its first run.
fn asked(test: &str) -> (Gates, Terminal, Keyboard) {
    let gates = Gates::new(test);
    let (terminal, keyboard) = run(&gates, &["letter", "--stream"], &[], SIZE);
    terminal.wait_for(PROMPT);
    keyboard.line("Ann").expect("it is typed");
    terminal.wait_for(QUESTION);
    (gates, terminal, keyboard)
}

/// The run of which a conversation says how it was left, and that it can go on elsewhere.
fn left_run(screen: &str, state: &str) -> String {
    let run_id = screen.lines().find_map(|line| line.strip_prefix("run ")?.strip_suffix(state)).expect("the run is told");
    let how = format!(
        "`.session(\"s-1\")` goes on with it, and so does `.resume(\"{run_id}\")`\nit is in the database, and may go on in another process"
    );
    // The lines are wider than the screen.
    assert!(screen.replace('\n', "").contains(&how.replace('\n', "")), "{screen}");
    run_id.to_owned()
}

/// What steps have done so far, in all processes.
fn done(gates: &Gates) -> Vec<String> {
    std::fs::read_to_string(gates.0.join("done")).expect("something was done").lines().map(str::to_owned).collect()
}

/// Another process without a terminal.
fn elsewhere(gates: &Gates, args: &[&str], input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_programs"))
        .args(args)
        .env("AGNO_GATES", &gates.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    program.stdin.take().expect("it has an input").write_all(input.as_bytes()).expect("it reads");
    program.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).expect("it is text")
}

const SENT: &str = "posted: Dear Ann, sealed: true";

#[test]
fn a_question_that_was_left_is_answered_in_another_process() {
    for leave in [key::CTRL_D, key::CTRL_C] {
        let (gates, mut terminal, keyboard) = asked("left-answer");
        keyboard.text(leave).expect("it is typed");
        let (screen, ended_well) = terminal.wait_end();
        assert!(ended_well, "{screen}");
        let run_id = left_run(&screen, " waits for an answer");
        assert_eq!(done(&gates), ["draft"]);

        // To resume it answers nothing: it says what it waits for.
        let resumed = elsewhere(&gates, &["letter-resume", &run_id], "");
        let error = String::from_utf8_lossy(&resumed.stderr);
        assert!(!resumed.status.success() && error.contains("Send it?") && error.contains(&run_id), "{error}");

        gates.open("seal");
        assert_eq!(said(&elsewhere(&gates, &["letter-answer", &run_id], "")), format!("{SENT}\n"));
        assert_eq!(done(&gates), ["draft", "seal", "post"], "nothing that was recorded ran again");
    }
}

#[test]
fn the_next_conversation_of_the_session_asks_again_in_another_process() {
    let (gates, mut terminal, keyboard) = asked("left-session");
    keyboard.text(key::CTRL_D).expect("it is typed");
    let (screen, _) = terminal.wait_end();
    let run_id = left_run(&screen, " waits for an answer");

    // This one comes to its end before there is an answer, and leaves the run as it was.
    let text = said(&elsewhere(&gates, &["letter"], "")).to_owned();
    assert!(text.contains(&format!("run {run_id} is not finished and goes on\n")), "{text}");
    assert_eq!(left_run(&text, " waits for an answer"), run_id);

    gates.open("seal");
    let (mut terminal, keyboard) = run(&gates, &["letter"], &[], SIZE);
    terminal.wait_for(QUESTION);
    keyboard.line("y").expect("it is typed");
    terminal.wait_for(SENT);
    terminal.wait("a prompt", |screen| screen.trim_end().ends_with(PROMPT.trim_end()));
    keyboard.text(key::CTRL_D).expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && !screen.contains("waits for an answer"), "{screen}");
    assert_eq!(done(&gates), ["draft", "seal", "post"]);

    let text = said(&elsewhere(&gates, &["letter"], "")).to_owned();
    assert!(!text.contains("goes on"), "it has ended: {text}");
}

#[test]
fn a_run_that_was_left_at_work_goes_on_in_another_process() {
    let (gates, mut terminal, keyboard) = asked("left-at-work");
    keyboard.line("y").expect("it is typed");
    terminal.wait_for("the wax is warm");
    keyboard.text(key::CTRL_C).expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well, "{screen}");
    let run_id = left_run(&screen, " was left while it ran");
    gates.open("seal");
    assert_eq!(said(&elsewhere(&gates, &["letter-resume", &run_id], "")), format!("{SENT}\n"));
    assert_eq!(done(&gates), ["draft", "seal", "seal", "post"], "what was at work is all that ran again");
}

#[test]
fn a_terminal_that_is_closed_leaves_its_run_to_the_next_conversation() {
    let (gates, terminal, keyboard) = asked("left-closed");
    keyboard.line("y").expect("it is typed");
    terminal.wait_for("the wax is warm");
    // Killed, with a run at work: it can say nothing any more.
    drop(terminal);
    gates.open("seal");
    let text = said(&elsewhere(&gates, &["letter"], "")).to_owned();
    assert!(text.contains("is not finished and goes on\n") && text.contains(SENT), "{text}");
    assert_eq!(done(&gates), ["draft", "seal", "seal", "post"]);
}
