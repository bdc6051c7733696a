//! Everything that writes and is no commit of a run.

use super::{
    Backend, Connection, Liveness, OwnerRow, Sql, SqlError, args,
    diagnose::diagnose_state,
    json, number, prune,
    row::{status, status_number},
    select::Query,
    writer::Core,
};
use crate::db::{
    DbError,
    rows::{Claim, Prune, Record, SessionRow, StateWrite},
};
use crate::workflow::Status;

/// A change of the store.
#[derive(Debug)]
pub(super) enum Change {
    Claim { run_id: String, force: bool },
    Answer { run_id: String, answer: Record },
    RequestCancel { run_id: String },
    DeleteRun { run_id: String },
    Prune(Prune),
    CreateSession(SessionRow),
    RenameSession { session_id: String, name: String },
    DeleteSession { session_id: String },
    WriteState(StateWrite),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Changed {
    Claim(Claim),
    /// How many rows, or which version.
    Count(u64),
}

/// Makes a change, inside of a transaction.
pub(super) async fn make<B: Backend>(core: &Core<B>, connection: &mut B::Connection, change: &Change) -> Sql<Changed> {
    let count = match change {
        Change::Claim { run_id, force } => return claim(core, connection, run_id, *force).await.map(Changed::Claim),
        Change::Answer { run_id, answer: record } => answer(connection, run_id, record).await?,
        Change::RequestCancel { run_id } => {
            let mark = "UPDATE ~runs SET cancel = CASE WHEN status IN (3, 4, 5) THEN cancel ELSE 1 END WHERE run_id = $1";
            let marked = connection.run(mark, args![run_id.as_str()]).await?;
            found(marked, run_id)?
        }
        Change::DeleteRun { run_id } => {
            prune::delete_runs(connection, Query { sql: "run_id = $1".to_owned(), args: args![run_id.as_str()] }).await?
        }
        Change::Prune(prune) => {
            let alive = alive(core, connection).await?;
            prune::prune(connection, prune, &alive).await?
        }
        Change::CreateSession(session) => {
            let SessionRow { id, user_id, workflow_id, name, created_at } = session;
            let insert =
                "INSERT INTO ~sessions (id, user_id, workflow_id, name, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
            connection.run(insert, args![id.as_str(), user_id, workflow_id, name, *created_at]).await?
        }
        Change::RenameSession { session_id, name } => {
            connection.run("UPDATE ~sessions SET name = $1 WHERE id = $2", args![name.as_str(), session_id.as_str()]).await?
        }
        Change::DeleteSession { session_id } => {
            let deleted = connection.run("DELETE FROM ~sessions WHERE id = $1", args![session_id.as_str()]).await?;
            prune::delete_runs(connection, Query { sql: "session_id = $1".to_owned(), args: args![session_id.as_str()] }).await?;
            connection.run("DELETE FROM ~states WHERE session_id = $1", args![session_id.as_str()]).await?;
            deleted
        }
        Change::WriteState(write) => write_state(connection, write).await?,
    };
    Ok(Changed::Count(count))
}

fn found(rows: u64, id: &str) -> Result<u64, DbError> {
    if rows == 0 { Err(DbError::Missing { id: id.to_owned() }) } else { Ok(rows) }
}

async fn claim<B: Backend>(core: &Core<B>, connection: &mut B::Connection, run_id: &str, force: bool) -> Sql<Claim> {
    loop {
        let run = connection.fetch("runs", "SELECT owner, fence, status FROM ~runs WHERE run_id = $1", args![run_id]).await?.pop();
        let Some(mut run) = run else { return Ok(Claim::Missing) };
        let (owner, fence, status) = (run.maybe_text()?, run.count()?, status(&mut run)?);
        if matches!(status, Status::Completed | Status::Cancelled) {
            return Ok(Claim::Ended);
        }
        let held = match owner {
            Some(owner) if !force => holds(core, connection, run_id, &owner).await?,
            _ => Liveness::Dead,
        };
        match held {
            Liveness::Dead => {}
            Liveness::Alive => return Ok(Claim::Held { until: None }),
            Liveness::Leased(until) => return Ok(Claim::Held { until: Some(until) }),
        }
        let next = fence + 1;
        let update = "UPDATE ~runs SET owner = $1, fence = $2, status = $5 WHERE run_id = $3 AND fence = $4 AND status = $6";
        let claimed = connection
            .run(
                update,
                args![core.backend.owner(), number(next), run_id, number(fence), status_number(Status::Running), status_number(status)],
            )
            .await?;
        // Somebody else may have been quicker; then they hold it.
        if claimed == 1 {
            return Ok(Claim::Yours { fence: next });
        }
    }
}

/// Whether an owner that stands in a run's row really has it.
pub(super) async fn holds<B: Backend>(core: &Core<B>, connection: &mut B::Connection, run_id: &str, owner: &str) -> Sql<Liveness> {
    if owner == core.backend.owner() {
        return Ok(if core.live().contains(run_id) { Liveness::Alive } else { Liveness::Dead });
    }
    let row = "SELECT id, machine, lease_until FROM ~owners WHERE id = $1";
    match connection.fetch("owners", row, args![owner]).await?.pop() {
        Some(mut row) => {
            let row = OwnerRow { id: row.text()?, machine: row.text()?, lease_until: row.time()? };
            core.backend.liveness(connection, &row).await
        }
        None => Ok(Liveness::Dead),
    }
}

/// The owners who are alive, this one among them.
pub(super) async fn alive<B: Backend>(core: &Core<B>, connection: &mut B::Connection) -> Sql<Vec<String>> {
    let own = core.backend.owner();
    let owners = "SELECT id, machine, lease_until FROM ~owners WHERE id <> $1";
    let mut alive = vec![own.to_owned()];
    for mut row in connection.fetch("owners", owners, args![own]).await? {
        let row = OwnerRow { id: row.text()?, machine: row.text()?, lease_until: row.time()? };
        if core.backend.liveness(connection, &row).await? != Liveness::Dead {
            alive.push(row.id);
        }
    }
    Ok(alive)
}

async fn answer(connection: &mut impl Connection, run_id: &str, answer: &Record) -> Sql<u64> {
    // The row is locked first: a commit that pauses the run comes before, and is seen, or after, and sees the answer.
    let locked = connection.run("UPDATE ~runs SET fence = fence WHERE run_id = $1", args![run_id]).await?;
    found(locked, run_id)?;
    let content = answer.content.as_ref().map(json).transpose()?;
    let insert = "INSERT INTO ~records (run, path, kind, about, content) SELECT key, $2, $3, $4, $5 FROM ~runs WHERE run_id = $1 ON CONFLICT DO NOTHING";
    let args = args![run_id, answer.path.as_str(), answer.kind as i64, json(&answer.about)?, content];
    let written = connection.run(insert, args).await?;
    if written == 1 {
        connection.run("UPDATE ~runs SET answered = 1 WHERE run_id = $1", args![run_id]).await?;
    }
    Ok(written)
}

async fn write_state(connection: &mut impl Connection, write: &StateWrite) -> Sql<u64> {
    if let Some(error) = diagnose_state(connection, write, 0, false).await? {
        return Err(error.into());
    }
    // The version is asked for once more, since a database need not lock what was only read.
    let insert = "INSERT INTO ~states (session_id, key, value, version, by_run) VALUES ((SELECT id FROM ~sessions WHERE id = $1), $2, $3, 1, $4) \
        ON CONFLICT (session_id, key) DO UPDATE SET value = excluded.value, version = ~states.version + 1, by_run = excluded.by_run \
        WHERE $5 IS NULL OR ~states.version = $5 RETURNING version";
    let StateWrite { session_id, key, read, value, by } = write;
    let args = args![session_id.as_str(), key.as_str(), json(value)?, by.as_str(), read.map(number)];
    match connection.fetch("states", insert, args).await?.pop() {
        Some(mut version) => Ok(version.count()?),
        None => Err(SqlError::Again(DbError::Unavailable { reason: format!("somebody else writes the state of session `{session_id}`") })),
    }
}
