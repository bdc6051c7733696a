//! The loop of a conversation.

use std::ops::ControlFlow;

use serde_json::Value;
use uuid::Uuid;

use super::{
    cli::Cli,
    form::{Form, Given},
    hint::is_one_line,
    look::Terminal,
    print::{follow, known_tree},
    prompt::{Console, Prompt, Prompter, Reply},
    text::{BAD, DIM, Line, PLAIN, STRONG, WARN, wrapped},
    view::View,
};
use crate::{
    error::RunError,
    schema::Shape,
    workflow::{ExtraGiven, Outcome, RunBuilder, RunStream, Status, Workflow},
};

/// A conversation with the person at this process.
pub(super) struct Chat<W: Workflow, X> {
    pub(super) cli: Cli<W, X>,
    pub(super) session: String,
    /// Of the input.
    pub(super) schema: Value,
    pub(super) terminal: Terminal,
    pub(super) console: Console,
}

/// How a run is left when the conversation ends.
enum Left {
    Waiting(String),
    Cut(String),
}

impl<W: Workflow, X: ExtraGiven<W>> Chat<W, X> {
    pub(super) async fn talk(mut self) {
        // A person goes on with runs of their own only.
        if let (Some(user), None) = (&self.cli.user, self.cli.runner.user()) {
            self.cli.runner = self.cli.runner.as_user(user);
        }
        self.greet();
        let mut left = self.go_on().await;
        while left.is_none() {
            let input = match self.input().await {
                ControlFlow::Continue(Some(input)) => input,
                ControlFlow::Continue(None) => continue,
                ControlFlow::Break(()) => break,
            };
            let run_id = Uuid::now_v7().to_string();
            let run = (self.cli.prepare)(self.cli.runner.run_json(input)).session(&*self.session).run_id(&*run_id);
            let run = match &self.cli.user {
                Some(user) => run.user(user),
                None => run,
            };
            left = self.show(run_id, run.stream()).await;
        }
        self.part(left);
    }

    fn greet(&mut self) {
        let mut lines = vec![Line::styled(&self.cli.runner.name(), STRONG).with(&format!("  session {}", self.session), DIM)];
        lines.extend(W::PLAN.description.iter().flat_map(|text| wrapped(text.trim(), PLAIN, self.terminal.size().0)));
        let mut how = Vec::new();
        match self.shape() {
            _ if self.cli.json => how.push("a line is JSON".to_owned()),
            Shape::Text => {}
            Shape::Nothing => how.push("an empty line runs it".to_owned()),
            shape if is_one_line(&shape) => {}
            _ => how.push("an empty line asks for one field after the other; or write JSON".to_owned()),
        }
        how.push(match self.cli.exit_on.first() {
            Some(word) => format!("`{word}` or Ctrl-D ends"),
            None => "Ctrl-D ends".to_owned(),
        });
        lines.push(Line::styled(&how.join("; "), DIM));
        self.console.say(&lines);
    }

