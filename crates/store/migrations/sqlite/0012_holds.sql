-- Slots that are kept for somebody, as callers see them, also when they are over. Their time is guarded by `claims`.
-- Only additions: the release before this one works on these tables too.

CREATE TABLE holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- What guards the time. It is gone when the hold is over, and stays the booking's when the hold was used.
    claim_id BIGINT NOT NULL,
    -- The provider's id of the event type.
    event_type_id TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    -- Who made it, for people; and who may use and release it, as in the claim.
    held_by TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    -- One that is `held` and has expired is over as well.
    state TEXT NOT NULL CHECK (state IN ('held', 'used', 'released', 'displaced')),
    -- When it ended otherwise than by the clock.
    ended_at TEXT,
    -- The booking, made elsewhere, to which it gave way.
    displaced_by BIGINT REFERENCES bookings (id) ON DELETE SET NULL,
    -- How the provider's own reservation stands; its name stands in the claim.
    reservation TEXT NOT NULL CHECK (reservation IN ('none', 'kept', 'refused', 'lost', 'released')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (starts_at < ends_at),
    CHECK ((state = 'held') = (ended_at IS NULL))
);
CREATE INDEX holds_of_tenant ON holds (tenant_id, id);
CREATE INDEX holds_of_claim ON holds (claim_id);
CREATE INDEX holds_reserved ON holds (expires_at) WHERE state = 'held' AND reservation = 'kept';
CREATE INDEX holds_past ON holds (expires_at);
CREATE INDEX holds_displaced ON holds (displaced_by) WHERE displaced_by IS NOT NULL;

-- For forgetting them in the end.
CREATE INDEX booking_intents_settled ON booking_intents (settled_at) WHERE settled_at IS NOT NULL;
