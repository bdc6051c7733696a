//! The live tree: a block of lines at the end of the terminal that is drawn anew while the run goes on.
//!
//! The cursor is never hidden, no mode of the terminal is changed and no other screen is used: whatever ends the process, a panic or Ctrl-C, the terminal is as it was.

use std::{
    io::{self, Write as _},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use crossterm::{
    cursor::{MoveToColumn, MoveUp},
    queue,
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};
use jiff::Timestamp;

use super::{draw::Drawing, look::Terminal, text::Line, tree::RunTree};

/// Time between two drawings.
const FRAME: Duration = Duration::from_millis(80);

/// Writes lines to standard output. That nobody reads them (a closed pipe) is no failure of the run.
pub(super) fn write_lines<'l>(lines: impl IntoIterator<Item = &'l Line>, terminal: Terminal) {
    let text: String = lines.into_iter().map(|line| line.paint(terminal.has_color) + "\n").collect();
    write(text.as_bytes());
}

/// Writes what is ready to be written.
pub(super) fn write(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// A tree that is drawn anew by a thread of its own: a step that keeps the run's task busy does not stop it.
#[derive(Debug)]
pub(super) struct Painter {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Block>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<Painted>,
    changed: Condvar,
}

#[derive(Debug)]
struct Painted {
    tree: RunTree,
    stops: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Painted> {
        // A panic while it is held can only come from an allocation; what is painted is whole then.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Painter {
    /// Begins to draw.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn start(tree: RunTree, terminal: Terminal, streams: bool) -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::new(Painted { tree, stops: false }), changed: Condvar::new() });
        let painted = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("agno-terminal".to_owned()).spawn(move || paint(&painted, terminal, streams))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Changes the tree. It is drawn with the next frame.
    pub(super) fn update(&self, change: impl FnOnce(&mut RunTree)) {
        change(&mut self.shared.lock().tree);
    }

    /// Ends the drawing, takes the block off the screen, and gives the tree back.
    pub(super) fn stop(mut self) -> RunTree {
        self.end();
        std::mem::take(&mut self.shared.lock().tree)
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.lock().stops = true;
        self.shared.changed.notify_all();
        // A thread that panicked has left its block on the screen; there is nothing to take off.
        if let Ok(mut block) = thread.join() {
            block.draw(&[], false);
        }
    }
}

/// A run that is let go leaves no half-drawn tree.
impl Drop for Painter {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.lock().stops = true;
        self.shared.changed.notify_all();
        _ = thread.join();
    }
}

fn paint(shared: &Shared, terminal: Terminal, streams: bool) -> Block {
    let mut block = Block::default();
    let mut frame = 0;
    let mut painted = shared.lock();
    loop {
        let waited = shared.changed.wait_timeout_while(painted, FRAME, |painted| !painted.stops);
        painted = waited.unwrap_or_else(PoisonError::into_inner).0;
        if painted.stops {
            return block;
        }
        let (width, height) = terminal.size();
        let drawing = Drawing { width: width - 1, height: height - 1, now: Timestamp::now(), frame, streams };
        let lines = painted.tree.lines(&drawing);
        drop(painted);
        block.draw(&lines, terminal.has_color);
        frame += 1;
        painted = shared.lock();
    }
}

/// The lines at the end of the terminal that are drawn anew. The cursor stands below them.
#[derive(Debug, Default)]
struct Block {
    widths: Vec<usize>,
}

impl Block {
    fn draw(&mut self, lines: &[Line], color: bool) {
        let mut bytes = Vec::new();
        // Writing into a `Vec` cannot fail.
        _ = self.queue(&mut bytes, lines, color);
        write(&bytes);
        self.widths = lines.iter().map(Line::width).collect();
    }

    fn queue(&self, out: &mut Vec<u8>, lines: &[Line], color: bool) -> io::Result<()> {
        let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns).max(1));
        // A terminal that was made narrower has broken lines in two.
        let rows: usize = self.widths.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        queue!(out, BeginSynchronizedUpdate, MoveToColumn(0))?;
        if rows > 0 {
            queue!(out, MoveUp(u16::try_from(rows).unwrap_or(u16::MAX)))?;
        }
        for line in lines {
            out.write_all(line.paint(color).as_bytes())?;
            queue!(out, Clear(ClearType::UntilNewLine))?;
            out.write_all(b"\n")?;
        }
        queue!(out, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)
    }
}
