//! Files by which processes see each other. Each owner has one, and a lock on it that the operating system takes away when the process ends, however it ends. They
//! have a folder of their own beside the database: who watches it does not hear of each page that SQLite writes.

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
    /// The database's real path and `.owners`. An owner's id is the name of its file there.
    folder: PathBuf,
    /// `None`: it has resigned.
    file: Mutex<Option<File>>,
}

impl OwnerFile {
    /// For a database that is there.
    pub(super) fn new(database: &Path) -> Result<Self, DbError> {
        let unavailable = |error: io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                DbError::ReadOnly { reason: format!("no folder can be made beside the database: {error}") }
            }
            io::ErrorKind::StorageFull => DbError::Full { reason: error.to_string() },
            _ => DbError::Unavailable { reason: format!("no folder can be made beside the database: {error}") },
        };
        let mut folder: OsString = fs::canonicalize(database).map_err(unavailable)?.into();
        folder.push(".owners");
        let folder = PathBuf::from(folder);
        let id = Uuid::now_v7().to_string();
        let path = folder.join(&id);
        let file = loop {
            fs::create_dir_all(&folder).map_err(unavailable)?;
            let file = match File::create(&path) {
                Ok(file) => file,
                // The last one has just gone, and the folder with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unavailable(error)),
            };
            file.lock().map_err(unavailable)?;
            // Who tidied up may have taken it for a dead one's, before it was locked.
            if path.exists() {
                break file;
            }
        };
        let owner = Self { id, folder, file: Mutex::new(Some(file)) };
        owner.remove_dead();
        Ok(owner)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Where the files of owners are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether another owner of this machine lives. The file of one that does not is removed.
    pub(super) fn other_is_alive(&self, id: &str) -> bool {
        is_alive(&self.folder.join(id))
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
            let _ = fs::remove_file(self.folder.join(&self.id));
            drop(file);
            // Which it does not, as long as there are others.
            let _ = fs::remove_dir(&self.folder);
        }
    }

    fn remove_dead(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let others = entries.flatten().filter(|entry| entry.file_name() != *self.id);
        others.for_each(|entry| _ = is_alive(&entry.path()));
    }
}

/// Whether somebody has a lock on a file.
fn is_alive(path: &Path) -> bool {
    let file = match File::open(path) {
        Ok(file) => file,
        // One that has gone has no file. What else keeps it from being looked at says nothing of it.
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
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
