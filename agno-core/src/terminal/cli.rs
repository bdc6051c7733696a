//! [`Cli`]: a workflow as a conversation in a terminal.

use std::{ffi::OsString, future::IntoFuture, pin::Pin};

use serde_json::Value;
use uuid::Uuid;

use super::{
    args::{Args, HELP},
    chat::Chat,
    look::{Look, Terminal},
    prompt::Console,
    screen::write_lines,
    text::{Line, PLAIN, STRONG, wrapped},
};
use crate::{
    error::{Error, Result},
    workflow::{ExtraGiven, RunBuilder, Runner, WithoutExtra, Workflow},
};

/// What is done to each run before it begins.
pub(super) type Prepare<W, X> = Box<dyn Fn(RunBuilder<W, WithoutExtra>) -> RunBuilder<W, X> + Send + Sync>;

/// A workflow as a conversation: reads a line, runs the workflow on it, prints what it gives, and so on.
///
/// All runs are of one session. Text is taken as it is typed; any other input is asked for field by field, or taken as JSON, and what is wrong
/// with it is said with its pointer. Open questions are asked in place. The arrow keys go through what was typed before.
///
/// An exit word, Ctrl-D or Ctrl-C ends the loop. A run that is under way then, or that waits for an answer, is left resumable: `.session(id)` of the same
/// workflow goes on with it first. Without a database that holds as long as the process does, and the loop says so.
///
/// Where standard input is no terminal, lines are read from it until it ends.
///
/// ```no_run
/// # use agno_core::Workflow;
/// # async fn chat<W: Workflow>(workflow: W) -> agno_core::Result<()> where agno_core::WithoutExtra: agno_core::ExtraGiven<W> {
/// workflow.cli().user("Ann").session("s-1").exit_on(["bye"]).stream(true).await
/// # }
/// ```
#[must_use = "a conversation begins when it is awaited"]
pub struct Cli<W: Workflow, X = WithoutExtra> {
    pub(super) runner: Runner<W>,
    pub(super) prepare: Prepare<W, X>,
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    pub(super) label: Option<String>,
    pub(super) exit_on: Vec<String>,
    pub(super) json: bool,
    pub(super) look: Look,
    args: Option<Vec<OsString>>,
}

impl<W: Workflow, X> std::fmt::Debug for Cli<W, X> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cli").field("workflow", &W::PLAN.type_name).field("session", &self.session).finish_non_exhaustive()
    }
}

impl<W: Workflow> Runner<W> {
    /// Talks with somebody at the terminal: see [`Cli`].
    pub fn cli(&self) -> Cli<W> {
        Cli {
            runner: self.clone(),
            prepare: Box::new(|run| run),
            session: None,
            user: None,
            label: None,
            exit_on: ["exit", "quit", "bye", "stop"].map(str::to_owned).to_vec(),
            json: false,
            look: Look { steps: false, stream: false, summary: false, ..Look::default() },
            args: None,
        }
    }
}

impl<W: Workflow, X> Cli<W, X> {
    /// The session of all runs. Without it the conversation is a new one.
    pub fn session(mut self, session_id: impl Into<String>) -> Self {
        self.session = Some(session_id.into());
        self
    }

    /// The user whose runs these are; also what stands before each line, unless [`Self::label`] says otherwise.
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user = Some(user_id.into());
        self
    }

    /// What stands before each line that is typed. Default: the user, else `You`.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The words that end the conversation, in upper or lower case; without any, Ctrl-D does. Default: `exit`, `quit`, `bye`, `stop`.
    pub fn exit_on<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.exit_on = words.into_iter().map(Into::into).collect();
        self
    }

    /// Whether content is shown as it arrives (`ctx.emit`); elsewhere than on a terminal only with [`Self::steps`]. Default: no.
    pub fn stream(mut self, show: bool) -> Self {
        self.look.stream = show;
        self
    }

    /// Whether the steps of each run stay on the screen, with what the run took. Default: no; a terminal shows them while the run runs.
    pub fn steps(mut self, show: bool) -> Self {
        self.look.steps = show;
        self.look.summary = show;
        self
    }

    /// Whether text in the output is drawn as Markdown, on a terminal: the output itself, or fields of several lines. Default: yes.
    pub fn markdown(mut self, draw: bool) -> Self {
        self.look.markdown = draw;
        self
    }

    /// Whether every line is JSON, text included. Default: no.
    pub fn json(mut self, json: bool) -> Self {
        self.json = json;
        self
    }

    /// Reads command-line flags, which go before what is set here: `--session`, `--user`, `--stream`, `--steps`, `--json`, `--help`. Give it
    /// `std::env::args_os().skip(1)`. A flag that is none of these is an error when the conversation begins.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args = Some(args.into_iter().map(Into::into).collect());
        self
    }

    /// Says more about each run before it begins: `.each_run(|run| run.metadata(json!({ "from": "chat" })))`. A workflow that declares additional data
    /// gets it here, by `run.extra(…)`.
    pub fn each_run<Y>(self, prepare: impl Fn(RunBuilder<W, WithoutExtra>) -> RunBuilder<W, Y> + Send + Sync + 'static) -> Cli<W, Y> {
        let Self { runner, prepare: _, session, user, label, exit_on, json, look, args } = self;
        Cli { runner, prepare: Box::new(prepare), session, user, label, exit_on, json, look, args }
    }

    fn read_args(&mut self) -> Result<Args> {
        let args = Args::read(self.args.take().unwrap_or_default()).map_err(Error::other)?;
        if args.session.is_some() {
            self.session.clone_from(&args.session);
        }
        if args.user.is_some() {
            self.user.clone_from(&args.user);
        }
        self.json |= args.json;
        self.look.stream |= args.stream;
        self.look.steps |= args.steps;
        self.look.summary |= args.steps;
        Ok(args)
    }

    fn print_help(&self) {
        let mut lines = vec![Line::styled(&self.runner.name(), STRONG)];
        lines.extend(W::PLAN.description.iter().flat_map(|text| wrapped(text.trim(), PLAIN, usize::MAX)));
        lines.push(Line::default());
        lines.extend(wrapped(HELP, PLAIN, usize::MAX));
        write_lines(&lines, Terminal::here());
    }
}

impl<W: Workflow, X: ExtraGiven<W>> IntoFuture for Cli<W, X> {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

    /// # Errors
    /// A command-line flag is wrong. What goes wrong in a run is printed, and the conversation goes on.
    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            if self.read_args()?.help {
                self.print_help();
                return Ok(());
            }
            let session = self.session.take().unwrap_or_else(|| Uuid::now_v7().to_string());
            let schema = Value::from(W::INPUT.schema());
            let terminal = Terminal::here();
            Chat { cli: self, session, schema, terminal, console: Console::new(terminal) }.talk().await;
            Ok(())
        })
    }
}
