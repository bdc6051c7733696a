//! News of what other processes have changed.

use std::sync::{Mutex, PoisonError};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch::Sender;

use super::owner::OwnerFile;

/// Watches the files of other owners, who touch them after each commit. SQLite's own files are no help: they change before a commit can be seen.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<Option<RecommendedWatcher>>);

impl Watch {
    /// Starts to watch, unless it does.
    pub(super) fn start(&self, own: &OwnerFile, changes: &Sender<u64>) {
        let mut watcher = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.is_some() {
            return;
        }
        match watch(own, changes.clone()) {
            Ok(started) => *watcher = Some(started),
            // Then they are seen when the lease is renewed.
            Err(error) => tracing::warn!(%error, "changes of other processes are seen late, since their files cannot be watched"),
        }
    }
}

fn watch(own: &OwnerFile, changes: Sender<u64>) -> notify::Result<RecommendedWatcher> {
    let (folder, id) = (own.folder(), own.id().to_owned());
    let is_others = move |event: &Event| {
        let mut names = event.paths.iter().filter_map(|path| path.file_name());
        !event.kind.is_access() && names.any(|name| *name != *id)
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // After an error something may have been missed.
        if event.as_ref().map_or(true, &is_others) {
            changes.send_modify(|change| *change += 1);
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
