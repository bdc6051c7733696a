//! Stores, other processes, and a way round the library to what is stored.
#![allow(dead_code, reason = "each program of tests uses a part")]

pub(crate) mod player;
pub(crate) mod raw;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno::{Db, InMemoryDb, db::Store};
use agno_durable::{effects_here, effects_in};

use self::{player::Player, raw::Raw};

/// So long is waited for what has to come. Whoever waits longer has found a mistake.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for what has to come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes")
}

/// Does something beside the test.
#[expect(clippy::disallowed_methods, reason = "it is no part of a run")]
pub(crate) fn beside<T: Send + 'static>(what: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(what)
}

/// The PostgreSQL server of the tests.
pub(crate) fn server() -> String {
    std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`")
}

/// A store of one test, and what its runs did outside.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: String,
    /// The data, if they are in this process alone. Then there is no address.
    memory: Option<InMemoryDb>,
    number: usize,
}

/// The number of the next place.
static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Place {
    /// An id that no other test's run has, since effects of this process are counted together.
    pub(crate) fn id(&self, name: &str) -> String {
        format!("{name}-{}", self.number)
    }

    /// A file of SQLite.
    pub(crate) fn file() -> Self {
        let folder = tempfile::tempdir().expect("there is a place");
        let address = folder.path().join("agno.db").display().to_string();
        Self { folder, address, memory: None, number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// The memory of this process.
    pub(crate) fn memory() -> Self {
        Self { address: String::new(), memory: Some(InMemoryDb::new()), ..Self::file() }
    }

    /// A schema of PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(crate) fn schema() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = format!("{}#d{}_{number}", server(), std::process::id());
        Self { folder: tempfile::tempdir().expect("there is a place"), address, memory: None, number }
    }

    /// The store, opened once more: for an owner of its own.
    pub(crate) async fn open(&self) -> Store {
        self.open_db().await.into()
    }

    /// The same, for whoever looks at its rows.
    pub(crate) async fn open_db(&self) -> Arc<dyn Db> {
        match &self.memory {
            Some(memory) => Arc::new(memory.another_owner()),
            None => agno_durable::open_db(&self.address).await.expect("it opens"),
        }
    }

    /// Its tables.
    pub(crate) async fn raw(&self) -> Raw {
        Raw::open(&self.address).await
    }

    pub(crate) fn effects_file(&self) -> PathBuf {
        self.folder.path().join("effects")
    }

    /// Another process, whose steps do not wait.
    pub(crate) fn player(&self, what: &str, run_id: &str) -> Player {
        Player::new(self, &[what, run_id], false)
    }

    /// Another process, which stands still at each step.
    pub(crate) fn gated(&self, what: &[&str]) -> Player {
        Player::new(self, what, true)
    }

    /// How often each step of a run did what it does, in all processes.
    pub(crate) fn effects(&self, run_id: &str) -> BTreeMap<String, usize> {
        let mut effects = effects_in(&self.effects_file(), run_id);
        for (path, times) in effects_here(run_id) {
            *effects.entry(path).or_default() += times;
        }
        effects
    }
}

/// What steps have done, as it is written in tests.
pub(crate) fn times<const N: usize>(times: [(&str, usize); N]) -> BTreeMap<String, usize> {
    times.into_iter().map(|(path, times)| (path.to_owned(), times)).collect()
}

/// Tests that each store has to pass: those that other processes can open, and, where it says so, that in memory.
macro_rules! on_each_store {
    (with memory: $($name:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::Place::memory()).await;
            })*
        }

        $crate::support::on_each_store! { $($name)* }
    };
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::Place::file()).await;
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::Place::schema()).await;
            })*
        }
    };
}
pub(crate) use on_each_store;
