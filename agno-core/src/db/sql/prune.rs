//! Deleting runs with everything that is their own.

use super::{Connection, Sql, args, number, select::Query};
use crate::db::rows::Prune;

/// So many runs are deleted at once, so that others can write in between.
pub(super) const AT_ONCE: u64 = 200;

/// Deletes finished runs, at most [`AT_ONCE`] of them. `alive`: owners whose runs stay.
pub(super) async fn prune(connection: &mut impl Connection, prune: &Prune, alive: &[String]) -> Sql<u64> {
    let Prune { workflow_id, before, keep } = prune;
    let mut which = Query::new("key IN (SELECT key FROM (SELECT key, updated_at");
    if keep.is_some() {
        which.sql(", row_number() OVER (PARTITION BY workflow_id ORDER BY created_at DESC, run_id DESC) AS place");
    }
    which.sql(" FROM ~runs WHERE status >= 3 AND (owner IS NULL OR owner NOT IN ").list(alive).sql(")");
    which.and("workflow_id =", workflow_id.clone()).sql(") AS finished WHERE 1 = 1");
    which.and("updated_at <", *before).and("place >", keep.map(|keep| number(keep as u64)));
    which.sql(" LIMIT ").arg(number(AT_ONCE)).sql(")");
    delete_runs(connection, which).await
}

/// Deletes the runs for which a condition holds. How many there were.
pub(super) async fn delete_runs(connection: &mut impl Connection, which: Query) -> Sql<u64> {
    // The runs go first: whoever is just committing to one of them has done so by then, and nobody can any more.
    let sql = format!("DELETE FROM ~runs WHERE {} RETURNING session_id, key, own_session", which.sql);
    let (mut keys, mut sessions) = (Vec::new(), Vec::new());
    for mut row in connection.fetch("runs", &sql, which.args).await? {
        let session_id = row.text()?;
        keys.push(row.int()?.to_string());
        if row.flag()? {
            sessions.push(session_id);
        }
    }
    for some in keys.chunks(AT_ONCE as usize) {
        let keys = some.join(", ");
        for table in ["~records", "~events", "~inputs", "~media"] {
            connection.run(&format!("DELETE FROM {table} WHERE run IN ({keys})"), Vec::new()).await?;
        }
    }
    sessions.sort_unstable();
    sessions.dedup();
    for session_id in sessions {
        let empty = "DELETE FROM ~sessions WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM ~runs WHERE session_id = $1)";
        if connection.run(empty, args![session_id.as_str()]).await? == 1 {
            connection.run("DELETE FROM ~states WHERE session_id = $1", args![session_id]).await?;
        }
    }
    Ok(keys.len() as u64)
}
