//! Commits as SQL.
//!
//! sqlx runs each query on a thread of its own, and getting there costs more than most statements. So a commit that is alone goes there once, as one text with
//! all its statements. Statements that cannot be right fail (a missing key is no key, [`GUARD`] writes where nothing can be written), so that nobody
//! has to look at their results before the transaction ends.

use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{Sqlite, connection::SqliteConnection};
use crate::{
    db::{
        DbError,
        rows::{Commit, NewRun, StateWrite},
        sql::{Arg, Backend as _, Connection as _, Sql, columns, event_json, json, number},
    },
    workflow::Status,
};

/// Fails if the run is somebody else's, where no other statement would.
const GUARD: &str = "INSERT INTO ~refused SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ~runs WHERE run_id = ? AND fence = ?)";

const DEFINITION: &str = "INSERT INTO ~definitions (fingerprint, definition) VALUES (?, ?) ON CONFLICT DO NOTHING";

/// The version is null, and the state is refused, if it is not the one that was read. So is the session, if there is none.
const STATE: &str = "INSERT INTO ~states (session_id, key, value, by_run, version) VALUES ((SELECT id FROM ~sessions WHERE id = ?), ?, ?, ?, \
    (SELECT CASE WHEN ? IS NULL OR coalesce(max(version), 0) = ? THEN coalesce(max(version), 0) + 1 END FROM ~states WHERE session_id = ? AND key = ?)) \
    ON CONFLICT (session_id, key) DO UPDATE SET value = excluded.value, version = excluded.version, by_run = excluded.by_run";

/// An answer that came while the leg ran, and that it has made no record of, makes the run due.
const PAUSE: &str = "UPDATE ~runs SET answered = EXISTS (SELECT 1 FROM ~records q JOIN ~records a ON a.run = q.run AND a.path = q.path AND a.kind = 2 \
    WHERE q.run = ~runs.key AND q.kind = 1 AND NOT EXISTS (SELECT 1 FROM ~records n WHERE n.run = q.run AND n.path = q.path AND n.kind = 0)) \
    WHERE run_id = ?";

const REMOVE: &str = "DELETE FROM ~records WHERE run = (SELECT key FROM ~runs WHERE run_id = ? AND fence = ?) AND path = ? AND kind = ?";

const MEDIA: &str = "INSERT INTO ~media (run, digest, bytes) VALUES ((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?) \
    ON CONFLICT DO NOTHING";

const REDEFINE: &str = "UPDATE ~runs SET fingerprint = ? WHERE run_id = ? AND fence = ?";

const FORGET: &str = "DELETE FROM ~events WHERE run = (SELECT key FROM ~runs WHERE run_id = ? AND fence = ?) AND sequence = ?";

const RELEASE: &str = "UPDATE ~runs SET owner = NULL WHERE run_id = ?";

/// So many rows go into one statement at most. The number of rows is a power of two, so that there are few different statements, which stay prepared.
const ROWS: usize = 64;

/// A commit of more statements is not made into one text: such texts would hardly come twice, and each would be prepared anew.
const STATEMENTS: usize = 12;

/// Rows of one kind: how a statement for them begins and ends, and what each is.
struct Rows {
    insert: &'static str,
    row: &'static str,
    end: &'static str,
    rows: Vec<Vec<Arg>>,
    /// Whether it is the same if a row comes twice.
    may_repeat: bool,
}

impl Rows {
    const fn new(insert: &'static str, row: &'static str, end: &'static str) -> Self {
        Self { insert, row, end, rows: Vec::new(), may_repeat: true }
    }

    fn sessions() -> Self {
        Self::new(
            "INSERT INTO ~sessions (id, user_id, workflow_id, name, created_at) VALUES ",
            "(?, ?, ?, ?, ?)",
            " ON CONFLICT DO NOTHING",
        )
    }

    /// The session is null, and the run is refused, if it belongs to another user.
    fn runs() -> Self {
        let insert = "INSERT INTO ~runs (run_id, session_id, own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, \
            status, output, failure, carried, sequence, nanos, state, due_at, updated_at, owner, fence, cancel) VALUES ";
        let row = "(?, (SELECT id FROM ~sessions WHERE id = ? AND (? IS NULL OR user_id = ?)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        Self { may_repeat: false, ..Self::new(insert, row, "") }
    }

