//! What stores hold, as plain data: sessions, runs, records, events.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::Value;

use crate::{event::Event, workflow::Status};

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// The user whose it is.
    pub user_id: Option<String>,
    /// The id of the workflow whose run it began with.
    pub workflow_id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A state of a session, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// The path of the nested workflow whose state it is; empty for the run's own.
    pub key: String,
    /// The value.
    pub value: Value,
    /// How often it was written: who writes says which version it read.
    pub version: u64,
    /// The run that wrote it last.
    pub by: String,
}

/// A change of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateWrite {
    /// The session.
    pub session_id: String,
    /// The path of the nested workflow whose state it is; empty for the run's own.
    pub key: String,
    /// The version that was read, 0 where there was none; `None` writes whatever is there. The state gets the next version.
    pub read: Option<u64>,
    /// The value.
    pub value: Value,
    /// Who writes: the run.
    pub by: String,
}

/// A run: what does not change, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id. Ids that grow with time keep neighbours together; those that the library makes do.
    pub run_id: String,
    /// Its session.
    pub session_id: String,
    /// Whether the run got a session of its own, because it was given none.
    pub own_session: bool,
    /// The user whose it is.
    pub user_id: Option<String>,
    /// The workflow's name.
    pub workflow: String,
    /// The workflow's id.
    pub workflow_id: String,
    /// The fingerprint of the definition that runs it: the key of [`Db::definition`](super::Db::definition).
    pub fingerprint: String,
    /// The input.
    pub input: Value,
    /// What the caller said about it: metadata, additional data, media, one JSON object.
    pub given: Value,
    /// Whether its events are stored.
    pub stores_events: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// Who runs it. `None`: nobody.
    pub owner: Option<String>,
    /// How often it was claimed: a writer with a smaller number has lost it.
    pub fence: u64,
    /// Whether somebody wants it cancelled.
    pub cancel: bool,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// The output, if it is completed.
    pub output: Option<Value>,
    /// Why it failed, if it did: one JSON object.
    pub failure: Option<Value>,
    /// What the next leg takes over beside the records: one JSON object.
    pub carried: Option<Value>,
    /// The number of the next event.
    pub sequence: u64,
    /// Nanoseconds that its legs took.
    pub nanos: u64,
    /// The session's state when its last leg ended.
    pub state: Option<Value>,
    /// When something is due that waits for no answer: the earliest deadline of its open questions.
    pub due_at: Option<Timestamp>,
    /// When this was written.
    pub updated_at: Timestamp,
}

impl Standing {
    /// A run that runs, and has done nothing yet.
    #[must_use]
    pub const fn begun(at: Timestamp) -> Self {
        Self {
            status: Status::Running,
            output: None,
            failure: None,
            carried: None,
            sequence: 0,
            nanos: 0,
            state: None,
            due_at: None,
            updated_at: at,
        }
    }
}

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum RecordKind {
    /// How a node ended, and its value.
    Node = 0,
    /// A question. It is open as long as it has no answer; the leg that reads the answer takes it away.
    Question = 1,
    /// The answer to a question. Written once, by whoever answers first.
    Answer = 2,
    /// When a sleep or a question ends.
    Wake = 3,
    /// An attempt of a step that must not run twice has begun.
    Begun = 4,
    /// How many attempts of a step have failed so far.
    Failed = 5,
    /// A step has called a child: the path is the child's.
    Call = 6,
    /// A person is asked about the failure of a node: the path is the node's.
    Asked = 7,
}

impl RecordKind {
    /// The kind of a number, as it is stored.
    #[must_use]
    pub const fn of(number: i16) -> Option<Self> {
        Some(match number {
            0 => Self::Node,
            1 => Self::Question,
            2 => Self::Answer,
            3 => Self::Wake,
            4 => Self::Begun,
            5 => Self::Failed,
            6 => Self::Call,
            7 => Self::Asked,
            _ => return None,
        })
    }
}

/// A record of a run's journal. Its key is the run, the path and the kind; writing it again replaces it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where, such as `refine[0]/improve`.
    pub path: String,
    /// What it is about.
    pub kind: RecordKind,
    /// Everything but the value: one JSON object.
    pub about: Value,
    /// The value, if there is one.
    pub content: Option<Value>,
}

/// Bytes of media of a run, which lie beside its rows. They never change, and go with the run.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaRow {
    /// What names them: their SHA-256, as hexadecimal text.
    pub digest: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl Debug for MediaRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaRow").field("digest", &self.digest).field("bytes", &self.bytes.len()).finish()
    }
}

