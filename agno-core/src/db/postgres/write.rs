//! Commits as SQL.
//!
//! A round trip to the server costs nearly as much as a commit, so a batch of what runs do all the time (records, events, where they stand) is one statement
//! ([`statement`]), which is a transaction of its own; also where runs begin. What is rarer comes before it, in a transaction round both.
//!
//! A batch whose outcome is not known, because the connection was lost, is tried again. One statement can be: it writes the same rows again. What cannot (a run
//! begins, a state is compared) has a number, which is written with it: if that is there, it was made, and nothing is done twice.

use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use indexmap::IndexMap;

use super::{
    NOW, Postgres,
    connection::PgConnection,
    statement::{self, EVENT_TYPES, RECORD_TYPES, RUN_TYPES, SESSION_TYPES, STANDING_TYPES, Shape},
};
use crate::{
    db::{
        DbError, LEASE,
        rows::{Commit, MediaRow, StateWrite},
        sql::{Arg, Backend as _, Connection as _, Sql, SqlError, args, columns, event_json, json, number as db_number},
    },
    workflow::Status,
};

const DEFINITIONS: &str = "INSERT INTO definitions (fingerprint, definition) SELECT * FROM unnest($1::text[], $2::text[]) AS d (fingerprint, definition) \
    ORDER BY d.fingerprint ON CONFLICT DO NOTHING";

/// Nobody else changes these rows from now on: what a later statement sees of them is how they are.
const LOCK: &str = "SELECT key FROM runs WHERE run_id = ANY($1::text[]) ORDER BY key FOR NO KEY UPDATE";

const REMOVE: &str = "DELETE FROM records USING runs, unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) AS d (run_id, fence, path, kind) \
    WHERE runs.run_id = d.run_id AND runs.fence = d.fence AND records.run = runs.key AND records.path = d.path AND records.kind = d.kind";

const MEDIA: &str = "INSERT INTO media (run, digest, bytes) VALUES ((SELECT key FROM runs WHERE run_id = $1 AND fence = $2 FOR SHARE), $3, $4) \
    ON CONFLICT DO NOTHING";

const REDEFINE: &str = "UPDATE runs SET fingerprint = $3 WHERE run_id = $1 AND fence = $2";

const FORGET: &str = "DELETE FROM events USING runs, unnest($1::text[], $2::bigint[], $3::bigint[]) AS d (run_id, fence, sequence) \
    WHERE runs.run_id = d.run_id AND runs.fence = d.fence AND events.run = runs.key AND events.sequence = d.sequence";

/// An answer that came while the leg ran, and that it has made no record of, makes the run due.
const PAUSE: &str = "UPDATE runs SET answered = (SELECT count(*) FROM records q JOIN records a ON a.run = q.run AND a.path = q.path AND a.kind = 2 \
    WHERE q.run = runs.key AND q.kind = 1 AND NOT EXISTS (SELECT 1 FROM records n WHERE n.run = q.run AND n.path = q.path AND n.kind = 0) ) \
    WHERE run_id = ANY($1::text[])";