    fn inputs() -> Self {
        Self::new(
            "INSERT INTO ~inputs (run, input, given) VALUES ",
            "((SELECT key FROM ~runs WHERE run_id = ?), ?, ?)",
            " ON CONFLICT DO NOTHING",
        )
    }

    fn records() -> Self {
        let end = " ON CONFLICT (run, path, kind) DO UPDATE SET about = excluded.about, content = excluded.content";
        let row = "((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?, ?, ?)";
        Self::new("INSERT INTO ~records (run, path, kind, about, content) VALUES ", row, end)
    }

    fn events() -> Self {
        let row = "((SELECT key FROM ~runs WHERE run_id = ? AND fence = ?), ?, ?)";
        Self::new("INSERT INTO ~events (run, sequence, event) VALUES ", row, " ON CONFLICT DO NOTHING")
    }

    /// What was to be cancelled and has failed (4) instead is done with: whoever takes it on later is not told.
    fn standings() -> Self {
        let update = "UPDATE ~runs SET status = s.column1, output = s.column2, failure = s.column3, carried = s.column4, sequence = s.column5, \
            nanos = s.column6, state = s.column7, due_at = s.column8, updated_at = s.column9, owner = CASE WHEN s.column10 THEN owner END, \
            cancel = CASE WHEN s.column1 = 4 THEN 0 ELSE cancel END FROM (VALUES ";
        Self::new(update, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ") AS s WHERE ~runs.run_id = s.column11 AND ~runs.fence = s.column12")
    }
}

/// Statements with their arguments, in order.
#[derive(Debug, Default)]
struct Script(Vec<(String, Vec<Arg>)>);

impl Script {
    fn add(&mut self, sql: impl Into<String>, args: Vec<Arg>) {
        self.0.push((sql.into(), args));
    }

    fn add_rows(&mut self, rows: Rows) {
        let Rows { insert, row, end, rows, may_repeat } = rows;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let left = rows.len().min(ROWS);
            let (less, more) = (1 << left.ilog2(), left.next_power_of_two());
            // A row that is written twice by one statement costs less than another statement. Too many cost more.
            let count = if may_repeat && more - left <= left / 2 { more } else { less };
            let mut args: Vec<Vec<Arg>> = rows.by_ref().take(count).collect();
            while let (Some(last), true) = (args.last(), args.len() < count) {
                args.push(last.clone());
            }
            let places = vec![row; count].join(", ");
            self.add(format!("{insert}{places}{end}"), args.into_iter().flatten().collect());
        }
    }

    async fn run(self, connection: &mut SqliteConnection, alone: bool) -> Sql<()> {
        let mut statements = self.0;
        if let [_] = &statements[..] {
            // One statement is a transaction of its own.
        } else if alone && statements.len() <= STATEMENTS {
            let (texts, args): (Vec<String>, Vec<Vec<Arg>>) = statements.into_iter().unzip();
            statements = vec![(format!("BEGIN IMMEDIATE; {}; COMMIT", texts.join("; ")), args.into_iter().flatten().collect())];
        } else {
            // With a statement there anyway, the beginning and the end are no ways of their own.
            if let Some((first, _)) = statements.first_mut() {
                first.insert_str(0, "BEGIN IMMEDIATE; ");
            }
            if let Some((last, _)) = statements.last_mut() {
                last.push_str("; COMMIT");
            }
        }
        for (sql, args) in statements {
            connection.run(&sql, args).await?;
        }
        Ok(())
    }
}

