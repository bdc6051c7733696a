//! News of what others have changed.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::{runtime::Handle, sync::watch::Sender, task::AbortHandle};

use super::options::PostgresOptions;

/// Waits between attempts to reach a server that is gone.
const PAUSE: Duration = Duration::from_millis(200);

/// A task that listens, once somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct Listen(Mutex<Option<AbortHandle>>);

impl Listen {
    /// Starts to listen, unless it does.
    pub(super) fn start(&self, options: &PostgresOptions, owner: &str, changes: &Sender<u64>) {
        let mut task = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        // Outside of a runtime changes are seen when the lease is renewed.
        let Ok(runtime) = Handle::try_current() else { return };
        let (options, owner, changes) = (options.clone(), owner.to_owned(), changes.clone());
        let listening = async move {
            loop {
                if let Err(error) = listen(&options, &owner, &changes).await {
                    tracing::debug!(%error, "nobody tells what others change, until the server is there again");
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        *task = Some(runtime.spawn(listening).abort_handle());
    }

    pub(super) fn stop(&self) {
        if let Some(task) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// Listens until the connection is lost.
async fn listen(options: &PostgresOptions, owner: &str, changes: &Sender<u64>) -> sqlx::Result<()> {
    // A pool of one, because that is what a listener takes.
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.connect_options()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(&options.channel()).await?;
    // From now on others tell. What they did before is looked at now.
    sqlx::query("UPDATE owners SET listens = TRUE WHERE id = $1").bind(owner).execute(&mut listener).await?;
    let changed = || changes.send_modify(|change| *change += 1);
    changed();
    loop {
        let told = listener.try_recv().await?;
        changed();
        if told.is_none() {
            return Ok(());
        }
    }
}
