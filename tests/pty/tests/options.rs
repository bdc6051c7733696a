//! Each option of `print()` and of `cli()`: what is different with it. And what runs show that have ended.

#![cfg(unix)]

mod programs;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use agno_pty::{Terminal, key};
use programs::{Gates, SIZE, run};

/// What a run shows, where times are equal: on a terminal once it has ended, and in a pipe.
fn shown(program: &str, without: &[&str]) -> (String, String) {
    let gates = Gates::new(&format!("shown-{program}-{}", without.join("-")));
    gates.open("left");
    gates.open("right");
    let args: Vec<_> = [program].iter().chain(without).copied().collect();
    let (mut terminal, _keyboard) = run(&gates, &args, &[], SIZE);
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well, "{screen}");
    (timeless(&screen), piped(&gates, &args))
}

fn piped(gates: &Gates, args: &[&str]) -> String {
    let program =
        Command::new(env!("CARGO_BIN_EXE_programs")).args(args).env("AGNO_GATES", &gates.0).stdin(Stdio::null()).output().expect("it runs");
    timeless(&String::from_utf8(program.stdout).expect("it is text"))
}

/// `1.2 ms` is `(time)`; that steps took more than the run, which depends on the machine, is left out.
fn timeless(text: &str) -> String {
    let line = |line: &str| {
        let mut words: Vec<&str> = Vec::new();
        for word in line.split(' ') {
            match words.last_mut() {
                Some(number) if matches!(word, "ms" | "s") && number.parse::<f64>().is_ok() => *number = "(time)",
                _ => words.push(word),
            }
        }
        words.join(" ").replace(" · (time) in steps", "")
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

const TREE: &str = "\
✓ Live  run r-1
├─ ✓ sides  (time)
│  ├─ ✓ left  (time)
│  └─ ✓ Right side (right)  (time) · 2 attempts
└─ ✓ page  (time)
";
const PAGE: &str = "A page\n\nfor Ann and Ann\n";
const TEXT: &str = "# A page\n\nfor **Ann** and\n`Ann`\n";
const SUMMARY: &str = "✓ completed in (time) · 3 steps · 4 attempts";

#[test]
fn without_options_everything_is_shown() {
    let (screen, piped) = shown("live", &[]);
    assert_eq!(screen, format!("{TREE}\n{PAGE}\n{SUMMARY}"));
    assert!(piped.starts_with("▶ Live  run r-1\n▶ sides  2 branches\n"), "{piped}");
    assert!(piped.contains("\n│ sides/left  first, Ann\n"), "{piped}");
    assert!(piped.ends_with(&format!("\n✓ page  (time)\n\n{TEXT}\n{SUMMARY}")), "{piped}");
}

#[test]
fn without_steps_there_is_the_output() {
    let (screen, piped) = shown("live", &["steps"]);
    assert_eq!(screen, format!("{PAGE}\n{SUMMARY}"));
    assert_eq!(piped, format!("{TEXT}\n{SUMMARY}"));
}

#[test]
fn without_steps_a_terminal_shows_them_while_they_run() {
    let gates = Gates::new("while-they-run");
    let (mut terminal, _keyboard) = run(&gates, &["live", "steps"], &[], SIZE);
    terminal.wait_for("nearly there");
    gates.open("left");
    gates.open("right");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.starts_with("A page\n"), "{screen}");
}

#[test]
fn without_stream_nothing_that_steps_emit_is_shown() {
    let gates = Gates::new("no-stream");
    let (mut terminal, _keyboard) = run(&gates, &["live", "stream"], &[], SIZE);
    // The right side comes so far after the left one has said all that it says.
    let screen = terminal.wait_for("nearly there");
    assert!(screen.contains(" left  ") && !terminal.written().contains("first, Ann"), "{screen}");
    gates.open("left");
    gates.open("right");
    assert!(terminal.wait_end().1);
    let (_, piped) = shown("live", &["stream"]);
    assert!(piped.contains("▶ sides/left\n") && !piped.contains('│'), "{piped}");
}

#[test]
fn without_markdown_text_stays_as_it_is() {
    let (screen, _) = shown("live", &["markdown"]);
    assert_eq!(screen, format!("{TREE}\n{TEXT}\n{SUMMARY}"));
}

#[test]
fn without_content_there_is_what_the_run_took() {
    let (screen, piped) = shown("live", &["content"]);
    assert_eq!(screen, format!("{TREE}{SUMMARY}"));
    assert!(!piped.contains("A page") && piped.ends_with(&format!("✓ page  (time)\n{SUMMARY}")), "{piped}");
}

#[test]
fn without_summary_the_output_is_the_end() {
    let (screen, piped) = shown("live", &["summary"]);
    assert_eq!(screen, format!("{TREE}\n{PAGE}").trim_end());
    assert!(piped.ends_with(TEXT.trim_end()), "{piped}");
    // What another program reads: the output alone.
    assert_eq!(shown("live", &["summary", "steps"]).1, TEXT.trim_end());
}

#[test]
fn without_questions_it_is_said_how_to_answer_them() {
    let how = r#"
? people/review (Review)  Publish it?
  answer with `.answer("r-1", "people/review", "Publish")`, or `{"PublishAs":"text"}`
? people/author (Author)  Who wrote it?
  answer with `.answer_json("r-1", "people/author", json!({"age":18,"name":"text"}))`"#;
    // The lines are wider than most terminals.
    let gates = Gates::new("no-questions");
    let (mut terminal, _keyboard) = run(&gates, &["questions", "questions"], &[], (120, 50));
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && screen.trim_end().ends_with(how), "{screen}");
    // Where nobody can be asked, it is so without the option.
    for args in [&["questions", "questions"][..], &["questions"]] {
        let piped = piped(&gates, args);
        assert!(piped.ends_with(how), "{piped}");
    }
}