impl Sqlite {
    pub(super) async fn write_batch(&self, connection: &mut SqliteConnection, batch: &[Commit]) -> Sql<()> {
        let mut script = Script::default();
        let mut new = self.add_beginnings(&mut script, batch)?;
        let (mut records, mut events, mut standings) = (Rows::records(), Rows::events(), Rows::standings());
        for commit in batch {
            if commit.begin.is_none() && commit.records.is_empty() && commit.events.is_empty() {
                script.add(GUARD, ours(commit));
            }
            if let Some(redefined) = &commit.redefined {
                self.add_definition(&mut script, &redefined.fingerprint, &redefined.definition, &mut new)?;
                let mut args = vec![redefined.fingerprint.as_str().into()];
                args.extend(ours(commit));
                script.add(REDEFINE, args);
                for event in &commit.events {
                    let mut args = ours(commit);
                    args.push(number(event.sequence).into());
                    script.add(FORGET, args);
                }
            }
            for media in &commit.media {
                let mut args = ours(commit);
                args.extend([media.digest.as_str().into(), Arc::clone(&media.bytes).into()]);
                script.add(MEDIA, args);
            }
            for (path, kind) in &commit.removed {
                let mut args = ours(commit);
                args.extend([path.as_str().into(), (*kind as i64).into()]);
                script.add(REMOVE, args);
            }
            for record in &commit.records {
                let mut row = ours(commit);
                row.extend(columns::record(record)?);
                records.rows.push(row);
            }
            for event in &commit.events {
                let mut row = ours(commit);
                row.extend([number(event.sequence).into(), event_json(event)?.into()]);
                events.rows.push(row);
            }
            // A run that begins has been written as it stands.
            if let (None, Some(standing)) = (&commit.begin, &commit.standing) {
                let mut row = columns::standing(standing)?.to_vec();
                row.push((standing.status == Status::Running).into());
                row.extend(ours(commit));
                standings.rows.push(row);
            }
        }
        script.add_rows(records);
        script.add_rows(events);
        for write in batch.iter().flat_map(|commit| &commit.states) {
            script.add(STATE, state(write)?);
        }
        script.add_rows(standings);
        for commit in batch.iter().filter(|commit| commit.begin.is_none()) {
            if commit.standing.as_ref().is_some_and(|standing| standing.status == Status::Paused) {
                script.add(PAUSE, vec![(&*commit.run_id).into()]);
            }
            if commit.release {
                script.add(RELEASE, vec![(&*commit.run_id).into()]);
            }
        }
        script.run(connection, batch.len() == 1).await?;
        self.known().extend(new);
        Ok(())
    }

    /// Gives the fingerprints of the definitions that are stored with it.
    fn add_beginnings(&self, script: &mut Script, batch: &[Commit]) -> Result<Vec<String>, DbError> {
        let (mut sessions, mut runs, mut inputs) = (Rows::sessions(), Rows::runs(), Rows::inputs());
        let mut new = Vec::new();
        for commit in batch {
            let Some(begin) = &commit.begin else { continue };
            let NewRun { run, session, definition } = &**begin;
            sessions.rows.push(columns::session(session));
            self.add_definition(script, &run.fingerprint, definition, &mut new)?;
            let mut row = columns::run(commit, begin, self.owner())?;
            let mut input = vec![Arg::from(run.run_id.as_str())];
            input.extend(row.split_off(row.len() - 2));
            inputs.rows.push(input);
            // Whose session it may be is asked beside the session.
            row.splice(2..2, [Arg::from(&run.user_id), Arg::from(&run.user_id)]);
            runs.rows.push(row);
        }
        script.add_rows(sessions);
        script.add_rows(runs);
        script.add_rows(inputs);
        Ok(new)
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a definition, if this process does not know that it is there.
    fn add_definition(&self, script: &mut Script, fingerprint: &str, definition: &Value, new: &mut Vec<String>) -> Result<(), DbError> {
        if !self.known().contains(fingerprint) && !new.iter().any(|known| known == fingerprint) {
            script.add(DEFINITION, vec![fingerprint.into(), json(definition)?.into()]);
            new.push(fingerprint.to_owned());
        }
        Ok(())
    }
}

/// Which run, and under which number.
fn ours(commit: &Commit) -> Vec<Arg> {
    vec![(&*commit.run_id).into(), number(commit.fence).into()]
}

fn state(write: &StateWrite) -> Result<Vec<Arg>, DbError> {
    let StateWrite { session_id, key, read, value, by } = write;
    let read = || Arg::from(read.map(number));
    let (session_id, key) = (|| Arg::from(session_id.as_str()), || Arg::from(key.as_str()));
    Ok(vec![session_id(), key(), json(value)?.into(), by.as_str().into(), read(), read(), session_id(), key()])
}
