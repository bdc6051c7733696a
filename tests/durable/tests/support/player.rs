//! Another process, and what it says.

use std::process::Stdio;

use agno_durable::{EFFECTS, effects::GATES};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{Place, soon};

/// A process that works on a run. It is killed with this value.
pub(crate) struct Player {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    gates: ChildStdin,
    /// Whether it stands at a gate, as far as this is known.
    stands: bool,
}

impl Player {
    /// `what`: what it does, with which run, and how.
    pub(crate) fn new(place: &Place, what: &[&str], gated: bool) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_player"));
        command.arg(&place.address).args(what).env(EFFECTS, place.effects_file());
        if gated {
            command.env(GATES, "closed");
        }
        Self::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let gates = child.stdin.take().expect("it is piped");
        Self { child, lines, gates, stands: false }
    }

    /// What it says next. `None`: it has ended.
    pub(crate) async fn says(&mut self) -> Option<String> {
        let line = soon(self.lines.next_line()).await.expect("it is text");
        self.stands = line.as_ref().is_some_and(|line| line.starts_with("at "));
        line
    }

    /// Waits until it stands still at a step.
    pub(crate) async fn stands(&mut self) -> String {
        loop {
            match self.says().await.expect("it goes on") {
                line if line == "recorded" => {}
                line => break line.strip_prefix("at ").unwrap_or_else(|| panic!("it stands nowhere, and says: {line}")).to_owned(),
            }
        }
    }

    /// Opens one gate.
    pub(crate) async fn go(&mut self) {
        self.gates.write_all(b"\n").await.expect("it reads");
    }

    /// Lets it go on until it stands at this step, which has done what it does, and has not been recorded.
    pub(crate) async fn until(&mut self, path: &str) {
        while self.stands().await != path {
            self.go().await;
        }
    }

    /// Opens the gate where it stands, if it stands at one, and all others, and gives the last that it says.
    pub(crate) async fn ends(mut self) -> String {
        if std::mem::take(&mut self.stands) {
            self.go().await;
        }
        let mut last = String::new();
        while let Some(line) = self.says().await {
            if line.starts_with("at ") {
                self.go().await;
            }
            last = line;
        }
        let status = soon(self.child.wait()).await.expect("it ends");
        assert!(status.success(), "{status}");
        last
    }

    /// `SIGKILL`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it lives");
    }
}
