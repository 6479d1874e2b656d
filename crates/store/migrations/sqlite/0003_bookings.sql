-- Leads, bookings, who comes, and everything that ever happened to them.

CREATE TABLE lead_statuses (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    word TEXT NOT NULL,
    label TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, word)
);

CREATE TABLE leads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT,
    -- Normalized; identifies the person.
    email_key TEXT,
    phone TEXT,
    -- E.164; identifies a person without an e-mail address.
    phone_key TEXT,
    status TEXT NOT NULL,
    status_at TEXT NOT NULL,
    channel TEXT,
    reference TEXT,
    source_detail TEXT,
    activity_notes TEXT,
    -- The current booking as the provider numbers it, its link, and its start.
    booking_id TEXT,
    booking_url TEXT,
    booked_at TEXT,
    current_booking_id BIGINT,
    current_booking_rank TEXT,
    time_zone TEXT,
    language TEXT,
    consent_gdpr BOOLEAN,
    consent_marketing BOOLEAN,
    consent_at TEXT,
    first_utm TEXT,
    first_utm_at TEXT,
    last_utm TEXT,
    last_utm_at TEXT,
    -- When each field was told last, so that late news does not overwrite newer.
    told_at TEXT NOT NULL,
    assigned_user_id BIGINT REFERENCES users (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX leads_by_email ON leads (tenant_id, email_key) WHERE email_key IS NOT NULL;
CREATE UNIQUE INDEX leads_by_phone ON leads (tenant_id, phone_key) WHERE phone_key IS NOT NULL AND email_key IS NULL;
CREATE INDEX leads_by_any_phone ON leads (tenant_id, phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX leads_by_current_booking ON leads (current_booking_id) WHERE current_booking_id IS NOT NULL;
CREATE INDEX leads_of_tenant ON leads (tenant_id, id);
CREATE INDEX leads_by_status ON leads (tenant_id, status, id);
CREATE INDEX leads_by_reference ON leads (reference, created_at);

CREATE TABLE bookings (
    -- Far above a provider's integers, so that the two cannot be confused.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id),
    -- The lead of the first who booked.
    lead_id BIGINT REFERENCES leads (id),
    booking_provider TEXT NOT NULL,
    -- The provider's current ids; former ones are in booking_references.
    external_booking_id TEXT,
    external_number BIGINT,
    booking_type TEXT NOT NULL,
    title TEXT,
    description TEXT,
    notes TEXT,
    scheduled_at TEXT,
    ends_at TEXT,
    previous_start TEXT,
    rescheduled_count INTEGER NOT NULL,
    -- IANA zone of the one who booked.
    time_zone TEXT,
    event_type_id TEXT,
    event_type_slug TEXT,
    status TEXT NOT NULL CHECK (status IN ('scheduled', 'completed', 'cancelled', 'no_show')),
    confirmation TEXT NOT NULL CHECK (confirmation IN ('pending', 'confirmed', 'rejected')),
    cancellation_reason TEXT,
    location TEXT,
    meeting_url TEXT,
    is_group BOOLEAN NOT NULL,
    capacity BIGINT,
    paid BOOLEAN NOT NULL,
    price BIGINT,
    currency TEXT,
    series TEXT,
    hosts TEXT NOT NULL,
    assigned_teacher_id BIGINT REFERENCES users (id),
    -- The whole body that told the details last, without one-time passwords and room passwords.
    webhook_payload TEXT,
    -- The change it came with.
    told_by TEXT,
    made_at TEXT,
    changed_at TEXT NOT NULL,
    -- Raised by every write of ours; a write that leaves it alone came from elsewhere.
    revision BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
-- Where the ids start.
INSERT INTO sqlite_sequence (name, seq) VALUES ('bookings', 9999999999);
CREATE INDEX bookings_of_tenant ON bookings (tenant_id, id);
CREATE INDEX bookings_by_start ON bookings (tenant_id, scheduled_at, id);
CREATE INDEX bookings_recent ON bookings (created_at);
CREATE INDEX bookings_of_lead ON bookings (lead_id);

CREATE TABLE booking_references (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id),
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    booking_id BIGINT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    -- The order in which they are looked for: by a value of whatever kind.
    PRIMARY KEY (tenant_id, value, connection_id, kind)
) WITHOUT ROWID;
CREATE INDEX booking_references_of_booking ON booking_references (booking_id);

-- The facts of each booking, in the order in which they happened, and what each one did.
CREATE TABLE booking_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    booking_id BIGINT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    webhook_event_id BIGINT REFERENCES webhook_events (id),
    -- Names the fact within the booking.
    fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Who brought it to us, and who caused it.
    actor TEXT NOT NULL,
    cause TEXT,
    occurred_at TEXT NOT NULL,
    position INTEGER NOT NULL,
    effective BOOLEAN NOT NULL,
    note TEXT,
    before TEXT,
    after TEXT,
    change TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (booking_id, fingerprint)
);
CREATE INDEX booking_changes_of_event ON booking_changes (webhook_event_id);

CREATE TABLE attendees (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    booking_id BIGINT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    -- Names the attendee within the booking.
    attendee_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('booker', 'guest')),
    lead_id BIGINT REFERENCES leads (id),
    name TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    phone TEXT,
    time_zone TEXT,
    language TEXT,
    external_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'cancelled', 'moved')),
    -- NULL: nobody said.
    no_show BOOLEAN,
    joined_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (booking_id, attendee_key)
);
CREATE INDEX attendees_of_lead ON attendees (lead_id);

CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    lead_id BIGINT REFERENCES leads (id),
    booking_id BIGINT REFERENCES bookings (id) ON DELETE CASCADE,
    -- Names the activity within its booking; NULL for those that are about no booking.
    activity_key TEXT,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (booking_id, activity_key)
);
CREATE INDEX activities_of_lead ON activities (tenant_id, lead_id, id);

CREATE TABLE event_types (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id),
    external_id TEXT NOT NULL,
    slug TEXT,
    title TEXT NOT NULL,
    description TEXT,
    -- Minutes; NULL for types without one length.
    length INTEGER,
    -- Minor units of the currency.
    price BIGINT,
    currency TEXT,
    active BOOLEAN NOT NULL,
    metadata TEXT NOT NULL,
    last_synced_at TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (connection_id, external_id)
);
CREATE INDEX event_types_of_tenant ON event_types (tenant_id, id);
