-- Bookings about which we and a provider differ, for a person to decide.
-- Only additions: the release before this one works on these tables too.

CREATE TABLE findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- The provider's id of the booking.
    external_id TEXT NOT NULL,
    booking_id BIGINT REFERENCES bookings (id) ON DELETE SET NULL,
    -- In what they differ: missing_there, rescheduled, time, status, host, event_type, attendance, seats
    differences TEXT NOT NULL,
    -- How it stands on both sides.
    ours TEXT,
    theirs TEXT,
    -- Of the differences and both sides: what was decided holds as long as it stays.
    fingerprint TEXT NOT NULL,
    -- agreed: a later comparison found no difference.
    state TEXT NOT NULL CHECK (state IN ('open', 'ours', 'theirs', 'dismissed', 'agreed')),
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    settled_at TEXT,
    settled_by TEXT
);
-- One for each booking, as long as it is open or what was decided about it holds.
CREATE UNIQUE INDEX findings_current ON findings (connection_id, external_id) WHERE state IN ('open', 'ours');
CREATE INDEX findings_of_tenant ON findings (tenant_id, id);
CREATE INDEX findings_of_booking ON findings (booking_id) WHERE booking_id IS NOT NULL;
