//! The statement that makes a batch. It is a transaction of its own, since a round trip to the server costs nearly as much as a commit.

use super::NOW;

/// The parts of a batch's statement that not all batches need. Each costs time, whether it has rows or not, since the server opens what it writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// Runs begin. Then the batch has a number, and is not made if that has been made.
    pub(super) begins: bool,
    /// There is a run without records and events.
    pub(super) guard: bool,
    pub(super) records: bool,
    pub(super) events: bool,
    pub(super) standings: bool,
    pub(super) releases: bool,
}

pub(super) const SESSION_TYPES: &str = "tttti";
pub(super) const RUN_TYPES: &str = "ttittttiiitttiitiitiitt";
pub(super) const RECORD_TYPES: &str = "ttitt";
pub(super) const EVENT_TYPES: &str = "tit";
pub(super) const STANDING_TYPES: &str = "titttiitiii";

const SESSION_COLUMNS: &str = "id, user_id, workflow_id, name, created_at";
const RUN_COLUMNS: &str = "run_id, session_id, own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at, status, output, \
    failure, carried, sequence, nanos, state, due_at, updated_at, owner, fence, cancel";

/// The runs of `new`, with keys. The session is null, and the run is refused, if it belongs to another user.
fn made(sessions: &str, lock: &str) -> String {
    let session =
        format!("(SELECT s.id FROM {sessions} s WHERE s.id = n.session_id AND (n.user_id IS NULL OR s.user_id = n.user_id){lock})");
    let columns = RUN_COLUMNS.replacen("session_id", &session, 1);
    format!("made AS (INSERT INTO runs ({RUN_COLUMNS}) SELECT {columns} FROM new n RETURNING key, run_id)")
}

const INPUTS: &str = "INSERT INTO inputs (run, input, given) SELECT made.key, new.input, new.given FROM made JOIN new USING (run_id)";

/// The sessions of runs that begin, where the rest of the batch is made in statements of its own.
pub(super) fn sessions() -> String {
    format!(
        "INSERT INTO sessions ({SESSION_COLUMNS}) SELECT * FROM {} AS s ({SESSION_COLUMNS}) ORDER BY s.id ON CONFLICT DO NOTHING",
        unnest(SESSION_TYPES, &mut 1)
    )
}

/// The runs that begin, in the same case.
pub(super) fn runs() -> String {
    let (new, made) = (unnest(RUN_TYPES, &mut 1), made("sessions", " FOR KEY SHARE"));
    format!("WITH new AS (SELECT * FROM {new} AS n ({RUN_COLUMNS}, input, given)), {made} {INPUTS}")
}

