CREATE TABLE ~sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT,
    workflow_id TEXT,
    name TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ~sessions_by_time ON ~sessions (created_at, id);
CREATE INDEX ~sessions_by_user ON ~sessions (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX ~sessions_by_workflow ON ~sessions (workflow_id, created_at, id) WHERE workflow_id IS NOT NULL;

CREATE TABLE ~states (
    session_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    by_run TEXT NOT NULL,
    PRIMARY KEY (session_id, key)
) WITHOUT ROWID;

CREATE TABLE ~definitions (
    fingerprint TEXT PRIMARY KEY NOT NULL,
    definition TEXT NOT NULL
);

-- Other tables name a run by its key, which is short, and grows with time whatever the ids of runs are.
CREATE TABLE ~runs (
    key INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    own_session INTEGER NOT NULL,
    user_id TEXT,
    workflow TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    stores_events INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    output TEXT,
    failure TEXT,
    carried TEXT,
    sequence INTEGER NOT NULL,
    nanos INTEGER NOT NULL,
    state TEXT,
    due_at INTEGER,
    updated_at INTEGER NOT NULL,
    owner TEXT,
    fence INTEGER NOT NULL,
    cancel INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ~runs_by_time ON ~runs (created_at, run_id);
CREATE INDEX ~runs_by_session ON ~runs (session_id, created_at, run_id);
CREATE INDEX ~runs_by_user ON ~runs (user_id, created_at, run_id) WHERE user_id IS NOT NULL;
CREATE INDEX ~runs_by_workflow ON ~runs (workflow_id, created_at, run_id);
-- Most runs are completed: those that are not are found by their status.
CREATE INDEX ~runs_by_status ON ~runs (status, created_at, run_id) WHERE status <> 3;
CREATE INDEX ~runs_to_cancel ON ~runs (owner, run_id) WHERE cancel = 1;

-- What a run was given does not change, and is not written again with what does.
CREATE TABLE ~inputs (
    run INTEGER PRIMARY KEY,
    input TEXT NOT NULL,
    given TEXT NOT NULL
);

CREATE TABLE ~records (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind INTEGER NOT NULL,
    about TEXT NOT NULL,
    content TEXT,
    UNIQUE (run, path, kind)
);
CREATE INDEX ~questions ON ~records (run) WHERE kind = 1;

CREATE TABLE ~events (
    run INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) WITHOUT ROWID;

CREATE TABLE ~owners (
    id TEXT PRIMARY KEY NOT NULL,
    machine TEXT NOT NULL,
    lease_until INTEGER NOT NULL
);

-- Takes no row: a commit that should write one here is refused as a whole.
CREATE TABLE ~refused (reason INTEGER CHECK (0));
