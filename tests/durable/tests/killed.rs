//! Processes that are killed at every write to the store, and others that take the run on.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use agno::{
    Durability, Event,
    db::{
        Store,
        rows::{Record, RecordKind},
    },
    prelude::*,
    testing::{grammar, grammar::Extent},
};
use agno_durable::{EFFECTS, effects_in, everything, open, rest::rest};
use futures_util::StreamExt as _;
use serde_json::Value;

/// What is run, and killed.
struct Case<'c, W> {
    /// What victims call the workflow.
    name: &'static str,
    /// The workflow, to read what is stored.
    reader: fn(Store) -> W,
    /// As many writes at least.
    writes: usize,
    /// As many steps may run again that had done what they do and were not recorded. `None`: any.
    again: Option<usize>,
    address: &'c str,
    folder: &'c Path,
}

/// The lines that a victim says until it ends, or until it says that it is dead: then it is killed.
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

impl<W: Workflow> Case<'_, W> {
    /// What a process says that runs the run, or takes it on, and dies at a write.
    fn victim(&self, run_id: &str, death: Option<(usize, &str)>) -> Vec<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
        command.args([self.address, self.name, run_id]).env(EFFECTS, self.folder.join("effects")).stdout(Stdio::piped());
        if let Some((write, when)) = death {
            command.args([&write.to_string(), when]);
        }
        lines(command.spawn().expect("it starts"))
    }

    fn effects(&self, run_id: &str) -> BTreeMap<String, usize> {
        effects_in(&self.folder.join("effects"), run_id)
    }

    async fn open(&self) -> Store {
        open(self.address).await.expect("it opens")
    }

    /// The paths of the nodes of a run that have a value, once whoever is killed has left the store. A failure may run again: somebody decides so, or what
    /// would collect it was cut before it had ended.
    async fn recorded(&self, run_id: &str) -> Vec<String> {
        let records = self.open().await.records(run_id).await.expect("it answers");
        let has_value = |record: &Record| record.kind == RecordKind::Node && record.content.is_some();
        records.into_iter().filter(has_value).map(|record| record.path).collect()
    }

    /// The states of its session, those of nested workflows too, and how many media it has. Its events must be whole.
    async fn came_to(&self, place: &str, run_id: &str) -> (Vec<(String, Value)>, usize) {
        let db = self.open().await;
        let states = db.states(run_id).await.expect("it answers").into_iter().map(|state| (state.key, state.value)).collect();
        let reader = (self.reader)(db);
        let run = reader.get_run(run_id).await.expect("it answers").expect("it is there");
        assert_eq!(run.status, Status::Completed, "{place}");
        let events: Vec<Event> = reader.events(run_id, 0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
        grammar::check(&events, Extent::Whole).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert!(events.iter().zip(0..).all(|(event, number)| event.sequence == number), "{place}: there is a gap");
        (states, run.media.len())
    }

    /// How often a step may run in all legs: once, and once more where the process was killed between what it did and its record.
    fn check_effects(&self, place: &str, whole: &BTreeMap<String, usize>, got: &BTreeMap<String, usize>) {
        assert!(whole.keys().eq(got.keys()), "{place}: other steps ran: {got:?}");
        let again: usize = got.iter().map(|(path, times)| times - whole[path]).sum();
        assert!(self.again.is_none_or(|most| again <= most), "{place}: {again} steps ran again: {got:?}");
        // A person was asked about it.
        assert!(got["pay"] <= 2, "{place}: {got:?}");
    }

    async fn matrix(&self) {
        let said = self.victim("whole", None);
        let [content, writes] = &said[..] else { panic!("{said:?}") };
        let writes: usize = writes.parse().expect("a number");
        let (whole, expected) = (self.effects("whole"), self.came_to("whole", "whole").await);
        assert!(writes > self.writes, "{writes}");
        for write in 0.. {
            for when in ["before", "after"] {
                let (place, run_id) = (format!("killed {when} write {write}"), format!("{when}-{write}"));
                let cut = self.victim(&run_id, Some((write, when)));
                // How many writes there are differs by a few: branches share them as they happen to come.
                if cut != ["dead"] {
                    assert_eq!(cut.first(), Some(content), "{place}: {cut:?}");
                    assert!(write + 6 > writes, "{place} of {writes}: it came through");
                    return;
                }
                let (recorded, before) = (self.recorded(&run_id).await, self.effects(&run_id));
                let said = self.victim(&run_id, None);
                assert_eq!(said.first(), Some(content), "{place}: {said:?}");
                let after = self.effects(&run_id);
                self.check_effects(&place, &whole, &after);
                for path in recorded.iter().filter(|path| before.contains_key(*path)) {
                    assert_eq!(after[path], before[path], "{place}: `{path}` was recorded, and ran again");
                }
                assert_eq!(self.came_to(&place, &run_id).await, expected, "{place}");
            }
        }
    }
}

/// Two steps may be under way at once, in `parallel` and in `each`.
const AT_ONCE: Option<usize> = Some(2);

async fn kill_everything(address: &str, folder: &Path) {
    Case { name: "everything", reader: everything, writes: 20, again: AT_ONCE, address, folder }.matrix().await;
}

async fn kill_the_rest(address: &str, folder: &Path) {
    // What is under way at once, and both attempts of a step whose failure is collected: it may run again until all beside it have ended.
    let again = Some(4);
    Case { name: "rest", reader: |db| rest(db, Durability::Step), writes: 20, again, address, folder }.matrix().await;
}

/// What was done since the last pause, or the last `once` step, runs again.
async fn kill_the_rest_with_one_commit_for_each_leg(address: &str, folder: &Path) {
    Case { name: "late", reader: |db| rest(db, Durability::Run), writes: 5, again: None, address, folder }.matrix().await;
}

macro_rules! on_each_store {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().expect("there is a place");
                super::$name(&folder.path().join("agno.db").display().to_string(), folder.path()).await;
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().expect("there is a place");
                let url = std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`");
                super::$name(&format!("{url}#{}_{}", stringify!($name), std::process::id()), folder.path()).await;
            })*
        }
    };
}

on_each_store! {
    kill_everything
    kill_the_rest
    kill_the_rest_with_one_commit_for_each_leg
}
