-- Event types as providers offer them and people change them, where they are offered, who hosts them, and how they were read.
-- Only additions: the release before this one works on these tables too.

-- Our ids begin far above a provider's integers, by which most interfaces name event types.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'event_types', 9999999999 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event_types');
UPDATE sqlite_sequence SET seq = 9999999999 WHERE name = 'event_types' AND seq < 9999999999;

-- What stands before the slug: whose it is.
ALTER TABLE event_types ADD COLUMN owner_slug TEXT;
-- Minutes to choose from.
ALTER TABLE event_types ADD COLUMN lengths TEXT NOT NULL DEFAULT '[]';
-- Whether it can be booked at all: what only stands for copies of itself cannot.
ALTER TABLE event_types ADD COLUMN is_offered BOOLEAN NOT NULL DEFAULT TRUE;
-- Whether booking pages leave it out.
ALTER TABLE event_types ADD COLUMN is_hidden BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE event_types ADD COLUMN scheduling_type TEXT;
ALTER TABLE event_types ADD COLUMN team_id BIGINT;
ALTER TABLE event_types ADD COLUMN team_slug TEXT;
ALTER TABLE event_types ADD COLUMN parent_external_id TEXT;
ALTER TABLE event_types ADD COLUMN seats INTEGER;
ALTER TABLE event_types ADD COLUMN needs_confirmation BOOLEAN NOT NULL DEFAULT FALSE;
-- Minutes, like the next three.
ALTER TABLE event_types ADD COLUMN minimum_notice INTEGER;
ALTER TABLE event_types ADD COLUMN before_buffer INTEGER;
ALTER TABLE event_types ADD COLUMN after_buffer INTEGER;
ALTER TABLE event_types ADD COLUMN slot_interval INTEGER;
ALTER TABLE event_types ADD COLUMN booking_window TEXT;
-- slug, label, type, required, options
ALTER TABLE event_types ADD COLUMN custom_fields TEXT NOT NULL DEFAULT '[]';
ALTER TABLE event_types ADD COLUMN locations TEXT;
ALTER TABLE event_types ADD COLUMN time_zone TEXT;
ALTER TABLE event_types ADD COLUMN schedule_id BIGINT;
ALTER TABLE event_types ADD COLUMN booking_url TEXT;
-- The columns that a person changed, each with what the provider says instead.
ALTER TABLE event_types ADD COLUMN edited TEXT NOT NULL DEFAULT '{}';
ALTER TABLE event_types ADD COLUMN deactivated_at TEXT;
-- removed, person, managed
ALTER TABLE event_types ADD COLUMN deactivated_because TEXT;
-- Raised by every write of ours.
ALTER TABLE event_types ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE event_types ADD COLUMN updated_at TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000000';
UPDATE event_types SET updated_at = created_at;
CREATE INDEX event_types_by_external_id ON event_types (tenant_id, external_id);
CREATE INDEX event_types_by_slug ON event_types (tenant_id, slug);

-- Those of the tenant's people who host.
ALTER TABLE users ADD COLUMN calcom_user_id BIGINT;
ALTER TABLE users ADD COLUMN calcom_username TEXT;
-- IANA zone.
ALTER TABLE users ADD COLUMN time_zone TEXT;
CREATE UNIQUE INDEX users_by_calcom_user_id ON users (tenant_id, calcom_user_id) WHERE calcom_user_id IS NOT NULL;

-- Who may host an event type.
CREATE TABLE event_type_hosts (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    event_type_id BIGINT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    -- The provider's id of the person.
    provider_user_id TEXT NOT NULL,
    name TEXT,
    username TEXT,
    -- Whether every booking has this host.
    mandatory BOOLEAN NOT NULL,
    priority TEXT,
    -- Who of ours it is, once that is confirmed.
    user_id BIGINT REFERENCES users (id),
    PRIMARY KEY (event_type_id, provider_user_id)
);
CREATE INDEX event_type_hosts_of_user ON event_type_hosts (user_id) WHERE user_id IS NOT NULL;

-- Places where meetings are held.
CREATE TABLE branches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    -- IANA zone.
    time_zone TEXT,
    address TEXT,
    phone TEXT,
    is_active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (tenant_id, name)
);

-- What a branch offers, and what differs there.
CREATE TABLE branch_event_types (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    branch_id BIGINT NOT NULL REFERENCES branches (id) ON DELETE CASCADE,
    event_type_id BIGINT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    -- NULL: as the event type has it, like the next four.
    title TEXT,
    slug TEXT,
    length INTEGER,
    price BIGINT,
    currency TEXT,
    is_active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (branch_id, event_type_id)
);
CREATE INDEX branch_event_types_of_event_type ON branch_event_types (event_type_id);

-- A provider's people, and who of ours each one is.
CREATE TABLE host_matches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    provider_user_id TEXT NOT NULL,
    name TEXT,
    email TEXT,
    -- Normalized.
    email_key TEXT,
    username TEXT,
    user_id BIGINT REFERENCES users (id),
    -- 0 to 100.
    confidence INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('suggested', 'confirmed', 'rejected')),
    why TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (connection_id, provider_user_id)
);
CREATE INDEX host_matches_of_tenant ON host_matches (tenant_id, id);

-- Readings of a provider's lists, and what came of each.
CREATE TABLE sync_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- event_types
    kind TEXT NOT NULL,
    -- schedule, api, cli, function
    cause TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    progress TEXT NOT NULL,
    result TEXT,
    error TEXT,
    -- While it runs: when another may take it over, and how often one did.
    leased_until TEXT,
    fence BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
);
-- One at a time.
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (connection_id, kind) WHERE state IN ('waiting', 'running');
CREATE INDEX sync_runs_of_tenant ON sync_runs (tenant_id, id);
CREATE INDEX sync_runs_of_connection ON sync_runs (connection_id, kind, id);