#[test]
fn a_run_that_has_ended_shows_the_same() {
    let (screen, piped) = shown("finished", &[]);
    assert_eq!(screen, format!("{TREE}\n{PAGE}\n{SUMMARY}"));
    assert_eq!(piped, format!("{TREE}\n{TEXT}\n{SUMMARY}"));
}

#[test]
fn a_page_in_a_field_is_a_page() {
    let tree = "✓ Articles  run r-1\n└─ ✓ article  (time)\n";
    let summary = "✓ completed in (time) · 1 step";
    let (screen, piped) = shown("article", &[]);
    let fields = "tags: [\n  \"a\"\n]\ntext:\n  A page\n\n  for you\ntitle: \"One\"\n";
    assert_eq!(screen, format!("{tree}\n{fields}\n{summary}"));
    let json = r##"{
  "tags": [
    "a"
  ],
  "text": "# A page\n\nfor **you**",
  "title": "One"
}
"##;
    assert_eq!(piped, format!("{tree}\n{json}\n{summary}"));
}

/// A conversation in a terminal, of which the first prompt is there.
fn talk(test: &str, args: &[&str], prompt: &str) -> (Gates, Terminal, agno_pty::Keyboard) {
    let gates = Gates::new(test);
    let (terminal, keyboard) = run(&gates, args, &[], SIZE);
    terminal.wait("a prompt", |screen| screen.trim_end().ends_with(prompt));
    (gates, terminal, keyboard)
}

/// Says a line, and gives the screen when the next prompt is there.
fn say(terminal: &Terminal, keyboard: &agno_pty::Keyboard, line: &str, prompt: &str) -> String {
    let before = terminal.screen().matches(prompt).count();
    keyboard.line(line).expect("it is typed");
    terminal.wait("the next prompt", |screen| screen.matches(prompt).count() > before)
}

#[test]
fn a_conversation_without_options_has_a_session_of_its_own() {
    let session = |test: &str| {
        let (_gates, mut terminal, keyboard) = talk(test, &["talk"], "You>");
        let screen = terminal.screen();
        keyboard.text(key::CTRL_D).expect("it is typed");
        assert!(terminal.wait_end().1);
        screen.lines().next().and_then(|line| line.strip_prefix("Echo  session ")).map(str::to_owned).expect("it is said")
    };
    let (one, other) = (session("session-1"), session("session-2"));
    assert!(one.len() == 36 && one != other, "{one} {other}");
}

