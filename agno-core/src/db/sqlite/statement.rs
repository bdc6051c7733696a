//! The statements of commits, and the texts that are made of them.
//!
//! The same texts come again and again, so that they are put together once, and stay prepared. For that, rows come in few numbers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A statement of a commit. Statements that cannot be right fail, so that nobody has to look at their results before the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Statement {
    Session,
    Definition,
    /// The session is null, and the run is refused, if it belongs to another user.
    Run,
    Input,
    /// Fails if the run is somebody else's, where no other statement would.
    Guard,
    Redefine,
    Forget,
    Media,
    Remove,
    Record,
    Event,
    /// The version is null, and the state is refused, if it is not the one that was read. So is the session, if there is none.
    State,
    /// What was to be cancelled and has failed (4) instead is done with: whoever takes it on later is not told.
    Standing,
    /// An answer that came while the leg ran, and that it has made no record of, makes the run due.
    Pause,
    Release,
}

impl Statement {
    /// How it begins, what each row of it is, and how it ends. Those that have one row only are all beginning.
    const fn text(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Session => {
                ("INSERT INTO ~sessions (id, user_id, workflow_id, name, created_at) VALUES ", "(?, ?, ?, ?, ?)", " ON CONFLICT DO NOTHING")
            }
            Self::Definition => ("INSERT INTO ~definitions (fingerprint, definition) VALUES (?, ?) ON CONFLICT DO NOTHING", "", ""),
            Self::Run => (
                "INSERT INTO ~runs (run_id, session_id, own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, \
                 status, output, failure, carried, sequence, nanos, state, due_at, updated_at, owner, fence, cancel) VALUES ",
                "(?, (SELECT id FROM ~sessions WHERE id = ? AND (? IS NULL OR user_id = ?)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                "",
            ),
            Self::Input => (
                "INSERT INTO ~inputs (run, input, given) VALUES ",
                "((SELECT key FROM ~runs WHERE run_id = ?), ?, ?)",
                " ON CONFLICT DO NOTHING",
            ),
            Self::Guard => ("INSERT INTO ~refused SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ~runs WHERE run_id = ? AND fence = ?)", "", ""),
            Self::Redefine => ("UPDATE ~runs SET fingerprint = ? WHERE run_id = ? AND fence = ?", "", ""),
            Self::Forget => {
                ("DELETE FROM ~events WHERE run = (SELECT key FROM ~runs WHERE run_id = ? AND fence = ?) AND sequence = ?", "", "")
            }
            Self::Media => (
                "INSERT INTO ~media (run, digest, bytes) VALUES ((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?) \
                 ON CONFLICT DO NOTHING",
                "",
                "",
            ),
            Self::Remove => (
                "DELETE FROM ~records WHERE run = (SELECT key FROM ~runs WHERE run_id = ? AND fence = ?) AND path = ? AND kind = ?",
                "",
                "",
            ),
            Self::Record => (
                "INSERT INTO ~records (run, path, kind, about, content) VALUES ",
                "((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?, ?, ?)",
                " ON CONFLICT (run, path, kind) DO UPDATE SET about = excluded.about, content = excluded.content",
            ),
            Self::Event => (
                "INSERT INTO ~events (run, sequence, event) VALUES ",
                "((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?)",
                " ON CONFLICT DO NOTHING",
            ),
            Self::State => (
                "INSERT INTO ~states (session_id, key, value, by_run, version) VALUES ((SELECT id FROM ~sessions WHERE id = ?), ?, ?, ?, \
                 (SELECT CASE WHEN ? IS NULL OR coalesce(max(version), 0) = ? THEN coalesce(max(version), 0) + 1 END \
                 FROM ~states WHERE session_id = ? AND key = ?)) \
                 ON CONFLICT (session_id, key) DO UPDATE SET value = excluded.value, version = excluded.version, by_run = excluded.by_run",
                "",
                "",
            ),
            Self::Standing => (
                "UPDATE ~runs SET status = s.column1, output = s.column2, failure = s.column3, carried = s.column4, sequence = s.column5, \
                 nanos = s.column6, state = s.column7, due_at = s.column8, updated_at = s.column9, owner = CASE WHEN s.column10 THEN owner END, \
                 cancel = CASE WHEN s.column1 = 4 THEN 0 ELSE cancel END FROM (VALUES ",
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ") AS s WHERE ~runs.run_id = s.column11 AND ~runs.fence = s.column12",
            ),
            Self::Pause => (
                "UPDATE ~runs SET answered = EXISTS (SELECT 1 FROM ~records q JOIN ~records a ON a.run = q.run AND a.path = q.path AND a.kind = 2 \
                 WHERE q.run = ~runs.key AND q.kind = 1 AND NOT EXISTS (SELECT 1 FROM ~records n WHERE n.run = q.run AND n.path = q.path AND n.kind = 0)) \
                 WHERE run_id = ?",
                "",
                "",
            ),
            Self::Release => ("UPDATE ~runs SET owner = NULL WHERE run_id = ?", "", ""),
        }
    }

    /// Into how many rows the next statement goes, where so many are left. More than there are: the last one is written again, which costs less than another
    /// statement, and is the same where the statement may repeat rows.
    pub(super) const fn rows(self, left: usize) -> usize {
        // Few rows have a statement for each number, and many for each power of two.
        if left <= FEW {
            return left;
        }
        if left >= MOST {
            return MOST;
        }
        let (less, more) = (1 << left.ilog2(), left.next_power_of_two());
        let may_repeat = !matches!(self, Self::Run);
        if may_repeat && more - left <= left / 2 { more } else { less }
    }

    fn write(self, rows: usize, text: &mut String) {
        let (beginning, row, end) = self.text();
        text.push_str(beginning);
        if !row.is_empty() {
            for index in 0..rows {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(row);
            }
        }
        text.push_str(end);
    }
}

