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
            Ok(started) => *watcher = started,
            // Then they are seen when the lease is renewed.
            Err(error) => tracing::warn!(%error, "changes of other processes are seen late, since their files cannot be watched"),
        }
    }
}

fn watch(own: &OwnerFile, changes: Sender<u64>) -> notify::Result<Option<RecommendedWatcher>> {
    let (Some((folder, beginning)), Some(own)) = (own.place(), own.name()) else { return Ok(None) };
    let beginning = beginning.to_owned();
    let is_others = move |event: &Event| {
        let names = event.paths.iter().filter_map(|path| path.file_name());
        let mut others = names.filter(|name| **name != *own && name.as_encoded_bytes().starts_with(beginning.as_encoded_bytes()));
        !event.kind.is_access() && others.next().is_some()
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // After an error something may have been missed.
        if event.as_ref().map_or(true, &is_others) {
            changes.send_modify(|change| *change += 1);
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(Some(watcher))
}
