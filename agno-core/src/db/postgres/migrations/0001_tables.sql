-- Ids are compared by their bytes, as everywhere else.
CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C",
    workflow_id TEXT COLLATE "C",
    name TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_time ON sessions (created_at, id);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_workflow ON sessions (workflow_id, created_at, id) WHERE workflow_id IS NOT NULL;

CREATE TABLE states (
    session_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    value TEXT NOT NULL,
    version BIGINT NOT NULL,
    by_run TEXT NOT NULL,
    PRIMARY KEY (session_id, key)
);

CREATE TABLE definitions (
    fingerprint TEXT COLLATE "C" PRIMARY KEY,
    definition TEXT NOT NULL
);

-- Other tables name a run by its key, which is short, and grows with time whatever the ids of runs are.
CREATE TABLE runs (
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id TEXT COLLATE "C" NOT NULL UNIQUE,
    session_id TEXT COLLATE "C" NOT NULL,
    own_session BIGINT NOT NULL,
    user_id TEXT COLLATE "C",
    workflow TEXT NOT NULL,
    workflow_id TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    stores_events BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    output TEXT,
    failure TEXT,
    carried TEXT,
    sequence BIGINT NOT NULL,
    nanos BIGINT NOT NULL,
    state TEXT,
    due_at BIGINT,
    updated_at BIGINT NOT NULL,
    owner TEXT COLLATE "C",
    fence BIGINT NOT NULL,
    cancel BIGINT NOT NULL DEFAULT 0,
    answered BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_time ON runs (created_at, run_id);
CREATE INDEX runs_by_session ON runs (session_id, created_at, run_id);
CREATE INDEX runs_by_user ON runs (user_id, created_at, run_id) WHERE user_id IS NOT NULL;
CREATE INDEX runs_by_workflow ON runs (workflow_id, created_at, run_id);
-- Most runs are completed: those that are not are found by their status.
CREATE INDEX runs_by_status ON runs (status, created_at, run_id) WHERE status <> 3;
CREATE INDEX runs_to_cancel ON runs (owner, run_id) WHERE cancel = 1;

-- What a run was given does not change, and is not written again with what does.
CREATE TABLE inputs (
    run BIGINT PRIMARY KEY,
    input TEXT NOT NULL,
    given TEXT NOT NULL
);

CREATE TABLE records (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    run BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    kind BIGINT NOT NULL,
    about TEXT NOT NULL,
    content TEXT,
    PRIMARY KEY (run, path, kind)
);
CREATE INDEX questions ON records (run) WHERE kind = 1;

CREATE TABLE events (
    run BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
);

CREATE TABLE owners (
    id TEXT COLLATE "C" PRIMARY KEY,
    machine TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- The number of the last batch that this owner has committed.
    committed BIGINT NOT NULL DEFAULT 0,
    -- Whether it wants to know what others change.
    listens BOOLEAN NOT NULL DEFAULT FALSE
);

-- Takes no row: a commit that should write one here is refused as a whole.
CREATE TABLE refused (reason BIGINT CHECK (FALSE));
