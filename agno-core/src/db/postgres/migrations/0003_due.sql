-- When the next of a workflow's paused runs has to be looked at.
CREATE INDEX runs_by_due ON runs (workflow_id, due_at) WHERE status = 2 AND due_at IS NOT NULL;
