//! Commits as SQL.
//!
//! A round trip to the server costs nearly as much as a commit, so a batch of what runs do all the time (records, events, where they stand) is one statement
//! ([`statement`]), which is a transaction of its own. What is rarer comes before it, in a transaction round both.
//!
//! A batch whose outcome is not known, because the connection was lost, is tried again. One statement can be: it writes the same rows again. What cannot (a run
//! begins, a state is compared) has a number, which is written with it: if that is there, it was made, and nothing is done twice.

use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use indexmap::IndexMap;

use super::{NOW, Postgres, connection::PgConnection};
use crate::{
    db::{
        LEASE,
        rows::{Commit, MediaRow, StateWrite},
        sql::{Arg, Backend as _, Connection as _, Sql, SqlError, args, columns, event_json, json, number},
    },
    workflow::Status,
};

/// The parts of a batch's statement that not all batches need. Each costs time, whether it has rows or not, since the server opens what it writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// There is a run without records and events.
    guard: bool,
    records: bool,
    events: bool,
    standings: bool,
    releases: bool,
}

/// The statement of a batch. `$1`: the owner, `$2`: where changes are told, `$3` and `$4`: the runs and their numbers. Then the columns of what there is.
///
/// The rows of the runs are locked against whoever wants to claim them. What belongs to a run that is not ours any more has no key, and is refused; where there is nothing
/// that could be, the table `refused` gets a row, which it cannot take.
fn statement(shape: Shape) -> String {
    let mut sql = "WITH named AS (SELECT * FROM unnest($3::text[], $4::bigint[]) AS n (run_id, fence)), \
         ours AS (SELECT r.key, r.run_id FROM named n JOIN runs r USING (run_id) WHERE r.fence = n.fence FOR SHARE OF r)"
        .to_owned();
    if shape.guard {
        sql += ", refuse AS (INSERT INTO refused SELECT 1 WHERE (SELECT count(*) FROM ours) < (SELECT count(*) FROM named))";
    }
    let mut next = 5;
    // `unnest` of as many lists as there are letters: `t` for texts, `i` for numbers.
    let mut unnest = |types: &str| {
        let lists = types.chars().map(|kind| {
            next += 1;
            format!("${}::{}[]", next - 1, if kind == 't' { "text" } else { "bigint" })
        });
        format!("unnest({})", lists.collect::<Vec<_>>().join(", "))
    };
    if shape.records {
        sql += &format!(
            ", write AS (INSERT INTO records (run, path, kind, about, content) SELECT o.key, r.path, r.kind, r.about, r.content \
             FROM {} WITH ORDINALITY AS r (run_id, path, kind, about, content, n) LEFT JOIN ours o USING (run_id) ORDER BY r.n \
             ON CONFLICT (run, path, kind) DO UPDATE SET about = excluded.about, content = excluded.content)",
            unnest(RECORD_TYPES)
        );
    }
    if shape.events {
        sql += &format!(
            ", tell AS (INSERT INTO events (run, sequence, event) SELECT o.key, e.sequence, e.event \
             FROM {} AS e (run_id, sequence, event) LEFT JOIN ours o USING (run_id) ON CONFLICT DO NOTHING)",
            unnest(EVENT_TYPES)
        );
    }
    if shape.standings {
        // What was to be cancelled and has failed (4) instead is done with: whoever takes it on later is not told.
        sql += &format!(
            ", stand AS (UPDATE runs SET status = s.status, output = s.output, failure = s.failure, carried = s.carried, sequence = s.sequence, \
             nanos = s.nanos, state = s.state, due_at = s.due_at, updated_at = s.updated_at, owner = CASE WHEN s.goes_on = 1 THEN runs.owner END, \
             cancel = CASE WHEN s.status = 4 THEN 0 ELSE runs.cancel END \
             FROM {} AS s (run_id, status, output, failure, carried, sequence, nanos, state, due_at, updated_at, goes_on) \
             JOIN ours o USING (run_id) WHERE runs.key = o.key)",
            unnest(STANDING_TYPES)
        );
    }
    if shape.releases {
        sql += &format!(
            ", release AS (UPDATE runs SET owner = NULL FROM {} AS l (run_id) JOIN ours o USING (run_id) WHERE runs.key = o.key)",
            unnest("t")
        );
    }
    sql += &format!(" SELECT pg_notify($2, '') WHERE EXISTS (SELECT 1 FROM owners WHERE listens AND id <> $1 AND lease_until > {NOW})");
    sql
}

