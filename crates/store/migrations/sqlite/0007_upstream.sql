-- What is asked of providers: how to reach them, what they allow, whether they answer, and what they said is no longer true.
-- Only additions: the release before this one works on these tables too.

-- Base URL of the API, without a slash at its end; NULL: the one of the settings.
ALTER TABLE connections ADD COLUMN api_url TEXT;
-- Which versions of the API the server speaks: hosted-2026, classic; NULL until an answer has shown it.
ALTER TABLE connections ADD COLUMN api_profile TEXT;
-- The provider's id of the event type for bookings that name none.
ALTER TABLE connections ADD COLUMN default_event_type_id TEXT;
ALTER TABLE connections ADD COLUMN organization_id BIGINT;
ALTER TABLE connections ADD COLUMN team_id BIGINT;
ALTER TABLE connections ADD COLUMN team_slug TEXT;
-- Requests to the provider: sustained per minute, and at once; NULL: those of the settings.
ALTER TABLE connections ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE connections ADD COLUMN requests_at_once INTEGER;
-- The account that the API key belongs to, as the provider said last.
ALTER TABLE connections ADD COLUMN account_id TEXT;
ALTER TABLE connections ADD COLUMN account_name TEXT;
ALTER TABLE connections ADD COLUMN account_time_zone TEXT;

-- How many requests a provider's key has left, shared by all nodes.
CREATE TABLE provider_budgets (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    -- A fingerprint of provider, server and key: connections with the same key share what it may do.
    budget_key TEXT NOT NULL,
    state TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, budget_key)
);

-- Whether a connection's provider answers, shared by all nodes.
CREATE TABLE provider_breakers (
    connection_id BIGINT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    -- closed, open, half_open; the state says the rest.
    word TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- Days whose free slots changed: whoever remembers an answer about them forgets it. Read by every node, deleted after a while.
CREATE TABLE invalidations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- slots, event_types, account
    kind TEXT NOT NULL,
    -- From the first instant, before the second; both NULL: everything of that kind.
    starts_at TEXT,
    ends_at TEXT,
    made_at TEXT NOT NULL
);
CREATE INDEX invalidations_made ON invalidations (made_at);

-- What an operator should look at; one row for each thing, as long as it lasts.
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT REFERENCES connections (id) ON DELETE CASCADE,
    -- breaker_open, authentication_failed, signature_mismatch, error_rate, drift, webhook_missing, sync_failed, ...
    kind TEXT NOT NULL,
    -- Tells two incidents of a kind apart.
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurrences BIGINT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    resolved_at TEXT
);
CREATE UNIQUE INDEX incidents_open ON incidents (tenant_id, kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX incidents_of_tenant ON incidents (tenant_id, id);
