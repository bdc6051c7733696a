-- When the next of a workflow's paused runs has to be looked at.
CREATE INDEX ~runs_by_due ON ~runs (workflow_id, due_at) WHERE status = 2 AND due_at IS NOT NULL;
-- With all that is asked for, or SQLite takes the records of a run by their paths and looks for questions among them.
DROP INDEX ~questions;
CREATE INDEX ~questions ON ~records (run, kind, path) WHERE kind = 1;
