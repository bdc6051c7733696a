//! What of a run is shown, and what the terminal can show.

use std::io::IsTerminal as _;

/// What of a run is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// The tree of steps.
    pub(super) steps: bool,
    /// Content as it arrives.
    pub(super) stream: bool,
    /// Text is drawn as Markdown.
    pub(super) markdown: bool,
    /// The output, when there is one.
    pub(super) content: bool,
    /// What the run took.
    pub(super) summary: bool,
    /// Open questions are asked.
    pub(super) asks: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { steps: true, stream: true, markdown: true, content: true, summary: true, asks: true }
    }
}

/// What is there to write on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terminal {
    /// Lines can be drawn anew: standard output is a terminal that knows how.
    pub(super) is_live: bool,
    /// Colours and weights may be used.
    pub(super) has_color: bool,
    /// Somebody can be asked: standard input is a terminal too.
    pub(super) can_ask: bool,
}

impl Terminal {
    /// What this process has.
    pub(super) fn here() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_live = std::io::stdout().is_terminal() && !is_dumb;
        // A console of Windows has to be told to understand escape sequences.
        #[cfg(windows)]
        let is_live = is_live && crossterm::ansi_support::supports_ansi();
        Self { is_live, has_color: is_live && !is_set("NO_COLOR"), can_ask: is_live && std::io::stdin().is_terminal() }
    }

    /// Columns and rows; what is no terminal has neither.
    pub(super) fn size(self) -> (usize, usize) {
        if !self.is_live {
            return (usize::MAX, usize::MAX);
        }
        match crossterm::terminal::size() {
            Ok((columns, rows)) if columns > 0 && rows > 0 => (columns.into(), rows.into()),
            _ => (80, 24),
        }
    }
}
