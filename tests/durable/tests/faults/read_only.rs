//! A file that must not be written any more.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use agno_durable::{EFFECTS, effects::GATES, ordering::SHIPPED};

use crate::support::{Place, player::Player, times};

/// Whom permissions bind: the root of a machine may write whatever they say.
const NOBODY: u32 = 65534;

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    let path = "/proc/no such folder/agno.db";
    let error = agno::SqliteDb::open(path).await.expect_err("there is no such folder");
    assert!(error.to_string().contains(path), "{error}");
}

/// A store in a folder of its own, used by somebody whom permissions bind.
struct Bound {
    place: Place,
    program: PathBuf,
}

impl Bound {
    fn new() -> Self {
        let mut place = Place::file();
        let folder = place.folder.path().join("database");
        fs::create_dir(&folder).expect("there is a place");
        place.address = folder.join("agno.db").display().to_string();
        // Where the build lies they may not get.
        let program = place.folder.path().join("player");
        fs::copy(env!("CARGO_BIN_EXE_player"), &program).expect("there is room");
        permit(&program, 0o755);
        permit(place.folder.path(), 0o777);
        permit(&folder, 0o777);
        Self { place, program }
    }

    fn player(&self, what: &[&str], gated: bool) -> Player {
        let mut command = Command::new(&self.program);
        command.arg(&self.place.address).args(what).env(EFFECTS, self.place.effects_file());
        if gated {
            command.env(GATES, "closed");
        }
        if fs::metadata(self.place.folder.path()).expect("it is there").uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        Player::of(command.into())
    }

    /// Whether the database, what SQLite has put beside it, and their folder may be written.
    fn writable(&self, writable: bool) {
        let folder = Path::new(&self.place.address).parent().expect("it has one");
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it is there").path();
            // The owners' files are in a folder.
            let enter = if path.is_dir() { 0o111 } else { 0 };
            permit(&path, enter | if writable { 0o666 } else { 0o444 });
        }
        permit(folder, if writable { 0o777 } else { 0o555 });
    }
}

#[tokio::test]
async fn a_run_waits_until_its_file_can_be_written_again() {
    let bound = Bound::new();
    let id = &*bound.place.id("a");
    assert_eq!(bound.player(&["begin", id], false).ends().await, "paused sure");
    bound.writable(false);
    for what in ["resume", "recover", "run"] {
        assert_eq!(bound.player(&[what, id], false).ends().await, "read-only", "{what}");
    }
    let done = times([("book", 1), ("quote/price", 1), ("quote/weigh", 1)]);
    assert_eq!(bound.place.effects(id), done, "nothing runs that could not be recorded");
    bound.writable(true);
    assert_eq!(bound.player(&["resume", id], false).ends().await, format!("completed {SHIPPED}"));
    assert_eq!(bound.place.effects(id), times([("book", 1), ("quote/price", 1), ("quote/weigh", 1), ("ship", 1)]));
}

/// A process that has the file open may still write it. Either way nothing is lost.
#[tokio::test]
async fn a_file_that_becomes_read_only_in_the_middle_of_a_run_loses_nothing() {
    let bound = Bound::new();
    let id = &*bound.place.id("a");
    let mut player = bound.player(&["run", id], true);
    player.until("book").await;
    bound.writable(false);
    let said = player.ends().await;
    bound.writable(true);
    let completed = format!("completed {SHIPPED}");
    assert!(said == completed || said == "read-only", "{said}");
    assert_eq!(bound.player(&["run", id], false).ends().await, completed);
    let effects = bound.place.effects(id);
    assert!(effects["ship"] == 1 && effects["quote/weigh"] == 1 && effects["quote/price"] == 1, "{effects:?}");
    assert!(effects["book"] == 1 || said == "read-only", "{effects:?}");
}
