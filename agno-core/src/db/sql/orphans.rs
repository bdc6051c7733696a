//! Runs that nobody runs.

use super::{
    Backend, Sql, change,
    select::{self, Which},
    writer::Core,
};
use crate::db::rows::{RunFilter, RunRow};

/// Runs, orphans among them if they are asked for.
pub(super) async fn runs<B: Backend>(
    core: &Core<B>,
    connection: &mut B::Connection,
    mut filter: RunFilter,
    which: Which,
) -> Sql<Vec<RunRow>> {
    if !filter.orphaned {
        return select::runs(connection, &filter, which, &[]).await;
    }
    let own = core.backend.owner();
    let mut alive = change::alive(core, connection).await?;
    // The database does not know which of this owner's runs have been let go: those are looked at here.
    alive.retain(|owner| owner != own);
    let (limit, mut orphans) = (filter.limit, Vec::new());
    loop {
        let page = select::runs(connection, &filter, which, &alive).await?;
        let is_last = filter.limit.is_none_or(|limit| page.len() < limit);
        filter.after = page.last().map(|run| (run.created_at, run.run_id.clone()));
        let live = core.live();
        orphans.extend(page.into_iter().filter(|run| run.owner.as_deref() != Some(own) || !live.contains(&run.run_id)));
        drop(live);
        if is_last || limit.is_some_and(|limit| orphans.len() >= limit) {
            orphans.truncate(limit.unwrap_or(usize::MAX));
            return Ok(orphans);
        }
    }
}