/// Up to so many rows, each number has a statement of its own.
const FEW: usize = 8;

/// So many rows go into one statement at most.
const MOST: usize = 64;

/// More texts than are kept prepared need not be kept.
const TEXTS: usize = 512;

/// Statements that are one text: each with its number of rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Script {
    pub(super) statements: Vec<(Statement, usize)>,
    /// Whether a transaction begins with it, and ends.
    pub(super) begins: bool,
    pub(super) commits: bool,
}

impl Script {
    fn text(&self, prefix: &str) -> String {
        let mut text = String::from(if self.begins { "BEGIN IMMEDIATE; " } else { "" });
        for (index, (statement, rows)) in self.statements.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { "; " });
            statement.write(*rows, &mut text);
        }
        text.push_str(if self.commits { "; COMMIT" } else { "" });
        text.replace('~', prefix)
    }
}

/// The texts that were needed so far.
#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<HashMap<Script, Arc<str>>>);

impl Texts {
    pub(super) fn get(&self, script: Script, prefix: &str) -> Arc<str> {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(&script) {
            return Arc::clone(text);
        }
        if texts.len() >= TEXTS {
            texts.clear();
        }
        let text: Arc<str> = script.text(prefix).into();
        texts.insert(script, Arc::clone(&text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_few_numbers() {
        let numbers = |statement: Statement, mut left: usize| {
            let mut numbers = Vec::new();
            while left > 0 {
                numbers.push(statement.rows(left));
                left = left.saturating_sub(statement.rows(left));
            }
            numbers
        };
        assert_eq!(numbers(Statement::Record, 7), [7]);
        assert_eq!(numbers(Statement::Record, 30), [32]);
        // Too many would be written again.
        assert_eq!(numbers(Statement::Record, 17), [16, 1]);
        assert_eq!(numbers(Statement::Record, 100), [64, 32, 4]);
        assert_eq!(numbers(Statement::Record, 50), [64]);
        assert_eq!(numbers(Statement::Run, 30), [16, 8, 6]);
    }

    #[test]
    fn a_script_is_one_text() {
        let script = Script { statements: vec![(Statement::Input, 2), (Statement::Release, 1)], begins: true, commits: true };
        let row = "((SELECT key FROM a_runs WHERE run_id = ?), ?, ?)";
        assert_eq!(
            &*Texts::default().get(script, "a_"),
            format!(
                "BEGIN IMMEDIATE; INSERT INTO a_inputs (run, input, given) VALUES {row}, {row} ON CONFLICT DO NOTHING; \
                 UPDATE a_runs SET owner = NULL WHERE run_id = ?; COMMIT"
            )
        );
    }
}
