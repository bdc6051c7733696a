//! No room left, at ever other moments of a run.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use agno::{DbError, SqliteDb, db::Synchronous};
use agno_durable::everything;

use crate::{
    limited,
    support::raw::Raw,
    whole::{check_goes_on, rest, run_until, store_error},
};

/// Lets runs find no room at ever later moments, and go on when there is some again. Each has a store of its own: in a file that has been bigger there is room.
/// `is_told`: whether an error tells of it.
pub(crate) async fn run_and_fill(
    open: impl AsyncFn(&str) -> SqliteDb,
    fill: impl AsyncFn(&str),
    make_room: impl AsyncFn(&str),
    is_told: impl Fn(&DbError) -> bool,
) {
    let mut refused = 0;
    for events in (0..).step_by(9) {
        let run_id = format!("full-{events}-{}", std::thread::current().name().unwrap_or_default());
        let file = format!("{events}.db");
        let workflow = everything(open(&file).await);
        let Some(stream) = run_until(&workflow, &run_id, events).await else { break };
        fill(&file).await;
        match store_error(rest(stream).await) {
            Some(error) if is_told(&error) => {
                assert!(error.is_transient());
                refused += 1;
            }
            // What was left to write had room in what the file had already.
            None => {}
            other => panic!("after {events} events: {other:?}"),
        }
        make_room(&file).await;
        check_goes_on(&workflow, &run_id).await;
    }
    assert!(refused > 3, "{refused} runs found no room");
}

fn is_full(error: &DbError) -> bool {
    matches!(error, DbError::Full { .. })
}

#[tokio::test]
async fn a_file_that_must_not_grow() {
    let folder = tempfile::tempdir().expect("there is a place");
    let path = |file: &str| folder.path().join(file).display().to_string();
    let options = || SqliteDb::options().synchronous(Synchronous::Normal).max_size(1 << 20);
    let open = async |file: &str| options().open(path(file)).await.expect("it opens");
    // Another program may let it grow over the size that this one allows itself.
    let fill =
        async |file: &str| _ = Raw::open(&path(file)).await.run("CREATE TABLE ballast AS SELECT zeroblob(1024 * 1024) AS junk").await;
    let make_room = async |file: &str| _ = Raw::open(&path(file)).await.run("DROP TABLE ballast").await;
    run_and_fill(open, fill, make_room, is_full).await;
}

/// A small disk, in memory. It goes with the value.
pub(crate) struct Disk<'f>(&'f Path);

impl<'f> Disk<'f> {
    /// `None`: this user must not mount anything.
    pub(crate) fn mount(place: &'f Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(place).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then(|| Self(place))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Leaves no room on it.
    pub(crate) fn fill(&self) {
        let mut file = fs::File::create(self.ballast()).expect("there is room for a name");
        for size in [1 << 20, 1 << 12] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub(crate) fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("it was filled");
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // At once for those who come, and for good when nobody has a file open there.
        _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_disk_that_is_full() {
    let folder = tempfile::tempdir().expect("there is a place");
    // Where nothing may be mounted, a limit takes the disk's place.
    let Some(disk) = Disk::mount(folder.path()) else { return limited::check_file() };
    let open = async |file: &str| SqliteDb::open(disk.0.join(file)).await.expect("it opens");
    run_and_fill(open, async |_| disk.fill(), async |_| disk.make_room(), is_full).await;
}
