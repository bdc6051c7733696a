//! [`Print`]: a run that is shown while it runs. And events from elsewhere, shown by [`print_events`].

use std::{future::IntoFuture, pin::Pin, sync::Arc};

use futures_core::Stream;
use futures_util::StreamExt as _;

use super::{
    ask::{answer, may_answer_again},
    finished::conclude,
    look::{Look, Terminal},
    prompt::{Console, Prompter},
    screen::write_lines,
    tree::{RunTree, Totals},
    view::{View, question_lines},
};
use crate::{
    content::Kept,
    error::{Error, Result, RunError},
    event::Event,
    workflow::{ExtraGiven, Outcome, PausedRun, RunBuilder, RunHandle, RunStream, Runner, Workflow},
};

type Concluded<W> = Result<Outcome<<W as Workflow>::Output, <W as Workflow>::Input>, RunError>;

/// A run that is to be shown on standard output. Await it for what `.outcome()` gives.
///
/// On a terminal it is a live tree, and open questions are asked in place; Ctrl-D leaves them open. Elsewhere it is lines, and the questions are
/// printed with how to answer them. `NO_COLOR` is respected. Output that nobody reads (a closed pipe) does not end the run.
///
/// A dropped future leaves the run resumable, as everywhere.
#[must_use = "a run begins when it is awaited"]
#[derive(Debug)]
pub struct Print<W: Workflow> {
    runner: Runner<W>,
    source: Source<W>,
    look: Look,
}

#[derive(Debug)]
enum Source<W: Workflow> {
    /// A run that this runs; `known`: one that has begun earlier.
    Stream { stream: Box<RunStream<W>>, known: Option<String> },
    /// A run that somebody else runs.
    Handle(RunHandle<W>),
}

impl<W: Workflow, X: ExtraGiven<W>> RunBuilder<W, X> {
    /// Runs, and shows on standard output what happens: see [`Print`]. Awaited, it gives what `.outcome()` gives.
    pub fn print(self) -> Print<W> {
        let known = self.known_run().map(str::to_owned);
        let runner = self.runner.clone();
        Print { runner, source: Source::Stream { stream: Box::new(self.stream()), known }, look: Look::default() }
    }
}

impl<W: Workflow> RunHandle<W> {
    /// Shows on standard output what happens in the run, from its beginning: see [`Print`]. Awaited, it gives what [`RunHandle::wait`] gives,
    /// where a pause is no error. Dropping it changes nothing for the run.
    pub fn print(&self) -> Print<W> {
        Print { runner: self.runner().clone(), source: Source::Handle(self.clone()), look: Look::default() }
    }
}

impl<W: Workflow> Print<W> {
    /// Whether the tree of steps is shown, and stays. Default: yes. Without it a terminal shows it only while the run runs, and anything else not
    /// at all.
    pub fn steps(mut self, show: bool) -> Self {
        self.look.steps = show;
        self
    }

    /// Whether content is shown as it arrives (`ctx.emit`). Default: yes.
    pub fn stream(mut self, show: bool) -> Self {
        self.look.stream = show;
        self
    }

    /// Whether text in the output is drawn as Markdown, on a terminal: the output itself, or fields of several lines. Default: yes.
    pub fn markdown(mut self, draw: bool) -> Self {
        self.look.markdown = draw;
        self
    }

    /// Whether the output is printed. Default: yes.
    pub fn content(mut self, print: bool) -> Self {
        self.look.content = print;
        self
    }

    /// Whether what the run took is printed. Default: yes.
    pub fn summary(mut self, print: bool) -> Self {
        self.look.summary = print;
        self
    }

    /// Whether open questions are asked, where there is a terminal. Default: yes.
    pub fn questions(mut self, ask: bool) -> Self {
        self.look.asks = ask;
        self
    }

    async fn run(self) -> Concluded<W> {
        let Self { runner, source, look } = self;
        let terminal = Terminal::here();
        let mut console = Console::new(terminal);
        let prompter = Some(&mut console).filter(|_| look.asks && terminal.can_ask);
        match source {
            Source::Stream { stream, known } => {
                let view = View::new(look, terminal, known_tree(&runner, known.as_deref()).await);
                follow(&runner, *stream, view, prompter).await
            }
            Source::Handle(handle) => watch(&runner, &handle, look, terminal, prompter).await,
        }
    }
}

impl<W: Workflow> IntoFuture for Print<W> {
    type Output = Concluded<W>;
    type IntoFuture = Pin<Box<dyn Future<Output = Concluded<W>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The tree of a run that has begun earlier, with what it has done.
pub(super) async fn known_tree<W: Workflow>(runner: &Runner<W>, run_id: Option<&str>) -> RunTree {
    let mut tree = RunTree::of(W::PLAN);
    tree.name = runner.name().to_string();
    // A run that cannot be read is reported by the stream.
    if let Some(run_id) = run_id
        && let Ok(Some(run)) = runner.get_run(run_id).await
    {
        tree.run_id = Some(Arc::clone(&run.run_id));
        tree.take_in(&run.steps, &run.metrics);
        tree.set_status(run.status);
    }
    tree
}

/// Shows the run of a stream; asks its questions, and shows the legs that follow.
pub(super) async fn follow<W: Workflow>(
    runner: &Runner<W>,
    mut stream: RunStream<W>,
    mut view: View,
    mut prompter: Option<&mut impl Prompter>,
) -> Concluded<W> {
    loop {
        let mut refused = None;
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => view.event(&event),
                Err(error) => refused = Some(error),
            }
        }
        view.rest();
        let concluded = match (refused, stream.outcome()) {
            (Some(Error::Run(error)), _) => Err(error),
            (Some(other), _) => Err(RunError::Misuse { reason: other.to_string() }),
            (None, Some(concluded)) => concluded,
            (None, None) => Err(RunError::Misuse { reason: "the stream of the run ended before the run".to_owned() }),
        };
        let Some(prompter) = &mut prompter else { return shown::<W>(view, concluded) };
        let next = match &concluded {
            Ok(Outcome::Paused(paused)) => answer(runner, paused, *prompter).await,
            // The run waits as before, and is asked what it waits for.
            Err(error) => may_answer_again(error, *prompter).map(|run_id| runner.resume(run_id)),
            Ok(Outcome::Completed(_)) => None,
        };
        match next {
            Some(next) => stream = next.stream(),
            None => return shown::<W>(view, concluded),
        }
    }
}