#[test]
fn a_label_stands_before_each_line() {
    let (_gates, mut terminal, keyboard) = talk("label", &["talk", "user=Ann", "label=Me, myself"], "Me, myself>");
    let screen = say(&terminal, &keyboard, "hello", "Me, myself>");
    assert!(screen.contains("Me, myself> hello\nYou said hello.\n") && !screen.contains("Ann>"), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn other_words_end_it() {
    let (_gates, mut terminal, keyboard) = talk("exit-on", &["talk", "exit_on=adieu,so long"], "You>");
    assert!(terminal.screen().contains("\n`adieu` or Ctrl-D ends\n"), "{}", terminal.screen());
    let screen = say(&terminal, &keyboard, "exit", "You>");
    assert!(screen.contains("You said exit."), "{screen}");
    keyboard.line(" So Long ").expect("it is typed");
    let (screen, ended_well) = terminal.wait_end();
    assert!(ended_well && !screen.contains("You said So Long"), "{screen}");
}

#[test]
fn no_word_ends_it_where_there_is_none() {
    let (_gates, mut terminal, keyboard) = talk("exit-on-nothing", &["talk", "exit_on="], "You>");
    assert!(terminal.screen().contains("\nCtrl-D ends\n"), "{}", terminal.screen());
    let screen = say(&terminal, &keyboard, "quit", "You>");
    assert!(screen.contains("You said quit."), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn each_run_gets_what_is_said_about_it() {
    let (_gates, mut terminal, keyboard) = talk("each-run", &["welcome"], "Me>");
    let screen = say(&terminal, &keyboard, "hello", "Me>");
    assert!(screen.contains("hello, says Ann from \"here\""), "{screen}");
    let screen = say(&terminal, &keyboard, "again", "Me>");
    assert!(screen.contains("again, says Ann from \"here\""), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn content_is_shown_as_it_arrives_if_that_is_wanted() {
    let (gates, mut terminal, keyboard) = talk("talk-stream", &["talk", "stream"], "You>");
    keyboard.line("wait").expect("it is typed");
    terminal.wait_for("thinking about it");
    gates.open("reply");
    terminal.wait_for("You said wait.");
    terminal.wait("the next prompt", |screen| screen.trim_end().ends_with("You>"));
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
    assert!(!terminal.screen().contains("thinking about it"), "it is gone with the tree");

    let (gates, mut terminal, keyboard) = talk("talk-no-stream", &["talk"], "You>");
    keyboard.line("wait").expect("it is typed");
    terminal.wait_for(" reply  ");
    gates.open("reply");
    terminal.wait_for("You said wait.");
    terminal.wait("the next prompt", |screen| screen.trim_end().ends_with("You>"));
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
    assert!(!terminal.written().contains("thinking about it"));
}

#[test]
fn steps_stay_on_the_screen_if_that_is_wanted() {
    for (args, stay) in [(&["talk", "steps"][..], true), (&["talk"], false)] {
        let (_gates, mut terminal, keyboard) = talk("talk-steps", args, "You>");
        let screen = say(&terminal, &keyboard, "hello", "You>");
        assert_eq!((screen.contains("✓ reply"), screen.contains("✓ completed in")), (stay, stay), "{screen}");
        keyboard.text(key::CTRL_D).expect("it is typed");
        assert!(terminal.wait_end().1);
    }
}

#[test]
fn a_conversation_without_markdown_shows_text_as_it_is() {
    let (_gates, mut terminal, keyboard) = talk("talk-markdown", &["talk", "no-markdown"], "You>");
    let screen = say(&terminal, &keyboard, "hello", "You>");
    assert!(screen.contains("You said **hello**."), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn lines_are_json_if_that_is_wanted() {
    let (_gates, mut terminal, keyboard) = talk("talk-json", &["talk", "json"], "You>");
    assert!(terminal.screen().contains("\na line is JSON; `exit` or Ctrl-D ends\n"), "{}", terminal.screen());
    let screen = say(&terminal, &keyboard, r#""hel\u006co""#, "You>");
    assert!(screen.contains("You said hello."), "{screen}");
    keyboard.text(key::CTRL_D).expect("it is typed");
    assert!(terminal.wait_end().1);
}

#[test]
fn flags_go_before_what_the_program_says() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_programs"))
        .args(["chat", "--session", "other", "--user=Bob", "--steps"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    program.stdin.take().expect("it has an input").write_all(b"hello\n").expect("it reads");
    let output = program.wait_with_output().expect("it ends with its input");
    let text = timeless(&String::from_utf8(output.stdout).expect("it is text"));
    assert!(text.starts_with("Echo  session other\n") && text.contains("\nBob> hello\n"), "{text}");
    assert!(text.contains("\n✓ reply  (time)\n") && text.contains("✓ completed in (time) · "), "{text}");
}
