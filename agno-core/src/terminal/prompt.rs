//! Reading a line from a person: an editor with history on a terminal, plain lines from elsewhere.

use std::{
    borrow::Cow,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use reedline::{
    Color, ColumnarMenu, DefaultCompleter, Emacs, FileBackedHistory, History as _, HistoryItem, KeyCode, KeyModifiers, MenuBuilder as _,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, default_emacs_keybindings,
};

use super::{
    look::Terminal,
    screen::{write, write_lines},
    text::{Line, clean},
};

/// Lines that the arrow keys go back to.
const REMEMBERED: usize = 500;

/// What a person is asked for.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    /// What stands before the line.
    label: String,
    /// What Tab completes.
    words: Vec<String>,
    /// Whether the arrow keys go back to it later.
    remembers: bool,
}

impl Prompt {
    pub(super) fn new(label: &str) -> Self {
        Self { label: clean(label).replace('\n', " "), words: Vec::new(), remembers: false }
    }

    #[cfg(test)]
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn words(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words = words.into_iter().map(|word| clean(&word)).collect();
        self
    }

    pub(super) fn remembered(mut self) -> Self {
        self.remembers = true;
        self
    }
}

/// What a person says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Line(String),
    /// Ctrl-C, Ctrl-D, or the end of the input.
    End,
}

/// Somebody who can be asked.
pub(super) trait Prompter: Send {
    /// Asks for a line. Dropping the future takes the question back; then [`Self::settle`] has to come before anything is said.
    fn ask(&mut self, prompt: Prompt) -> impl Future<Output = Reply> + Send;

    /// Waits until a question that was taken back has let go of the terminal.
    fn settle(&mut self) -> impl Future<Output = ()> + Send;

    /// Says something.
    fn say(&mut self, lines: &[Line]);
}

/// The person at this process.
#[derive(Debug)]
pub(super) struct Console {
    terminal: Terminal,
    history: Vec<String>,
}

impl Console {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, history: Vec::new() }
    }
}

impl Prompter for Console {
    async fn ask(&mut self, prompt: Prompt) -> Reply {
        let remembers = prompt.remembers;
        let read = if self.terminal.can_ask {
            let history = if remembers { self.history.clone() } else { Vec::new() };
            edit(prompt, history, self.terminal.has_color).await
        } else {
            read(prompt).await
        };
        match read {
            Ok(Some(line)) => {
                if remembers && !line.is_empty() {
                    self.history.push(line.clone());
                    let more = self.history.len().saturating_sub(REMEMBERED);
                    self.history.drain(..more);
                }
                Reply::Line(line)
            }
            Ok(None) => Reply::End,
            Err(error) => {
                self.say(&[Line::new(&format!("the input cannot be read: {error}"))]);
                Reply::End
            }
        }
    }

    async fn settle(&mut self) {
        // The lock is all that is wanted. A thread that panicked with it has let go, too.
        _ = tokio::task::spawn_blocking(|| drop(TERMINAL.lock())).await;
        self.say(&[Line::default()]);
    }

    fn say(&mut self, lines: &[Line]) {
        write_lines(lines, self.terminal);
    }
}

/// There is one terminal. A prompt that was taken back lets go of it a moment later, and the next one waits for that: else the one would undo the
/// other's mode.
static TERMINAL: Mutex<()> = Mutex::new(());

/// Tells the thread that reads that nobody waits for the line any more.
struct TakesBack(Arc<AtomicBool>);

impl Drop for TakesBack {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads a line with the editor, on a thread for blocking work. A runtime that shuts down waits for that thread, which lets go at once, with the
/// terminal as it was.
async fn edit(prompt: Prompt, history: Vec<String>, color: bool) -> io::Result<Option<String>> {
    let stop = Arc::new(AtomicBool::new(false));
    let _takes_back = TakesBack(Arc::clone(&stop));
    let read = tokio::task::spawn_blocking(move || {
        let _terminal = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
        editor(&prompt, history, stop, color)?.read_line(&Label(prompt.label))
    });
    match read.await {
        Ok(Ok(Signal::Success(line))) => Ok(Some(line)),
        Ok(Ok(_)) => Ok(None),
        Ok(Err(error)) => Err(error),
        Err(panicked) => {
            // The editor did not come to put the terminal's mode back.
            crossterm::terminal::disable_raw_mode()?;
            Err(io::Error::other(panicked))
        }
    }
}

fn editor(prompt: &Prompt, history: Vec<String>, stop: Arc<AtomicBool>, color: bool) -> io::Result<Reedline> {
    let mut remembered = FileBackedHistory::new(REMEMBERED).map_err(io::Error::other)?;
    for line in history {
        remembered.save(HistoryItem::from_command_line(line)).map_err(io::Error::other)?;
    }
    let mut completer = DefaultCompleter::with_inclusions(&['-', '_']).set_min_word_len(0);
    completer.insert(prompt.words.clone());
    let mut keys = default_emacs_keybindings();
    let complete = vec![ReedlineEvent::Menu("words".to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
    Ok(Reedline::create()
        .with_ansi_colors(color)
        .with_history(Box::new(remembered))
        .with_completer(Box::new(completer))
        .with_quick_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name("words"))))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_break_signal(stop))
}

/// Reads a line that no person types at a terminal. The thread is not one of the runtime's, which would wait for it at the end.
async fn read(prompt: Prompt) -> io::Result<Option<String>> {
    let (sender, line) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("agno-input".to_owned()).spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map(|bytes| (bytes > 0).then_some(line));
        // Nobody waits for a prompt that was taken back.
        _ = sender.send(read);
    })?;
    let line = line.await.map_err(io::Error::other)??;
    let line = line.map(|line| line.trim_end_matches(['\n', '\r']).to_owned());
    // What a terminal would have shown.
    let typed = line.as_deref().map(clean).unwrap_or_default();
    write(format!("{}{typed}\n", prompt.label).as_bytes());
    Ok(line)
}

/// A label as the editor wants it.
struct Label(String);

impl reedline::Prompt for Label {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("  ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search: {}) ", search.term))
    }

    fn get_prompt_color(&self) -> Color {
        Color::Cyan
    }
}