/// The statement of a batch. `$1`: the owner, `$2`: where changes are told, `$3` and `$4`: the runs and their numbers. If runs begin, then the batch's number, and for how long
/// the owner lives. Then the columns of what there is.
///
/// The rows of the runs are locked against whoever wants to claim them. What belongs to a run that is not ours any more has no key, and is refused; where there is nothing
/// that could be, the table `refused` gets a row, which it cannot take.
pub(super) fn batch(shape: Shape) -> String {
    let mut next = 5;
    let mut sql = "WITH ".to_owned();
    // Nothing comes of a batch that has been made.
    let if_new = if shape.begins { "mark CROSS JOIN " } else { "" };
    if shape.begins {
        sql += &format!(
            "mark AS (UPDATE owners SET committed = $5, lease_until = {NOW} + $6 WHERE id = $1 AND committed < $5 RETURNING committed), "
        );
        next = 7;
    }
    let held = if shape.begins { "held" } else { "ours" };
    sql += &format!(
        "named AS (SELECT n.* FROM {if_new}unnest($3::text[], $4::bigint[]) AS n (run_id, fence)), \
         {held} AS (SELECT r.key, r.run_id FROM named n JOIN runs r USING (run_id) WHERE r.fence = n.fence FOR SHARE OF r)"
    );
    if shape.begins {
        // What a statement writes, it does not see: a session is a new one, or one that was there. One that somebody else makes at this moment is neither; then
        // the runs are refused, and made again.
        let (ids, opened) = (next, unnest(SESSION_TYPES, &mut next));
        let (new, made) = (unnest(RUN_TYPES, &mut next), made("(TABLE opened UNION ALL TABLE known)", ""));
        sql += &format!(
            ", opened AS (INSERT INTO sessions ({SESSION_COLUMNS}) SELECT s.* FROM mark CROSS JOIN {opened} AS s ({SESSION_COLUMNS}) ORDER BY s.id \
             ON CONFLICT DO NOTHING RETURNING id, user_id), \
             known AS (SELECT s.id, s.user_id FROM mark CROSS JOIN sessions s WHERE s.id = ANY(${ids}::text[]) FOR KEY SHARE OF s), \
             new AS (SELECT n.* FROM mark CROSS JOIN {new} AS n ({RUN_COLUMNS}, input, given)), {made}, give AS ({INPUTS}), \
             ours AS (TABLE held UNION ALL TABLE made)"
        );
    }
    if shape.guard {
        sql += ", refuse AS (INSERT INTO refused SELECT 1 WHERE (SELECT count(*) FROM ours) < (SELECT count(*) FROM named))";
    }
    if shape.records {
        sql += &format!(
            ", write AS (INSERT INTO records (run, path, kind, about, content) SELECT o.key, r.path, r.kind, r.about, r.content \
             FROM {if_new}{} WITH ORDINALITY AS r (run_id, path, kind, about, content, n) LEFT JOIN ours o ON o.run_id = r.run_id ORDER BY r.n \
             ON CONFLICT (run, path, kind) DO UPDATE SET about = excluded.about, content = excluded.content)",
            unnest(RECORD_TYPES, &mut next)
        );
    }
    if shape.events {
        sql += &format!(
            ", tell AS (INSERT INTO events (run, sequence, event) SELECT o.key, e.sequence, e.event \
             FROM {if_new}{} AS e (run_id, sequence, event) LEFT JOIN ours o ON o.run_id = e.run_id ON CONFLICT DO NOTHING)",
            unnest(EVENT_TYPES, &mut next)
        );
    }
    if shape.standings {
        // What was to be cancelled and has failed (4) instead is done with: whoever takes it on later is not told.
        sql += &format!(
            ", stand AS (UPDATE runs SET status = s.status, output = s.output, failure = s.failure, carried = s.carried, sequence = s.sequence, \
             nanos = s.nanos, state = s.state, due_at = s.due_at, updated_at = s.updated_at, owner = CASE WHEN s.goes_on = 1 THEN runs.owner END, \
             cancel = CASE WHEN s.status = 4 THEN 0 ELSE runs.cancel END \
             FROM {} AS s (run_id, status, output, failure, carried, sequence, nanos, state, due_at, updated_at, goes_on) \
             JOIN {held} o USING (run_id) WHERE runs.key = o.key)",
            unnest(STANDING_TYPES, &mut next)
        );
    }
    if shape.releases {
        sql += &format!(
            ", release AS (UPDATE runs SET owner = NULL FROM {} AS l (run_id) JOIN {held} o USING (run_id) WHERE runs.key = o.key)",
            unnest("t", &mut next)
        );
    }
    let others = format!("EXISTS (SELECT 1 FROM owners WHERE listens AND id <> $1 AND lease_until > (SELECT {NOW}))");
    sql + &match shape.begins {
        true => format!(" SELECT (SELECT committed FROM mark), (SELECT pg_notify($2, '') WHERE {others})"),
        false => format!(" SELECT pg_notify($2, '') WHERE {others}"),
    }
}

/// `unnest` of as many lists as there are letters: `t` for texts, `i` for numbers.
fn unnest(types: &str, next: &mut usize) -> String {
    let lists = types.chars().map(|kind| {
        *next += 1;
        format!("${}::{}[]", *next - 1, if kind == 't' { "text" } else { "bigint" })
    });
    format!("unnest({})", lists.collect::<Vec<_>>().join(", "))
}
