-- What providers tell us, stored before it is interpreted, and the queue of work.

CREATE TABLE webhook_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id),
    provider TEXT NOT NULL,
    -- As sent; empty when the body names none.
    event_type TEXT NOT NULL,
    -- Our name of it.
    canonical TEXT NOT NULL,
    -- The provider's id of what it is about.
    external_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('received', 'processed', 'ignored', 'failed')),
    -- Why it was ignored.
    reason TEXT,
    error_message TEXT,
    occurred_at TEXT,
    -- Signed with a time outside the tolerance.
    late BOOLEAN NOT NULL,
    -- Through which URL it came.
    door TEXT NOT NULL,
    -- Equal for repetitions.
    delivery_key TEXT NOT NULL,
    repeats INTEGER NOT NULL DEFAULT 0,
    last_repeated_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    processed_at TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (connection_id, delivery_key)
);
CREATE INDEX webhook_events_of_tenant ON webhook_events (tenant_id, id);
CREATE INDEX webhook_events_recent ON webhook_events (provider, created_at);
CREATE INDEX webhook_events_external ON webhook_events (tenant_id, external_id);
CREATE INDEX webhook_events_unfinished ON webhook_events (tenant_id, status, id) WHERE status IN ('received', 'failed');

-- Apart from the events, so that tables people read stay small and raw bytes can go first.
CREATE TABLE webhook_bodies (
    webhook_event_id INTEGER PRIMARY KEY REFERENCES webhook_events (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
);

-- Deliveries that no secret verified. Nothing in a body here is trusted.
CREATE TABLE quarantined_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Known when the URL names a connection.
    tenant_id BIGINT REFERENCES tenants (id),
    connection_id BIGINT REFERENCES connections (id) ON DELETE SET NULL,
    provider TEXT NOT NULL,
    door TEXT NOT NULL,
    reason TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX quarantined_deliveries_of_tenant ON quarantined_deliveries (tenant_id, id);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    -- One job per key: asking again moves it.
    unique_key TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'failed')),
    -- When it is due; while a worker has it, when the lease ends.
    run_at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    created_at TEXT NOT NULL
);
