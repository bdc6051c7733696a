//! Why a commit was refused.

use super::{Connection, Sql, args, number};
use crate::db::{
    DbError,
    rows::{Commit, StateWrite},
};

/// What is wrong with a commit, if anything is (any more).
pub(super) async fn diagnose(connection: &mut impl Connection, commit: &Commit) -> Sql<Option<DbError>> {
    let run_id = || commit.run_id.to_string();
    let fence = connection.fetch("runs", "SELECT fence FROM ~runs WHERE run_id = $1", args![run_id()]).await?.pop();
    let fence = fence.map(|mut fence| fence.int()).transpose()?;
    match (&commit.begin, fence) {
        (Some(_), Some(_)) => return Ok(Some(DbError::Exists { run_id: run_id() })),
        (Some(begin), None) => {
            let user = "SELECT user_id FROM ~sessions WHERE id = $1";
            let user = connection.fetch("sessions", user, args![begin.run.session_id.as_str()]).await?.pop();
            if let Some(mut user) = user
                && begin.run.user_id.is_some()
                && user.maybe_text()? != begin.run.user_id
            {
                return Ok(Some(DbError::OtherUser { id: begin.run.session_id.clone() }));
            }
        }
        (None, Some(fence)) if fence == number(commit.fence) => {}
        (None, _) => return Ok(Some(DbError::LeaseLost { run_id: run_id() })),
    }
    for (write, before) in commit.states_in_turn() {
        let begins = commit.begin.as_ref().is_some_and(|begin| begin.run.session_id == write.session_id);
        if let Some(error) = diagnose_state(connection, write, before, begins).await? {
            return Ok(Some(error));
        }
    }
    Ok(None)
}

/// `before`: how often the same commit has changed the state by then. `begins`: it may make the session.
pub(super) async fn diagnose_state(
    connection: &mut impl Connection,
    write: &StateWrite,
    before: u64,
    begins: bool,
) -> Sql<Option<DbError>> {
    let state = "SELECT version, by_run FROM ~states WHERE session_id = $1 AND key = $2";
    let state = connection.fetch("states", state, args![write.session_id.as_str(), write.key.as_str()]).await?.pop();
    let (version, by) = match state {
        Some(mut state) => (state.count()?, state.text()?),
        None => (0, String::new()),
    };
    if write.read.is_some_and(|read| read != version + before) {
        return Ok(Some(DbError::StateConflict { session_id: write.session_id.clone(), key: write.key.clone(), by }));
    }
    let session = connection.fetch("sessions", "SELECT id FROM ~sessions WHERE id = $1", args![write.session_id.as_str()]).await?;
    Ok((session.is_empty() && !begins).then(|| DbError::Missing { id: write.session_id.clone() }))
}
