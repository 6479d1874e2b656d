-- Tenants, people, credentials, connections, and the log of who did what.

CREATE TABLE tenants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- Rules and switches of the tenant; absent keys mean the defaults.
    settings TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    tenant_id BIGINT NOT NULL DEFAULT 1 REFERENCES tenants (id),
    name TEXT NOT NULL,
    email TEXT,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')
);
CREATE INDEX users_of_tenant ON users (tenant_id, id);

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    -- The first characters, to tell keys apart; the rest exists only as a hash.
    hint TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_at TEXT
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, id);

CREATE TABLE connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    provider TEXT NOT NULL CHECK (provider IN ('cal.com', 'calendly')),
    name TEXT NOT NULL,
    -- The last part of /hooks/{connection}.
    hook_token TEXT NOT NULL UNIQUE,
    signature_policy TEXT NOT NULL CHECK (signature_policy IN ('required', 'off')),
    -- Our names of wanted events; NULL means all.
    wanted_events TEXT,
    -- Whether a booking of somebody unknown makes a lead.
    creates_leads BOOLEAN NOT NULL,
    calendly_user_uri TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    disabled_at TEXT,
    UNIQUE (tenant_id, provider, name)
);

CREATE TABLE connection_secrets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('webhook_secret', 'api_key')),
    sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    -- The secret it was rotated to is the one without this.
    retires_at TEXT
);
CREATE INDEX connection_secrets_of_connection ON connection_secrets (connection_id, kind, id);

-- Raised with every change of connections, their secrets or tenants: nodes that hold them in memory look here.
CREATE TABLE registry_version (
    version BIGINT NOT NULL
);
INSERT INTO registry_version (version) VALUES (1);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT REFERENCES tenants (id),
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    before TEXT,
    after TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX audit_log_of_tenant ON audit_log (tenant_id, id);
CREATE INDEX audit_log_of_object ON audit_log (tenant_id, object_type, object_id, id);
