//! Connections that read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_core::future::BoxFuture;
use tokio::sync::Semaphore;

use super::{Backend, Sql, SqlError};

/// So many read at once.
const READERS: usize = 4;

/// A few connections, made when they are first needed.
#[derive(Debug)]
pub(super) struct Readers<C> {
    idle: Mutex<Vec<C>>,
    room: Semaphore,
}

impl<C> Default for Readers<C> {
    fn default() -> Self {
        Self { idle: Mutex::default(), room: Semaphore::new(READERS) }
    }
}

impl<C> Readers<C> {
    fn idle(&self) -> MutexGuard<'_, Vec<C>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks something up. `None`: the store has no connections to read with.
    pub(super) async fn look<B: Backend<Connection = C>, T, F>(&self, backend: &B, look: F) -> Option<Sql<T>>
    where
        F: for<'c> FnOnce(&'c mut C) -> BoxFuture<'c, Sql<T>> + Clone,
    {
        // The semaphore is never closed.
        let _permit = self.room.acquire().await.ok();
        // Each connection may have been lost while it was idle.
        for _ in 0..=READERS {
            let idle = self.idle().pop();
            let mut connection = match idle {
                Some(connection) => connection,
                // None to read with is no error.
                None => match backend.connect_reader().await {
                    Ok(connection) => connection?,
                    Err(error) => return Some(Err(error.into())),
                },
            };
            let seen = look.clone()(&mut connection).await;
            if matches!(seen, Err(SqlError::Lost(_))) {
                continue;
            }
            self.idle().push(connection);
            return Some(seen);
        }
        let reason = "each connection to it was lost".to_owned();
        Some(Err(SqlError::Failed(crate::db::DbError::Unavailable { reason })))
    }
}
