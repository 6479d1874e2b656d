-- What comparing with providers came to, day by day, beside what webhooks told.
-- Only additions: the release before this one works on these tables too.

CREATE TABLE agreement_days (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- In UTC, such as 2026-01-31.
    day TEXT NOT NULL,
    -- Bookings that only a comparison found.
    found BIGINT NOT NULL,
    -- Bookings that stood otherwise at the provider and stand so here now.
    repaired BIGINT NOT NULL,
    -- Bookings about which both still disagree.
    conflicting BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (connection_id, day)
);
CREATE INDEX agreement_days_of_tenant ON agreement_days (tenant_id, day);

-- For each connection and day: events that webhooks told and that were applied, and what comparing found.
CREATE VIEW ledger AS
SELECT tenant_id, connection_id, day, CAST(SUM(received) AS BIGINT) AS received, CAST(SUM(found) AS BIGINT) AS found,
    CAST(SUM(repaired) AS BIGINT) AS repaired, CAST(SUM(conflicting) AS BIGINT) AS conflicting
FROM (
    SELECT tenant_id, connection_id, substr(created_at, 1, 10) AS day, 1 AS received, 0 AS found, 0 AS repaired, 0 AS conflicting
    FROM webhook_events WHERE status = 'processed'
    UNION ALL
    SELECT tenant_id, connection_id, day, 0, found, repaired, conflicting FROM agreement_days
) AS entries
GROUP BY tenant_id, connection_id, day;
