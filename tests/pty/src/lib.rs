//! A pseudo-terminal with a program in it: what is on its screen, and what is typed into it.

pub mod svg;

use std::{
    ffi::OsStr,
    io::{Read as _, Write},
    num::NonZero,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// No test may hang; nothing that is waited for takes a fraction of this.
const PATIENCE: Duration = Duration::from_secs(60);

/// The error of anything here: a test that sees one has failed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A terminal, and the program that runs in it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("screen", &self.screen()).finish_non_exhaustive()
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser<Answers>,
    /// Everything that was written, as it was written.
    written: Vec<u8>,
    /// The program has closed its side.
    closed: bool,
}

/// A terminal is asked where its cursor is, and answers in the input.
struct Answers(Arc<Mutex<Box<dyn Write + Send>>>);

impl vt100::Callbacks for Answers {
    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        if c == 'n' && params == [[6]] {
            let (row, column) = screen.cursor_position();
            let mut input = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // A program that has ended is not interested.
            _ = write!(input, "\x1b[{};{}R", row + 1, column + 1).and_then(|()| input.flush());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is typed where there is no letter for it.
pub mod key {
    /// Enter.
    pub const ENTER: &str = "\r";
    /// Ctrl-C.
    pub const CTRL_C: &str = "\x03";
    /// Ctrl-D.
    pub const CTRL_D: &str = "\x04";
    /// The arrow up.
    pub const UP: &str = "\x1b[A";
    /// Tab.
    pub const TAB: &str = "\t";
}

/// The input of a terminal.
#[derive(Clone)]
pub struct Keyboard(Arc<Mutex<Box<dyn Write + Send>>>);

impl std::fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyboard")
    }
}

impl Keyboard {
    /// Types.
    ///
    /// # Errors
    /// The program has gone.
    pub fn text(&self, text: &str) -> Result<(), Error> {
        let mut input = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        input.write_all(text.as_bytes())?;
        Ok(input.flush()?)
    }

    /// Types a line.
    ///
    /// # Errors
    /// The program has gone.
    pub fn line(&self, text: &str) -> Result<(), Error> {
        self.text(&format!("{text}{}", key::ENTER))
    }
}

impl Terminal {
    /// Runs a program in a terminal of this size.
    ///
    /// # Errors
    /// There is no terminal to be had, or the program cannot be run.
    pub fn run<A: AsRef<OsStr>>(
        program: impl AsRef<Path>,
        args: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
        (columns, rows): (u16, u16),
    ) -> Result<(Self, Keyboard), Error> {
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(program.as_ref());
        command.args(args);
        command.cwd(std::env::current_dir()?);
        command.env_remove("NO_COLOR");
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader()?;
        let keyboard = Keyboard(Arc::new(Mutex::new(pair.master.take_writer()?)));
        let [height, width] = [rows, columns].map(|size| NonZero::new(size).ok_or("a terminal has a size"));
        let parser = vt100::Parser::new_with_callbacks(height?, width?, 0, Answers(Arc::clone(&keyboard.0)));
        let shared = Arc::new(Shared { state: Mutex::new(State { parser, written: Vec::new(), closed: false }), changed: Condvar::new() });
        let reading = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux gives an error where others give an end.
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                let mut state = reading.lock();
                state.parser.process(&buffer[..read]);
                state.written.extend_from_slice(&buffer[..read]);
                reading.changed.notify_all();
            }
            reading.lock().closed = true;
            reading.changed.notify_all();
        });
        Ok((Self { master: pair.master, child, shared }, keyboard))
    }

    /// What is on the screen.
    #[must_use]
    pub fn screen(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// Everything that the program has written, escape sequences included.
    #[must_use]
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().written).into_owned()
    }

    /// What is on the screen, with its styles.
    #[must_use]
    pub fn picture(&self) -> svg::Picture {
        svg::Picture::of(self.shared.lock().parser.screen())
    }

    /// Whether a picture is half drawn: the program has said that more of it is to come.
    #[must_use]
    pub fn is_drawing(&self) -> bool {
        let written = self.written();
        written.rfind("\x1b[?2026h") > written.rfind("\x1b[?2026l")
    }

    /// Whether the program has ended, and all of its output is on the screen.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.shared.lock().closed
    }

    /// Waits until `time` is over, or the program has ended.
    pub fn wait_change(&self, time: Duration) {
        let state = self.shared.lock();
        // What woke it is for the caller to see.
        drop(self.shared.changed.wait_timeout_while(state, time, |state| !state.closed));
    }

    /// Waits until the screen is as it should be, and gives it.
    ///
    /// # Panics
    /// It does not come to be so: with what is there instead.
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        loop {
            let screen = state.parser.screen().contents();
            if is_there(&screen) {
                return screen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !state.closed, "no {what} on the screen:\n{screen}");
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen shows a text.
    ///
    /// # Panics
    /// It does not come.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until the program has ended, and gives what is on the screen then, and whether it ended well.
    ///
    /// # Panics
    /// It does not end.
    pub fn wait_end(&mut self) -> (String, bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // A test that fails leaves no program behind.
                _ = self.child.kill();
                panic!("the program does not end:\n{}", state.parser.screen().contents());
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let screen = state.parser.screen().contents();
        drop(state);
        let ended_well = self.child.wait().is_ok_and(|status| status.success());
        (screen, ended_well)
    }

    /// Whether lines are edited and echoed, and Ctrl-C interrupts: the mode that a program finds, and has to leave.
    #[cfg(unix)]
    #[must_use]
    pub fn is_sane(&self) -> bool {
        let flags = self.master.get_termios().map(|modes| format!("{:?}", modes.local_flags)).unwrap_or_default();
        ["ICANON", "ECHO", "ISIG"].iter().all(|flag| flags.split(" | ").any(|set| set.contains(flag)))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