/// One change of one run: all of it, or nothing.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The run.
    pub run_id: Arc<str>,
    /// The number under which the writer owns the run. The store refuses a commit whose number is not the run's.
    pub fence: u64,
    /// The run itself, with its first commit. Its session is made if there is none of its id.
    pub begin: Option<Box<NewRun>>,
    /// The run goes on under another definition. Events that come with it replace those of their numbers, whose paths are no more.
    pub redefined: Option<Box<Redefined>>,
    /// Records that are new, or replace those of the same path and kind.
    pub records: Vec<Record>,
    /// What lies beside its rows. Bytes that are there already stay as they are.
    pub media: Vec<MediaRow>,
    /// Records that are no more.
    pub removed: Vec<(String, RecordKind)>,
    /// States that change with it, in this order: a state that changes twice is read the second time as the first one left it.
    pub states: Vec<StateWrite>,
    /// Events, in the order of their numbers.
    pub events: Vec<Arc<Event>>,
    /// Where the run stands from now on. A run that does not run has no owner: whoever commits this lets it go.
    pub standing: Option<Box<Standing>>,
    /// Lets the run go, as it is: its status stays.
    pub release: bool,
}

impl Commit {
    /// A change of nothing, to be added to.
    #[must_use]
    pub const fn new(run_id: Arc<str>, fence: u64) -> Self {
        Self {
            run_id,
            fence,
            begin: None,
            redefined: None,
            records: Vec::new(),
            media: Vec::new(),
            removed: Vec::new(),
            states: Vec::new(),
            events: Vec::new(),
            standing: None,
            release: false,
        }
    }

    /// The states that change, each with how often the commit has changed it before.
    pub(crate) fn states_in_turn(&self) -> impl Iterator<Item = (&StateWrite, u64)> {
        let is_same = |a: &StateWrite, b: &StateWrite| a.session_id == b.session_id && a.key == b.key;
        self.states.iter().enumerate().map(move |(index, write)| {
            let before = self.states[..index].iter().filter(|earlier| is_same(earlier, write)).count();
            (write, before as u64)
        })
    }

    /// Whether its run is nobody's afterwards.
    #[must_use]
    pub fn lets_go(&self) -> bool {
        self.release || self.standing.as_ref().is_some_and(|standing| standing.status != Status::Running)
    }

    /// Whether it begins a run, which is its owner's afterwards.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.begin.is_some() && !self.lets_go()
    }
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The run. Its owner is the process that commits, under the commit's number.
    pub run: RunRow,
    /// Its session, should there be none of its id.
    pub session: SessionRow,
    /// The definition, should there be none of its fingerprint.
    pub definition: Arc<Value>,
}

/// The definition under which a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Redefined {
    /// For [`RunRow::fingerprint`].
    pub fingerprint: String,
    /// The definition, should there be none of its fingerprint.
    pub definition: Arc<Value>,
}

/// What came of claiming a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// It is this process's, under this number.
    Yours {
        /// For [`Commit::fence`].
        fence: u64,
    },
    /// Another process runs it.
    Held {
        /// Until when, if it does not renew its lease. `None`: it lives on this machine, and this is known for sure.
        until: Option<Timestamp>,
    },
    /// It is completed or cancelled: nobody can go on with it.
    Ended,
    /// There is no such run.
    Missing,
}

/// Which runs are listed. Everything that is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this user.
    pub user_id: Option<String>,
    /// Of this session.
    pub session_id: Option<String>,
    /// Of the workflow of this id.
    pub workflow_id: Option<String>,
    /// In one of these states; empty: in any.
    pub status: Vec<Status>,
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub before: Option<Timestamp>,
    /// Those that nobody runs, or whose owner is gone.
    pub orphaned: bool,
    /// Paused ones with something due at this time, or with a question that has an answer (which no leg has read then).
    pub due: Option<Timestamp>,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// Only those after this one, in the order of the listing: the last run of the page before. Runs are listed by `created_at`, then by id.
    pub after: Option<(Timestamp, String)>,
    /// At most so many; `None`: all.
    pub limit: Option<usize>,
}

/// Which sessions are listed. Everything that is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Of this user.
    pub user_id: Option<String>,
    /// That began with a run of the workflow of this id.
    pub workflow_id: Option<String>,
    /// Made at this time or later.
    pub since: Option<Timestamp>,
    /// Made before this time.
    pub before: Option<Timestamp>,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// Only those after this one, in the order of the listing. Sessions are listed by `created_at`, then by id.
    pub after: Option<(Timestamp, String)>,
    /// At most so many; `None`: all.
    pub limit: Option<usize>,
}

/// Which finished runs are to go: those for which everything that is said holds. All of them, where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Prune {
    /// Of the workflow of this id; `None`: of all.
    pub workflow_id: Option<String>,
    /// Those whose last change is older than this.
    pub before: Option<Timestamp>,
    /// All but the newest so many of each workflow.
    pub keep: Option<usize>,
}

/// A completed run, as history has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The run.
    pub run_id: String,
    /// Its input.
    pub input: Value,
    /// Its output.
    pub output: Value,
}
