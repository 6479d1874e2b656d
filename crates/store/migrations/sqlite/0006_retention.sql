-- What retention needs: a place for compressed bodies, and ways to what has failed.

-- Headers and bodies that were compressed. They are not in webhook_bodies any more: an older release finds no body
-- there, and does not take compressed bytes for one.
CREATE TABLE webhook_archive (
    webhook_event_id INTEGER PRIMARY KEY REFERENCES webhook_events (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL,
    -- zstd: the headers as JSON, a zero byte, the body.
    packed BLOB NOT NULL
);

CREATE INDEX webhook_events_failed ON webhook_events (tenant_id, id) WHERE status = 'failed';
CREATE INDEX jobs_failed ON jobs (run_at) WHERE state = 'failed';
