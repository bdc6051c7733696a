//! Files by which processes see each other. Each owner has one beside the database, and a lock on it that the operating system takes away when the process ends,
//! however it ends.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use uuid::Uuid;

use crate::db::DbError;

/// This owner's file.
#[derive(Debug)]
pub(super) struct OwnerFile {
    id: String,
    /// The database's real path and `.owner-`; an owner's id makes it that owner's file.
    beginning: PathBuf,
    /// `None`: it has resigned.
    file: Mutex<Option<File>>,
}

impl OwnerFile {
    /// For a database that is there.
    pub(super) fn new(database: &Path) -> Result<Self, DbError> {
        let unavailable = |error: io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                DbError::ReadOnly { reason: format!("no file can be made beside the database: {error}") }
            }
            io::ErrorKind::StorageFull => DbError::Full { reason: error.to_string() },
            _ => DbError::Unavailable { reason: format!("no file can be made beside the database: {error}") },
        };
        let mut beginning: OsString = fs::canonicalize(database).map_err(unavailable)?.into();
        beginning.push(".owner-");
        let beginning = PathBuf::from(beginning);
        remove_dead(&beginning);
        let id = Uuid::now_v7().to_string();
        let path = with_id(&beginning, &id);
        let file = loop {
            let file = File::create(&path).map_err(unavailable)?;
            file.lock().map_err(unavailable)?;
            // Who tidied up may have taken it for a dead one's, before it was locked.
            if path.exists() {
                break file;
            }
        };
        Ok(Self { id, beginning, file: Mutex::new(Some(file)) })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The folder, and what the names of owners' files begin with.
    pub(super) fn place(&self) -> Option<(&Path, &std::ffi::OsStr)> {
        Some((self.beginning.parent()?, self.beginning.file_name()?))
    }

    /// The name of this owner's file.
    pub(super) fn name(&self) -> Option<OsString> {
        with_id(&self.beginning, &self.id).file_name().map(OsString::from)
    }

    /// Whether another owner of this machine lives. The file of one that does not is removed.
    pub(super) fn other_is_alive(&self, id: &str) -> bool {
        is_alive(&with_id(&self.beginning, id))
    }

    /// Lets the others see that something has changed.
    pub(super) fn touch(&self) {
        if let Some(file) = &*self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            // Should this fail, they see it later.
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// Gives the lock up.
    pub(super) fn resign(&self) {
        if let Some(file) = self.file.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // First the name, then the lock: nobody can lock a file that is about to go. If it stays, others remove it.
            let _ = fs::remove_file(with_id(&self.beginning, &self.id));
            drop(file);
        }
    }
}

fn with_id(beginning: &Path, id: &str) -> PathBuf {
    let mut path = OsString::from(beginning);
    path.push(id);
    PathBuf::from(path)
}

/// Whether somebody has a lock on a file.
fn is_alive(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(path);
            false
        }
        Err(TryLockError::WouldBlock) => true,
        // It cannot be known, so the run stays whose it is.
        Err(TryLockError::Error(_)) => true,
    }
}

fn remove_dead(beginning: &Path) {
    let (Some(folder), Some(name)) = (beginning.parent(), beginning.file_name()) else { return };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes()) {
            is_alive(&entry.path());
        }
    }
}
