-- Lanes and leases of jobs, the nodes that share the work, and what runs once for all of them.
-- Only additions: the release before this one works on these tables too.

-- 0 voice, 1 interactive, 2 what follows from webhooks, 3 synchronization and timers.
ALTER TABLE jobs ADD COLUMN lane INTEGER NOT NULL DEFAULT 2;
-- When the lease of the worker that has it ends. Nobody else takes it before, also when it is asked for again.
ALTER TABLE jobs ADD COLUMN leased_until TEXT;
-- The node of that worker.
ALTER TABLE jobs ADD COLUMN leased_by TEXT;
-- Raised by each lease, so that a worker that lost its own cannot finish the job.
ALTER TABLE jobs ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_due_in_lane ON jobs (lane, run_at, id) WHERE state = 'waiting';

-- The processes at work on this database. One that stops removes its row.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    -- The machine, or what the settings call it.
    name TEXT NOT NULL,
    process_id BIGINT NOT NULL,
    -- What it does: all, api, work.
    role TEXT NOT NULL,
    -- Where it listens.
    address TEXT,
    release TEXT NOT NULL,
    -- The newest migration it knows.
    schema_version BIGINT NOT NULL,
    started_at TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL,
    -- Its clock minus that of the database.
    clock_ahead_ms BIGINT NOT NULL,
    -- How often another node had taken over a job that it still worked on.
    leases_lost BIGINT NOT NULL
);
CREATE INDEX nodes_heard ON nodes (heartbeat_at);

-- What runs from time to time, on one node for all.
CREATE TABLE schedules (
    name TEXT NOT NULL PRIMARY KEY,
    next_run_at TEXT NOT NULL,
    -- While a node runs it.
    leased_until TEXT,
    -- That node, afterwards the last one.
    node_id TEXT,
    -- Raised by each run.
    fence BIGINT NOT NULL DEFAULT 0,
    last_run_at TEXT,
    -- done or failed.
    last_outcome TEXT,
    last_error TEXT
);
