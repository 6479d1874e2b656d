-- Bookings that wait to be made at a provider, and leads that are booked without being asked.
-- Only additions: the release before this one works on these tables too.

-- What a booking that was stored here will ask of the provider, once it is pushed. The row stays afterwards.
CREATE TABLE stored_bookings (
    booking_id INTEGER PRIMARY KEY REFERENCES bookings (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    request TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX stored_bookings_of_tenant ON stored_bookings (tenant_id);

-- How far the booking of a lead is that nobody asked for.
CREATE TABLE automatic_bookings (
    lead_id INTEGER PRIMARY KEY REFERENCES leads (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'trying', 'booked', 'stopped')),
    -- Tries that came to nothing.
    attempts BIGINT NOT NULL,
    -- Raised with each try, also with one that did not count: it names the intent.
    round BIGINT NOT NULL,
    -- Why it waits, or why it is not tried any more.
    reason TEXT,
    next_attempt_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX automatic_bookings_of_tenant ON automatic_bookings (tenant_id, lead_id);
CREATE INDEX automatic_bookings_due ON automatic_bookings (tenant_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
