//! Files that a process must not let grow: what a quota does, and the nearest to a full disk where nothing may be mounted.

use std::{env, fs, process::Command};

use agno::{DbError, SqliteDb};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::full::run_and_fill;

/// The variable that tells a process that it may limit itself: nothing else runs in it.
const ALONE: &str = "AGNO_DURABLE_ALONE";

/// The test that runs in a process of its own.
const TEST: &str = "limited::files_that_must_not_grow";

/// A shell command that begins with this runs what follows with `SIGXFSZ` ignored, as servers do: whoever writes too much is told, and not ended.
const UNSIGNALLED: &str = "trap '' XFSZ";

/// Up to where files may be written from now on.
fn limit(bytes: Option<u64>) {
    let limits = Rlimit { current: bytes, ..getrlimit(Resource::Fsize) };
    setrlimit(Resource::Fsize, limits).expect("a process may limit itself, and take that back");
}

/// Runs the test below in a process of its own.
pub(crate) fn check_file() {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{UNSIGNALLED}; exec \"$@\""), "sh"]).arg(env::current_exe().expect("this program lies somewhere"));
    let ran = command.args([TEST, "--exact", "--nocapture"]).env(ALONE, "yes").output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn files_that_must_not_grow() {
    if env::var_os(ALONE).is_none() {
        return check_file();
    }
    let folder = tempfile::tempdir().expect("there is a place");
    let open = async |file: &str| SqliteDb::open(folder.path().join(file)).await.expect("it opens");
    let fill = async |file: &str| {
        let log = fs::metadata(folder.path().join(format!("{file}-wal"))).expect("it is open");
        // In the middle of what is written next.
        limit(Some(log.len() + 1_000));
    };
    // SQLite tells a file that is too big from a full disk, and not from one that does not answer.
    let is_told = |error: &DbError| matches!(error, DbError::Unavailable { .. });
    run_and_fill(open, fill, async |_| limit(None), is_told).await;
}
