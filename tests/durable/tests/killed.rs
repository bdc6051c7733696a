//! Processes that are killed at every write to the store, and others that take the run on.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use agno::{
    Event,
    db::rows::RecordKind,
    prelude::*,
    testing::{grammar, grammar::Extent},
};
use agno_durable::{EFFECTS, effects_in, everything, open};
use futures_util::StreamExt as _;

/// A victim of its own process.
fn victim(address: &str, effects: &Path, run_id: &str, death: Option<(usize, &str)>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
    command.args([address, run_id]).env(EFFECTS, effects).stdout(Stdio::piped());
    if let Some((write, when)) = death {
        command.args([&write.to_string(), when]);
    }
    command.spawn().expect("it starts")
}

/// The lines that it says until it ends, or until it says that it is dead: then it is killed.
fn lines(mut child: Child) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines() {
        let line = line.expect("it is text");
        if line == "dead" {
            child.kill().expect("it lives");
            lines.push(line);
            break;
        }
        lines.push(line);
    }
    child.wait().expect("it ends");
    lines
}

/// How often a step may run in all legs: once, and once more where the process was killed between what it did and its record.
fn check_effects(place: &str, whole: &std::collections::BTreeMap<String, usize>, got: &std::collections::BTreeMap<String, usize>) {
    assert!(whole.keys().eq(got.keys()), "{place}: other steps ran: {got:?}");
    let again: usize = got.iter().map(|(path, times)| times - whole[path]).sum();
    // Two steps may be under way at once, in `parallel` and in `each`.
    assert!(again <= 2, "{place}: {again} steps ran again: {got:?}");
}

/// The paths of the nodes of a run that are recorded, once whoever is killed has left the store.
async fn recorded(address: &str, run_id: &str) -> Vec<String> {
    let records = open(address).await.expect("it opens").records(run_id).await.expect("it answers");
    records.into_iter().filter(|record| record.kind == RecordKind::Node).map(|record| record.path).collect()
}

async fn matrix(address: impl Fn(usize) -> String, folder: &Path) {
    let effects = folder.join("effects");
    let said = lines(victim(&address(0), &effects, "whole", None));
    let [content, writes] = &said[..] else { panic!("{said:?}") };
    let writes: usize = writes.parse().expect("a number");
    let whole = effects_in(&effects, "whole");
    let expected = everything(open(&address(0)).await.expect("it opens")).get_run("whole").await.expect("it answers").expect("it is there");
    assert!(writes > 20);
    for write in 0.. {
        for when in ["before", "after"] {
            let (place, run_id) = (format!("killed {when} write {write}"), format!("{when}-{write}"));
            let address = address(write);
            let cut = lines(victim(&address, &effects, &run_id, Some((write, when))));
            // How many writes there are differs by a few: branches share them as they happen to come.
            if cut != ["dead"] {
                assert_eq!(cut.first(), Some(content), "{place}: {cut:?}");
                assert!(write + 6 > writes, "{place} of {writes}: it came through");
                return;
            }
            let recorded = recorded(&address, &run_id).await;
            let before = effects_in(&effects, &run_id);
            let said = lines(victim(&address, &effects, &run_id, None));
            assert_eq!(said.first(), Some(content), "{place}: {said:?}");
            let after = effects_in(&effects, &run_id);
            check_effects(&place, &whole, &after);
            for path in recorded.iter().filter(|path| before.contains_key(*path)) {
                assert_eq!(after[path], before[path], "{place}: `{path}` was recorded, and ran again");
            }
            let reader = everything(open(&address).await.expect("it opens"));
            let run = reader.get_run(&*run_id).await.expect("it answers").expect("it is there");
            assert_eq!((run.status, &run.state, run.media.len()), (Status::Completed, &expected.state, expected.media.len()), "{place}");
            let events: Vec<Event> = reader.events(&*run_id, 0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
            grammar::check(&events, Extent::Whole).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(events.iter().zip(0..).all(|(event, number)| event.sequence == number), "{place}: there is a gap");
        }
    }
}

#[tokio::test]
async fn a_process_may_be_killed_at_every_write_to_sqlite() {
    let folder = tempfile::tempdir().expect("there is a place");
    let file = folder.path().join("agno.db").display().to_string();
    matrix(|_| file.clone(), folder.path()).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_process_may_be_killed_at_every_write_to_postgres() {
    let folder = tempfile::tempdir().expect("there is a place");
    let url = std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`");
    let address = format!("{url}#killed_{}", std::process::id());
    matrix(|_| address.clone(), folder.path()).await;
}