impl Postgres {
    pub(super) async fn write_batch(&self, connection: &mut PgConnection, number: i64, batch: &[Commit]) -> Sql<()> {
        let is_paused = |commit: &&Commit| commit.standing.as_ref().is_some_and(|standing| standing.status == Status::Paused);
        let is_common = |commit: &Commit| {
            commit.redefined.is_none()
                && commit.removed.is_empty()
                && commit.media.is_empty()
                && commit.states.is_empty()
                && !is_paused(&commit)
                && self.may_begin_at_once(commit, batch)
        };
        if batch.iter().all(is_common) {
            return self.write_at_once(connection, Some(number), batch).await;
        }
        connection.run("BEGIN", Vec::new()).await?;
        let mark = format!("UPDATE owners SET committed = $2, lease_until = {NOW} + $3 WHERE id = $1 AND committed < $2");
        let marked = connection.run(&mark, args![self.owner(), number, LEASE.as_nanos() as i64]).await?;
        if marked == 0 {
            connection.run("ROLLBACK", Vec::new()).await?;
            return self.look_for_owner(connection).await;
        }
        self.begin(connection, batch).await?;
        let touched = batch.iter().filter(|commit| !commit.removed.is_empty() || commit.redefined.is_some() || is_paused(commit));
        let touched: Vec<[Arg; 1]> = touched.map(|commit| [Arc::clone(&commit.run_id).into()]).collect();
        if !touched.is_empty() {
            connection.run(LOCK, lists("t", touched)).await?;
        }
        redefine(connection, batch).await?;
        remove(connection, batch).await?;
        write_media(connection, batch).await?;
        for write in batch.iter().flat_map(|commit| &commit.states) {
            write_state(connection, write).await?;
        }
        self.write_at_once(connection, None, batch).await?;
        let paused: Vec<[Arg; 1]> = batch.iter().filter(is_paused).map(|commit| [Arc::clone(&commit.run_id).into()]).collect();
        if !paused.is_empty() {
            connection.run(PAUSE, lists("t", paused)).await?;
        }
        connection.run("COMMIT", Vec::new()).await?;
        let begun = batch.iter().filter_map(|commit| commit.begin.as_ref()).map(|begin| begin.run.fingerprint.clone());
        let redefined = batch.iter().filter_map(|commit| commit.redefined.as_ref()).map(|redefined| redefined.fingerprint.clone());
        self.known().extend(begun.chain(redefined));
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a commit begins no run, or one whose definition is there, and that does nothing else in this batch but write records and events: what a statement inserts, it does
    /// not change.
    fn may_begin_at_once(&self, commit: &Commit, batch: &[Commit]) -> bool {
        let Some(begin) = &commit.begin else { return true };
        let ends = |other: &Commit| other.begin.is_none() && other.run_id == commit.run_id && (other.standing.is_some() || other.release);
        self.known().contains(&begin.run.fingerprint) && !batch.iter().any(ends)
    }

    /// What it means that a batch's number is not greater than the owner's: it was made, unless there is no owner.
    async fn look_for_owner(&self, connection: &mut PgConnection) -> Sql<()> {
        let there = connection.fetch("owners", "SELECT committed FROM owners WHERE id = $1", args![self.owner()]).await?;
        if there.is_empty() { Err(forgotten()) } else { Ok(()) }
    }

    async fn begin(&self, connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
        let mut definitions = IndexMap::new();
        let begun = batch.iter().filter_map(|commit| commit.begin.as_ref()).map(|begin| (&begin.run.fingerprint, &begin.definition));
        let redefined = batch.iter().filter_map(|commit| commit.redefined.as_ref());
        for (fingerprint, definition) in begun.chain(redefined.map(|redefined| (&redefined.fingerprint, &redefined.definition))) {
            if !definitions.contains_key(fingerprint) && !self.known().contains(fingerprint) {
                definitions.insert(fingerprint, [fingerprint.as_str().into(), json(definition)?.into()]);
            }
        }
        if !definitions.is_empty() {
            connection.run(DEFINITIONS, lists("tt", definitions.into_values())).await?;
        }
        if batch.iter().all(|commit| commit.begin.is_none()) {
            return Ok(());
        }
        let (sessions, runs) = self.beginnings(batch)?;
        connection.run(&statement::sessions(), sessions).await?;
        connection.run(&statement::runs(), runs).await.map(drop)
    }

    /// The sessions and the runs that begin, as lists.
    fn beginnings(&self, batch: &[Commit]) -> Result<(Vec<Arg>, Vec<Arg>), DbError> {
        let mut sessions = IndexMap::new();
        let mut runs = Vec::new();
        for commit in batch {
            let Some(begin) = &commit.begin else { continue };
            sessions.entry(&begin.session.id).or_insert_with(|| columns::session(&begin.session));
            let columns::Run { run_id, session_id, rest, given } = columns::run(commit, begin, self.owner())?;
            runs.push([run_id, session_id].into_iter().chain(rest).chain(given));
        }
        Ok((lists(SESSION_TYPES, sessions.into_values()), lists(RUN_TYPES, runs)))
    }

    /// Makes a batch with one statement. `number`: all of it. Otherwise what is rarer has been done before, in a transaction round both.
    async fn write_at_once(&self, connection: &mut PgConnection, number: Option<i64>, batch: &[Commit]) -> Sql<()> {
        let mut named = IndexMap::new();
        // A statement can write a row once: what comes later takes the place of what comes first.
        let mut records = IndexMap::new();
        let (mut events, mut standings, mut releases) = (Vec::new(), Vec::new(), Vec::new());
        let number = number.filter(|_| batch.iter().any(|commit| commit.begin.is_some()));
        let begun: HashSet<_> =
            batch.iter().filter(|commit| number.is_some() && commit.begin.is_some()).map(|commit| (&commit.run_id, commit.fence)).collect();
        for commit in batch {
            let run_id = || Arg::from(Arc::clone(&commit.run_id));
            if !begun.contains(&(&commit.run_id, commit.fence)) {
                named.insert((&commit.run_id, commit.fence), [run_id(), db_number(commit.fence).into()]);
            }
            for record in &commit.records {
                let [path, kind, about, content] = columns::record(record)?;
                records.insert((&commit.run_id, &record.path, record.kind), [run_id(), path, kind, about, content]);
            }
            for event in &commit.events {
                events.push([run_id(), db_number(event.sequence).into(), event_json(event)?.into()]);
            }
            // A run that begins has been written as it stands.
            if commit.begin.is_some() {
                continue;
            }
            if let Some(standing) = &commit.standing {
                let goes_on = standing.status == Status::Running && !commit.release;
                standings.push([run_id()].into_iter().chain(columns::standing(standing)?).chain([goes_on.into()]));
            } else if commit.release {
                releases.push([run_id()]);
            }
        }
        let mut args = args![self.owner(), self.options.channel()];
        args.extend(lists("ti", named.into_values()));
        let has_nothing = |commit: &Commit| commit.begin.is_none() && commit.records.is_empty() && commit.events.is_empty();
        let shape = Shape {
            begins: number.is_some(),
            guard: batch.iter().any(has_nothing),
            records: !records.is_empty(),
            events: !events.is_empty(),
            standings: !standings.is_empty(),
            releases: !releases.is_empty(),
        };
        if let Some(number) = number {
            args.extend(args![number, LEASE.as_nanos() as i64]);
            let (sessions, runs) = self.beginnings(batch)?;
            args.extend(sessions);
            args.extend(runs);
        }
        if shape.records {
            args.extend(lists(RECORD_TYPES, records.into_values()));
        }
        if shape.events {
            args.extend(lists(EVENT_TYPES, events));
        }
        if shape.standings {
            args.extend(lists(STANDING_TYPES, standings));
        }
        if shape.releases {
            args.extend(lists("t", releases));
        }
        let sql = {
            let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(batches.entry(shape).or_insert_with(|| statement::batch(shape).into()))
        };
        if !shape.begins {
            return connection.run_text(sql, args).await.map(drop);
        }
        let made = connection.fetch_text("owners", sql, args).await?.pop();
        match made.map(|mut made| made.maybe_int()).transpose()?.flatten() {
            Some(_) => Ok(()),
            None => self.look_for_owner(connection).await,
        }
    }
}

/// Somebody deleted this owner's row. A new connection makes it anew.
fn forgotten() -> SqlError {
    SqlError::Lost(DbError::Unavailable { reason: "the row of this owner is gone".to_owned() })
}

/// Runs that go on under another definition, whose events come anew.
async fn redefine(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    for commit in batch {
        let Some(redefined) = &commit.redefined else { continue };
        let (run_id, fence) = (&*commit.run_id, db_number(commit.fence));
        connection.run(REDEFINE, args![run_id, fence, redefined.fingerprint.as_str()]).await?;
        let events = commit.events.iter().map(|event| args![run_id, fence, db_number(event.sequence)]);
        connection.run(FORGET, lists("tii", events)).await?;
    }
    Ok(())
}

async fn remove(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    let mut rows = Vec::new();
    for commit in batch {
        rows.extend(commit.removed.iter().map(|(path, kind)| args![&*commit.run_id, db_number(commit.fence), path.as_str(), *kind as i64]));
    }
    if rows.is_empty() {
        return Ok(());
    }
    connection.run(REMOVE, lists("titi", rows)).await.map(drop)
}

async fn write_media(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    for commit in batch {
        for MediaRow { digest, bytes } in &commit.media {
            connection.run(MEDIA, args![&*commit.run_id, db_number(commit.fence), digest.as_str(), Arc::clone(bytes)]).await?;
        }
    }
    Ok(())
}

async fn write_state(connection: &mut PgConnection, write: &StateWrite) -> Sql<()> {
    let StateWrite { session_id, key, read, value, by } = write;
    let mut args = args![session_id.as_str(), key.as_str(), json(value)?, by.as_str()];
    let written = match read {
        Some(version @ 1..) => {
            args.push(db_number(*version).into());
            let update =
                "UPDATE states SET value = $3, version = version + 1, by_run = $4 WHERE session_id = $1 AND key = $2 AND version = $5";
            connection.run(update, args).await?
        }
        Some(0) => {
            let insert = "INSERT INTO states (session_id, key, value, by_run, version) \
                SELECT id, $2, $3, $4, 1 FROM sessions WHERE id = $1 FOR KEY SHARE ON CONFLICT DO NOTHING";
            connection.run(insert, args).await?
        }
        None => {
            let insert = "INSERT INTO states (session_id, key, value, by_run, version) \
                SELECT id, $2, $3, $4, 1 FROM sessions WHERE id = $1 FOR KEY SHARE \
                ON CONFLICT (session_id, key) DO UPDATE SET value = excluded.value, version = states.version + 1, by_run = excluded.by_run";
            connection.run(insert, args).await?
        }
    };
    if written == 1 { Ok(()) } else { Err(SqlError::Refused(format!("somebody else wrote the state of session `{session_id}`"))) }
}

/// Rows as lists of columns: `t` for texts, `i` for numbers.
fn lists(types: &str, rows: impl IntoIterator<Item: IntoIterator<Item = Arg>, IntoIter: ExactSizeIterator>) -> Vec<Arg> {
    let rows = rows.into_iter();
    let room = rows.len();
    let empty = |kind: char| if kind == 't' { Arg::Texts(Vec::with_capacity(room)) } else { Arg::Ints(Vec::with_capacity(room)) };
    let mut lists: Vec<Arg> = types.chars().map(empty).collect();
    for row in rows {
        for (list, arg) in lists.iter_mut().zip(row) {
            match (list, arg) {
                (Arg::Texts(texts), Arg::Text(text)) => texts.push(text),
                (Arg::Texts(texts), Arg::Shared(text)) => texts.push(Some(text.to_string())),
                (Arg::Ints(numbers), Arg::Int(number)) => numbers.push(number),
                (list, arg) => unreachable!("the types name what the rows have: {list:?}, {arg:?}"),
            }
        }
    }
    lists
}
