//! The programs of `src/bin/programs.rs`, and the gates that let their steps go on.

use std::path::PathBuf;

use agno_pty::{Keyboard, Terminal};

/// A folder in which files let steps go on.
pub(crate) struct Gates(pub(crate) PathBuf);

impl Gates {
    pub(crate) fn new(test: &str) -> Self {
        let gates = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        _ = std::fs::remove_dir_all(&gates);
        std::fs::create_dir_all(&gates).expect("a folder for files of this test");
        Self(gates)
    }

    pub(crate) fn open(&self, name: &str) {
        std::fs::write(self.0.join(name), "").expect("a file in the test's folder");
    }
}

impl Drop for Gates {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program of `src/bin/programs.rs`.
pub(crate) fn run(gates: &Gates, args: &[&str], variables: &[(&str, &str)], size: (u16, u16)) -> (Terminal, Keyboard) {
    let folder = gates.0.to_str().expect("a path that is text").to_owned();
    let variables: Vec<_> = [("AGNO_GATES", folder.as_str())].into_iter().chain(variables.iter().copied()).collect();
    Terminal::run(env!("CARGO_BIN_EXE_programs"), args, &variables, size).expect("the program runs")
}

/// Columns and rows.
pub(crate) const SIZE: (u16, u16) = (80, 50);
