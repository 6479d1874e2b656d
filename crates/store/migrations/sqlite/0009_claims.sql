-- What our own holds and bookings take of people's time, what we want of providers, and answers kept for repeated requests.
-- Only additions: the release before this one works on these tables too.

-- One row is a hold, or a booking that we made. Nothing that a provider tells us writes here.
CREATE TABLE claims (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'booking')),
    -- The first claim of the same booking; NULL: this one. While a booking moves it has two.
    chain BIGINT,
    -- The provider's id of the event type.
    event_type_id TEXT,
    -- The meeting, and with its buffers.
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    blocked_from TEXT NOT NULL,
    blocked_until TEXT NOT NULL,
    -- How many may share the start; 1 for a meeting of its own.
    capacity INTEGER NOT NULL CHECK (capacity >= 1),
    -- Who took it, for people; and who may release it, as a fingerprint of that and a token.
    held_by TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    -- Holds only.
    expires_at TEXT,
    -- The provider's own reservation of the slot.
    reservation_id TEXT,
    -- Once it is known.
    booking_id BIGINT REFERENCES bookings (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (blocked_from <= starts_at AND starts_at < ends_at AND ends_at <= blocked_until),
    CHECK ((kind = 'hold') = (expires_at IS NOT NULL))
);
CREATE INDEX claims_of_tenant ON claims (tenant_id, blocked_until);
CREATE INDEX claims_of_booking ON claims (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX claims_of_chain ON claims (chain) WHERE chain IS NOT NULL;
CREATE INDEX claims_expiring ON claims (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX claims_past ON claims (blocked_until);

-- Whose time a claim takes: a host, or an event type without one. What must not overlap is repeated from the claim, because
-- the trigger looks at one row. Rows are never changed.
CREATE TABLE claim_resources (
    claim_id BIGINT NOT NULL REFERENCES claims (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL,
    resource TEXT NOT NULL,
    blocked_from TEXT NOT NULL,
    blocked_until TEXT NOT NULL,
    -- Claims with the same word share the time: event type and start of a group, otherwise the claim itself.
    share TEXT NOT NULL,
    -- Claims of one booking may overlap each other.
    chain BIGINT NOT NULL,
    seat INTEGER NOT NULL CHECK (seat >= 1),
    capacity INTEGER NOT NULL CHECK (seat <= capacity),
    PRIMARY KEY (claim_id, resource),
    CONSTRAINT claim_resources_seat UNIQUE (tenant_id, resource, share, seat),
    CHECK (blocked_from < blocked_until)
);
CREATE INDEX claim_resources_ahead ON claim_resources (tenant_id, resource, blocked_until);

-- What ends when the other begins only touches it.
CREATE TRIGGER claim_resources_apart
BEFORE INSERT ON claim_resources
FOR EACH ROW
WHEN EXISTS (
        SELECT 1 FROM claim_resources
        WHERE tenant_id = NEW.tenant_id AND resource = NEW.resource
            AND blocked_from < NEW.blocked_until AND blocked_until > NEW.blocked_from
            AND share <> NEW.share AND chain <> NEW.chain
)
BEGIN
    SELECT RAISE(ABORT, 'the time is claimed');
END;

CREATE TRIGGER claim_resources_stay
BEFORE UPDATE ON claim_resources
FOR EACH ROW
BEGIN
    SELECT RAISE(ABORT, 'what a claim takes is never changed');
END;

-- Bookings that a provider told us of, over time that a booking of ours has: for a person to sort out.
CREATE TABLE booking_conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    booking_id BIGINT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    -- The booking of ours, if it was known already, and its claim.
    other_booking_id BIGINT REFERENCES bookings (id) ON DELETE SET NULL,
    claim_id BIGINT NOT NULL,
    resource TEXT NOT NULL,
    -- Both at once.
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    found_at TEXT NOT NULL,
    resolved_at TEXT,
    resolved_by TEXT
);
CREATE UNIQUE INDEX booking_conflicts_open ON booking_conflicts (booking_id, claim_id, resource) WHERE resolved_at IS NULL;
CREATE INDEX booking_conflicts_of_tenant ON booking_conflicts (tenant_id, id);

-- What we want of a provider: written before it hears of it, settled by what it says.
CREATE TABLE booking_intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- Ours, sent along so that a booking can be recognized.
    intent_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('book', 'reschedule', 'cancel', 'confirm', 'decline', 'no_show', 'assign')),
    request TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('pending', 'sent', 'unknown', 'done', 'taken', 'refused', 'lost', 'wrong', 'stuck')),
    -- Why it is unknown.
    doubt TEXT CHECK (doubt IN ('unanswered', 'said_taken', 'said_refused', 'stranger')),
    -- How often the provider was asked to do it, and since then what became of it.
    sends INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    -- The id that the provider gave to what the request made.
    made TEXT,
    outcome TEXT,
    claim_id BIGINT REFERENCES claims (id) ON DELETE SET NULL,
    booking_id BIGINT REFERENCES bookings (id) ON DELETE SET NULL,
    lead_id BIGINT REFERENCES leads (id) ON DELETE SET NULL,
    actor TEXT NOT NULL,
    sent_at TEXT,
    -- Since when it is unknown.
    doubted_at TEXT,
    settled_at TEXT,
    next_look_at TEXT,
    -- Raised by every write; who knows an older one has lost.
    revision BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (tenant_id, intent_key),
    CHECK ((state = 'unknown') = (doubt IS NOT NULL))
);
CREATE INDEX booking_intents_of_tenant ON booking_intents (tenant_id, id);
CREATE INDEX booking_intents_open ON booking_intents (next_look_at) WHERE settled_at IS NULL;
CREATE INDEX booking_intents_of_claim ON booking_intents (claim_id) WHERE claim_id IS NOT NULL;
CREATE INDEX booking_intents_of_booking ON booking_intents (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX booking_intents_of_lead ON booking_intents (lead_id) WHERE lead_id IS NOT NULL;

-- Requests that came with an `Idempotency-Key`, and what was answered.
CREATE TABLE idempotency_keys (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    idempotency_key TEXT NOT NULL,
    -- Of who asked, method, path and body.
    fingerprint TEXT NOT NULL,
    -- The answer; NULL while the request is under way.
    status INTEGER,
    headers TEXT,
    body BLOB,
    -- Until then nobody else begins with it. Raised with each beginning: the fence.
    leased_until TEXT NOT NULL,
    fence BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX idempotency_keys_expiring ON idempotency_keys (expires_at);
