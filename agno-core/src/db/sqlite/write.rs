//! Commits as SQL.
//!
//! sqlx runs each query on a thread of its own, and getting there costs more than most statements. So a commit that is alone goes there once, as one text with
//! all its statements, and a batch mostly three times: with the runs that begin, the records, and where runs stand.

use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    Sqlite,
    connection::SqliteConnection,
    statement::{Script, Statement},
};
use crate::{
    db::{
        DbError,
        rows::{Commit, NewRun, StateWrite},
        sql::{Arg, Backend as _, Sql, columns, event_json, json, number},
    },
    workflow::Status,
};

/// So many statements go into one text at most. Longer texts would hardly come twice, and each would be prepared anew.
const STATEMENTS: usize = 12;

/// Statements with their arguments, in order.
#[derive(Debug, Default)]
struct Statements {
    texts: Vec<Vec<(Statement, usize)>>,
    /// The arguments of each text.
    args: Vec<Vec<Arg>>,
}

impl Statements {
    /// What comes next is another text.
    fn cut(&mut self) {
        if self.texts.last().is_none_or(|text| !text.is_empty()) {
            self.texts.push(Vec::new());
            self.args.push(Vec::new());
        }
    }

    fn add(&mut self, statement: Statement, args: impl IntoIterator<Item = Arg>) {
        self.add_rows(statement, 1, args);
    }

    /// So many rows of one kind.
    fn add_rows(&mut self, statement: Statement, rows: usize, args: impl IntoIterator<Item = Arg>) {
        if self.texts.last().is_none_or(|text| text.len() >= STATEMENTS) {
            self.cut();
        }
        if let (Some(text), Some(its_args)) = (self.texts.last_mut(), self.args.last_mut()) {
            text.push((statement, rows));
            its_args.extend(args);
        }
    }

    /// Rows of one kind.
    fn add_all(&mut self, statement: Statement, Rows { width, mut args }: Rows) {
        while !args.is_empty() {
            let left = args.len() / width;
            let rows = statement.rows(left);
            for _ in left..rows {
                args.extend_from_within(args.len() - width..);
            }
            self.add_rows(statement, rows, args.drain(..rows * width));
        }
    }

    async fn run(mut self, sqlite: &Sqlite, connection: &mut SqliteConnection) -> Sql<()> {
        if self.texts.last().is_some_and(Vec::is_empty) {
            self.texts.pop();
        }
        let texts = self.texts.len();
        // One statement is a transaction of its own.
        let is_one = texts == 1 && self.texts.iter().all(|text| text.len() == 1);
        for (index, (statements, args)) in self.texts.into_iter().zip(self.args).enumerate() {
            let script = Script { statements, begins: !is_one && index == 0, commits: !is_one && index + 1 == texts };
            connection.run_text(sqlite.texts.get(script, connection.prefix()), args).await?;
        }
        Ok(())
    }
}

/// The arguments of rows of one kind, each of so many.
struct Rows {
    width: usize,
    args: Vec<Arg>,
}

impl Rows {
    fn new<const WIDTH: usize>(rows: usize) -> Self {
        Self { width: WIDTH, args: Vec::with_capacity(WIDTH * rows) }
    }

    fn add(&mut self, parts: impl IntoIterator<Item = Arg>) {
        self.args.extend(parts);
    }
}