    fn shape(&self) -> Shape<'_> {
        Shape::of(&self.schema, &self.schema)
    }

    /// A line, or a form, as the input of a run. `Continue(None)`: there was nothing in it that can be run.
    async fn input(&mut self) -> ControlFlow<(), Option<Value>> {
        let label = self.cli.label.as_deref().or(self.cli.user.as_deref()).unwrap_or("You");
        let Reply::Line(line) = self.console.ask(Prompt::new(&format!("{label}> ")).remembered()).await else {
            return ControlFlow::Break(());
        };
        let word = line.trim();
        if self.cli.exit_on.iter().any(|exit| exit.eq_ignore_ascii_case(word)) {
            return ControlFlow::Break(());
        }
        let shape = Shape::of(&self.schema, &self.schema);
        let takes_text = shape == Shape::Text && !self.cli.json;
        let has_fields = !is_one_line(&shape) && !self.cli.json;
        let is_nothing = shape == Shape::Nothing;
        let mut form = Form::new(&mut self.console, &self.schema);
        if word.is_empty() && has_fields {
            return match form.fields().await {
                Given::Value(value) => ControlFlow::Continue(Some(value)),
                Given::Nothing => ControlFlow::Continue(None),
                Given::End => ControlFlow::Break(()),
            };
        }
        if word.is_empty() && !is_nothing {
            return ControlFlow::Continue(None);
        }
        if takes_text {
            return ControlFlow::Continue(Some(Value::from(line)));
        }
        let read = if self.cli.json { form.json(word) } else { form.line(&line) };
        match read {
            Ok(value) => ControlFlow::Continue(Some(value)),
            Err(violations) => {
                form.complain("", &violations);
                ControlFlow::Continue(None)
            }
        }
    }

    /// Goes on with what the session has left open.
    async fn go_on(&mut self) -> Option<Left> {
        let runner = self.cli.runner.clone();
        let run = runner.last_run(&*self.session).await.ok().flatten()?;
        let is_open = matches!(run.status, Status::Pending | Status::Running | Status::Paused) && run.workflow_id == runner.id();
        if !is_open {
            return None;
        }
        self.console.say(&[Line::styled(&format!("run {} is not finished and goes on", run.run_id), DIM)]);
        self.show(run.run_id.to_string(), runner.resume(&*run.run_id).stream()).await
    }

    /// Runs, and shows what comes of it; what failed may be run again.
    async fn show(&mut self, run_id: String, stream: RunStream<W>) -> Option<Left> {
        let runner = self.cli.runner.clone();
        let mut stream = stream;
        loop {
            let tree = known_tree(&runner, None).await;
            let view = View::new(self.cli.look, self.terminal, tree);
            let concluded = tokio::select! {
                concluded = follow(&runner, stream, view, Some(&mut self.console)) => concluded,
                () = interrupted() => {
                    self.console.settle().await;
                    return Some(Left::Cut(run_id));
                }
            };
            match concluded {
                Ok(Outcome::Completed(_)) => return None,
                Ok(Outcome::Paused(paused)) => return Some(Left::Waiting(paused.run_id().to_owned())),
                Err(RunError::InvalidInput(violations)) => {
                    Form::new(&mut self.console, &self.schema).complain("", &violations);
                    return None;
                }
                Err(error) => {
                    self.console.say(&[Line::styled(&error.to_string(), BAD)]);
                    let again: RunBuilder<W, _> = self.wants_again(&error).await?;
                    stream = again.stream();
                }
            }
        }
    }

    /// Whether the step that failed is to run again.
    async fn wants_again(&mut self, error: &RunError) -> Option<RunBuilder<W, crate::workflow::WithExtra>> {
        let run_id = error.run_id()?.to_owned();
        if !matches!(error, RunError::Failed { .. }) || !self.terminal.can_ask {
            return None;
        }
        match self.console.ask(Prompt::new("run the failed step again? (y/N): ")).await {
            Reply::Line(line) if matches!(line.trim(), "y" | "Y" | "yes") => Some(self.cli.runner.resume(run_id)),
            _ => None,
        }
    }

    /// Says what is left.
    fn part(&mut self, left: Option<Left>) {
        let (state, run_id) = match left {
            None => return,
            Some(Left::Waiting(run_id)) => ("waits for an answer", run_id),
            Some(Left::Cut(run_id)) => ("was left while it ran", run_id),
        };
        let first = Line::styled("run ", WARN).with(&run_id, STRONG).with(&format!(" {state}"), WARN);
        let how = format!("`.session(\"{}\")` goes on with it, and so does `.resume(\"{run_id}\")`", self.session);
        let kept = match self.cli.runner.store() {
            Some(_) => Line::styled("it is in the database, and may go on in another process", DIM),
            None => Line::styled("there is no database: the run is lost when this process ends", WARN),
        };
        self.console.say(&[first, Line::styled(&how, DIM), kept]);
    }
}

/// Ctrl-C, while a run runs. At a prompt it is a key.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nothing can be heard of it then: the process ends as it would without us.
        std::future::pending().await
    }
}