const RECORD_TYPES: &str = "ttitt";
const EVENT_TYPES: &str = "tit";
const STANDING_TYPES: &str = "titttiitiii";

const SESSIONS: &str = "INSERT INTO sessions (id, user_id, workflow_id, name, created_at) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS s (id, user_id, workflow_id, name, created_at) ORDER BY s.id \
    ON CONFLICT DO NOTHING";

const DEFINITIONS: &str = "INSERT INTO definitions (fingerprint, definition) SELECT * FROM unnest($1::text[], $2::text[]) AS d (fingerprint, definition) \
    ORDER BY d.fingerprint ON CONFLICT DO NOTHING";

/// The session is null, and the run is refused, if it belongs to another user.
const RUNS: &str = "WITH new AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
        $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::bigint[], $18::bigint[], \
        $19::text[], $20::bigint[], $21::bigint[], $22::text[], $23::text[]) \
        AS n (run_id, session_id, own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, status, output, failure, carried, \
        sequence, nanos, state, due_at, updated_at, owner, fence, cancel, input, given)), \
    made AS (INSERT INTO runs (run_id, session_id, own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, status, output, \
        failure, carried, sequence, nanos, state, due_at, updated_at, owner, fence, cancel) \
        SELECT run_id, (SELECT s.id FROM sessions s WHERE s.id = n.session_id AND (n.user_id IS NULL OR s.user_id = n.user_id) FOR KEY SHARE), \
        own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, status, output, failure, carried, sequence, nanos, state, \
        due_at, updated_at, owner, fence, cancel FROM new n RETURNING key, run_id) \
    INSERT INTO inputs (run, input, given) SELECT made.key, new.input, new.given FROM made JOIN new USING (run_id)";
const RUN_TYPES: &str = "ttittttiiitttiitiitiitt";

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
            commit.begin.is_none()
                && commit.redefined.is_none()
                && commit.removed.is_empty()
                && commit.media.is_empty()
                && commit.states.is_empty()
                && !is_paused(&commit)
        };
        if batch.iter().all(is_common) {
            return self.write_common(connection, batch).await;
        }
        connection.run("BEGIN", Vec::new()).await?;
        let mark = format!("UPDATE owners SET committed = $2, lease_until = {NOW} + $3 WHERE id = $1 AND committed < $2");
        let marked = connection.run(&mark, args![self.owner(), number, LEASE.as_nanos() as i64]).await?;
        if marked == 0 {
            let there = connection.fetch("owners", "SELECT committed FROM owners WHERE id = $1", args![self.owner()]).await?;
            connection.run("ROLLBACK", Vec::new()).await?;
            return if there.is_empty() { Err(forgotten()) } else { Ok(()) };
        }
        self.begin(connection, batch).await?;
        let touched = batch.iter().filter(|commit| !commit.removed.is_empty() || commit.redefined.is_some() || is_paused(commit));
        let touched: Vec<Vec<Arg>> = touched.map(|commit| args![&*commit.run_id]).collect();
        if !touched.is_empty() {
            connection.run(LOCK, lists("t", touched)).await?;
        }
        redefine(connection, batch).await?;
        remove(connection, batch).await?;
        write_media(connection, batch).await?;
        for write in batch.iter().flat_map(|commit| &commit.states) {
            write_state(connection, write).await?;
        }
        self.write_common(connection, batch).await?;
        let paused: Vec<Vec<Arg>> = batch.iter().filter(is_paused).map(|commit| args![&*commit.run_id]).collect();
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

    async fn begin(&self, connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
        let begins = || batch.iter().filter_map(|commit| commit.begin.as_ref().map(|begin| (commit, begin)));
        let mut sessions = IndexMap::new();
        let mut definitions = IndexMap::new();
        let mut runs = Vec::new();
        for (commit, begin) in begins() {
            sessions.entry(&begin.session.id).or_insert_with(|| columns::session(&begin.session));
            let fingerprint = &begin.run.fingerprint;
            if !definitions.contains_key(fingerprint) && !self.known().contains(fingerprint) {
                definitions.insert(fingerprint, args![fingerprint.as_str(), json(&begin.definition)?]);
            }
            runs.push(columns::run(commit, begin, self.owner())?);
        }
        for redefined in batch.iter().filter_map(|commit| commit.redefined.as_ref()) {
            let fingerprint = &redefined.fingerprint;
            if !definitions.contains_key(fingerprint) && !self.known().contains(fingerprint) {
                definitions.insert(fingerprint, args![fingerprint.as_str(), json(&redefined.definition)?]);
            }
        }
        if !definitions.is_empty() {
            connection.run(DEFINITIONS, lists("tt", definitions.into_values())).await?;
        }
        if runs.is_empty() {
            return Ok(());
        }
        connection.run(SESSIONS, lists("tttti", sessions.into_values())).await?;
        connection.run(RUNS, lists(RUN_TYPES, runs)).await.map(drop)
    }

    async fn write_common(&self, connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
        let mut named = IndexMap::new();
        // A statement can write a row once: what comes later takes the place of what comes first.
        let mut records = IndexMap::new();
        let (mut events, mut standings, mut releases) = (Vec::new(), Vec::new(), Vec::new());
        for commit in batch {
            let run_id = || Arg::from(&*commit.run_id);
            named.insert((&commit.run_id, commit.fence), vec![run_id(), number(commit.fence).into()]);
            for record in &commit.records {
                let mut row = vec![run_id()];
                row.extend(columns::record(record)?);
                records.insert((&commit.run_id, &record.path, record.kind), row);
            }
            for event in &commit.events {
                events.push(vec![run_id(), number(event.sequence).into(), event_json(event)?.into()]);
            }
            // A run that begins has been written as it stands.
            if commit.begin.is_some() {
                continue;
            }
            if let Some(standing) = &commit.standing {
                let mut row = vec![run_id()];
                row.extend(columns::standing(standing)?);
                row.push((standing.status == Status::Running && !commit.release).into());
                standings.push(row);
            } else if commit.release {
                releases.push(vec![run_id()]);
            }
        }
        let mut args = args![self.owner(), self.options.channel()];
        args.extend(lists("ti", named.into_values()));
        let shape = Shape {
            guard: batch.iter().any(|commit| commit.records.is_empty() && commit.events.is_empty()),
            records: !records.is_empty(),
            events: !events.is_empty(),
            standings: !standings.is_empty(),
            releases: !releases.is_empty(),
        };
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
            Arc::clone(batches.entry(shape).or_insert_with(|| statement(shape).into()))
        };
        connection.run(&sql, args).await.map(drop)
    }
}