impl Sqlite {
    pub(super) async fn write_batch(&self, connection: &mut SqliteConnection, batch: &[Commit]) -> Sql<()> {
        let alone = batch.len() == 1;
        let mut statements = Statements::default();
        let mut new = self.add_beginnings(&mut statements, batch)?;
        let mut records = Rows::new::<6>(batch.iter().map(|commit| commit.records.len()).sum());
        let mut events = Rows::new::<4>(batch.iter().map(|commit| commit.events.len()).sum());
        let mut standings = Rows::new::<12>(batch.iter().filter(|commit| commit.standing.is_some()).count());
        for commit in batch {
            if commit.begin.is_none() && commit.records.is_empty() && commit.events.is_empty() {
                statements.add(Statement::Guard, ours(commit));
            }
            if let Some(redefined) = &commit.redefined {
                self.add_definition(&mut statements, &redefined.fingerprint, &redefined.definition, &mut new)?;
                statements.add(Statement::Redefine, [redefined.fingerprint.as_str().into()].into_iter().chain(ours(commit)));
                for event in &commit.events {
                    statements.add(Statement::Forget, ours(commit).into_iter().chain([number(event.sequence).into()]));
                }
            }
            for media in &commit.media {
                let media = [media.digest.as_str().into(), Arc::clone(&media.bytes).into()];
                statements.add(Statement::Media, ours(commit).into_iter().chain(media));
            }
            for (path, kind) in &commit.removed {
                statements.add(Statement::Remove, ours(commit).into_iter().chain([path.as_str().into(), (*kind as i64).into()]));
            }
            for record in &commit.records {
                records.add(ours(commit));
                records.add(columns::record(record)?);
            }
            for event in &commit.events {
                events.add(ours(commit));
                events.add([number(event.sequence).into(), event_json(event)?.into()]);
            }
            // A run that begins has been written as it stands.
            if let (None, Some(standing)) = (&commit.begin, &commit.standing) {
                standings.add(columns::standing(standing)?);
                standings.add([(standing.status == Status::Running).into()]);
                standings.add(ours(commit));
            }
        }
        if !alone {
            statements.cut();
        }
        statements.add_all(Statement::Record, records);
        statements.add_all(Statement::Event, events);
        if !alone {
            statements.cut();
        }
        for write in batch.iter().flat_map(|commit| &commit.states) {
            statements.add(Statement::State, state(write)?);
        }
        statements.add_all(Statement::Standing, standings);
        for commit in batch.iter().filter(|commit| commit.begin.is_none()) {
            if commit.standing.as_ref().is_some_and(|standing| standing.status == Status::Paused) {
                statements.add(Statement::Pause, [Arc::clone(&commit.run_id).into()]);
            }
            if commit.release {
                statements.add(Statement::Release, [Arc::clone(&commit.run_id).into()]);
            }
        }
        statements.run(self, connection).await?;
        self.known().extend(new);
        Ok(())
    }

    /// Gives the fingerprints of the definitions that are stored with it.
    fn add_beginnings(&self, statements: &mut Statements, batch: &[Commit]) -> Result<Vec<String>, DbError> {
        let begins = batch.iter().filter(|commit| commit.begin.is_some()).count();
        let (mut sessions, mut runs, mut inputs) = (Rows::new::<5>(begins), Rows::new::<23>(begins), Rows::new::<3>(begins));
        let mut new = Vec::new();
        for commit in batch {
            let Some(begin) = &commit.begin else { continue };
            let NewRun { run, session, definition } = &**begin;
            sessions.add(columns::session(session));
            self.add_definition(statements, &run.fingerprint, definition, &mut new)?;
            let columns::Run { run_id, session_id, rest, given } = columns::run(commit, begin, self.owner())?;
            inputs.add([run_id.clone()]);
            inputs.add(given);
            runs.add([run_id, session_id]);
            // Whose session it may be is asked beside the session.
            runs.add([Arg::from(&run.user_id), Arg::from(&run.user_id)]);
            runs.add(rest);
        }
        statements.add_all(Statement::Session, sessions);
        statements.add_all(Statement::Run, runs);
        statements.add_all(Statement::Input, inputs);
        Ok(new)
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a definition, if this process does not know that it is there.
    fn add_definition(
        &self,
        statements: &mut Statements,
        fingerprint: &str,
        definition: &Value,
        new: &mut Vec<String>,
    ) -> Result<(), DbError> {
        if !self.known().contains(fingerprint) && !new.iter().any(|known| known == fingerprint) {
            statements.add(Statement::Definition, [fingerprint.into(), json(definition)?.into()]);
            new.push(fingerprint.to_owned());
        }
        Ok(())
    }
}

/// Which run, and under which number.
fn ours(commit: &Commit) -> [Arg; 2] {
    [Arc::clone(&commit.run_id).into(), number(commit.fence).into()]
}

fn state(write: &StateWrite) -> Result<[Arg; 8], DbError> {
    let StateWrite { session_id, key, read, value, by } = write;
    let read = || Arg::from(read.map(number));
    let (session_id, key) = (|| Arg::from(session_id.as_str()), || Arg::from(key.as_str()));
    Ok([session_id(), key(), json(value)?.into(), by.as_str().into(), read(), read(), session_id(), key()])
}