/// Shows the run of a handle. Once its leg has ended, answers take it on here.
async fn watch<W: Workflow>(
    runner: &Runner<W>,
    handle: &RunHandle<W>,
    look: Look,
    terminal: Terminal,
    prompter: Option<&mut impl Prompter>,
) -> Concluded<W> {
    let mut view = View::new(look, terminal, RunTree::of(W::PLAN));
    match handle.events(0).await {
        Ok(mut events) => {
            while let Some(event) = events.next().await {
                view.event(&event);
            }
            view.rest();
        }
        // Its events are not kept: its results are.
        Err(_) => {
            let tree = known_tree(runner, Some(handle.id())).await;
            if look.steps {
                let drawing = super::draw::Drawing { width: terminal.size().0, ..super::draw::Drawing::plain() };
                write_lines(&tree.lines(&drawing), terminal);
            }
            view = View::new(look, terminal, tree);
        }
    }
    let concluded = match handle.wait().await {
        Ok(output) => Ok(Outcome::Completed(output)),
        Err(RunError::Paused(paused)) => Ok(Outcome::Paused(*paused)),
        Err(error) => Err(error),
    };
    let (Ok(Outcome::Paused(paused)), Some(prompter)) = (&concluded, prompter) else { return shown::<W>(view, concluded) };
    match answer(runner, paused, prompter).await {
        Some(next) => follow(runner, next.stream(), view, Some(prompter)).await,
        None => shown::<W>(view, concluded),
    }
}

/// Shows what a run came to.
fn shown<W: Workflow>(view: View, concluded: Concluded<W>) -> Concluded<W> {
    let (look, terminal) = (view.look, view.terminal);
    let mut tree = view.into_tree();
    match &concluded {
        Ok(Outcome::Completed(output)) => {
            tree.totals = Totals::from(&output.metrics);
            let content = Kept::new(Arc::clone(&output.content), W::OUTPUT).json().unwrap_or_default();
            conclude(&tree, Some(&content), look, terminal);
        }
        Ok(Outcome::Paused(paused)) => {
            tree.totals = Totals::from(&paused.partial().metrics);
            conclude(&tree, None, look, terminal);
            show_questions(paused, terminal);
        }
        // What cannot begin has nothing to show; the error says it.
        Err(error) => {
            if let Some(run) = error.partial()
                && tree.nodes.contains_key("")
            {
                tree.totals = Totals::from(&run.metrics);
                conclude(&tree, None, look, terminal);
            }
        }
    }
    concluded
}

fn show_questions(paused: &PausedRun, terminal: Terminal) {
    write_lines(&question_lines(paused.run_id(), paused.questions()), terminal);
}

/// What a stream of events may yield: events, as they are, shared, or as results.
pub trait IntoEvent: sealed::Sealed {
    #[doc(hidden)]
    fn into_event(self) -> Result<Arc<Event>>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for Event {}

impl IntoEvent for Event {
    fn into_event(self) -> Result<Arc<Event>> {
        Ok(Arc::new(self))
    }
}

impl sealed::Sealed for Arc<Event> {}

impl IntoEvent for Arc<Event> {
    fn into_event(self) -> Result<Arc<Event>> {
        Ok(self)
    }
}

impl<E: IntoEvent> sealed::Sealed for Result<E> {}

impl<E: IntoEvent> IntoEvent for Result<E> {
    fn into_event(self) -> Result<Arc<Event>> {
        self.and_then(IntoEvent::into_event)
    }
}

/// Shows a run on standard output from its events, as [`RunBuilder::print`] does: of `.stream()`, of `.events(run_id, from)`, or from elsewhere.
/// Open questions are printed, not asked.
///
/// # Errors
/// The first error in the stream, which is not read further.
pub async fn print_events<E: IntoEvent>(events: impl Stream<Item = E>) -> Result<()> {
    let (look, terminal) = (Look::default(), Terminal::here());
    let mut view = View::new(look, terminal, RunTree::default());
    let mut events = std::pin::pin!(events);
    let mut read = Ok(());
    while let Some(event) = events.next().await {
        match event.into_event() {
            Ok(event) => view.event(&event),
            Err(error) => {
                read = Err(error);
                break;
            }
        }
    }
    let tree = view.into_tree();
    if tree.nodes.contains_key("") {
        conclude(&tree, tree.content.as_ref(), look, terminal);
    }
    if !tree.questions.is_empty() {
        write_lines(&question_lines(tree.run_id.as_deref().unwrap_or_default(), &tree.questions), terminal);
    }
    read
}