/// Somebody deleted this owner's row. A new connection makes it anew.
fn forgotten() -> SqlError {
    SqlError::Lost(crate::db::DbError::Unavailable { reason: "the row of this owner is gone".to_owned() })
}

/// Runs that go on under another definition, whose events come anew.
async fn redefine(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    for commit in batch {
        let Some(redefined) = &commit.redefined else { continue };
        let (run_id, fence) = (&*commit.run_id, number(commit.fence));
        connection.run(REDEFINE, args![run_id, fence, redefined.fingerprint.as_str()]).await?;
        let events = commit.events.iter().map(|event| args![run_id, fence, number(event.sequence)]);
        connection.run(FORGET, lists("tii", events)).await?;
    }
    Ok(())
}

async fn remove(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    let mut rows = Vec::new();
    for commit in batch {
        rows.extend(commit.removed.iter().map(|(path, kind)| args![&*commit.run_id, number(commit.fence), path.as_str(), *kind as i64]));
    }
    if rows.is_empty() {
        return Ok(());
    }
    connection.run(REMOVE, lists("titi", rows)).await.map(drop)
}

async fn write_media(connection: &mut PgConnection, batch: &[Commit]) -> Sql<()> {
    for commit in batch {
        for MediaRow { digest, bytes } in &commit.media {
            connection.run(MEDIA, args![&*commit.run_id, number(commit.fence), digest.as_str(), Arc::clone(bytes)]).await?;
        }
    }
    Ok(())
}

async fn write_state(connection: &mut PgConnection, write: &StateWrite) -> Sql<()> {
    let StateWrite { session_id, key, read, value, by } = write;
    let mut args = args![session_id.as_str(), key.as_str(), json(value)?, by.as_str()];
    let written = match read {
        Some(version @ 1..) => {
            args.push(number(*version).into());
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
fn lists(types: &str, rows: impl IntoIterator<Item = Vec<Arg>>) -> Vec<Arg> {
    let empty = |kind: char| if kind == 't' { Arg::Texts(Vec::new()) } else { Arg::Ints(Vec::new()) };
    let mut lists: Vec<Arg> = types.chars().map(empty).collect();
    for row in rows {
        for (list, arg) in lists.iter_mut().zip(row) {
            match (list, arg) {
                (Arg::Texts(texts), Arg::Text(text)) => texts.push(text),
                (Arg::Ints(numbers), Arg::Int(number)) => numbers.push(number),
                (list, arg) => unreachable!("the types name what the rows have: {list:?}, {arg:?}"),
            }
        }
    }
    lists
}
