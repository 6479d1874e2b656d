-- What people with a SQL tool find: views, two functions of MySQL, and a trigger that turns their updates into history.

CREATE FUNCTION curdate() RETURNS DATE LANGUAGE sql STABLE AS $$
    SELECT (now() AT TIME ZONE 'UTC')::date
$$;

CREATE FUNCTION datediff(later TIMESTAMPTZ, earlier TIMESTAMPTZ) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT (later AT TIME ZONE 'UTC')::date - (earlier AT TIME ZONE 'UTC')::date
$$;

-- A date is its first instant in UTC, whatever the zone of the session.
CREATE FUNCTION datediff(later DATE, earlier DATE) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT later - earlier
$$;
CREATE FUNCTION datediff(later TIMESTAMPTZ, earlier DATE) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT (later AT TIME ZONE 'UTC')::date - earlier
$$;
CREATE FUNCTION datediff(later DATE, earlier TIMESTAMPTZ) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT later - (earlier AT TIME ZONE 'UTC')::date
$$;

CREATE VIEW upcoming_level_checks AS
SELECT
    b.id AS booking_id,
    b.scheduled_at,
    b.status,
    l.id AS lead_id,
    concat(l.first_name, ' ', l.last_name) AS attendee_name,
    l.email,
    l.phone,
    b.assigned_teacher_id,
    u.name AS assigned_teacher,
    datediff(b.scheduled_at, now()) AS days_until
-- Tenant by tenant, as the index of starts is.
FROM tenants t
JOIN bookings b ON b.tenant_id = t.id
JOIN leads l ON b.lead_id = l.id
LEFT JOIN users u ON b.assigned_teacher_id = u.id
WHERE b.booking_type = 'level_check' AND b.status = 'scheduled' AND b.scheduled_at >= now()
ORDER BY b.scheduled_at;

CREATE VIEW cal_bookings AS
SELECT
    b.public_id AS id,
    coalesce(b.external_number::text, b.external_booking_id) AS cal_booking_id,
    b.external_booking_id AS cal_uid,
    b.event_type_id,
    b.event_type_slug,
    b.title,
    b.scheduled_at AS start_time,
    b.ends_at AS end_time,
    a.name AS attendee_name,
    a.email AS attendee_email,
    coalesce(a.time_zone, b.time_zone) AS attendee_timezone,
    CASE
        WHEN b.status = 'scheduled' AND b.rescheduled_count > 0 THEN 'rescheduled'
        -- The document knows no word for it; the session's time is over.
        WHEN b.status = 'no_show' THEN 'completed'
        ELSE b.status
    END AS status,
    b.meeting_url,
    b.location,
    coalesce(b.webhook_payload -> 'payload', b.webhook_payload) AS metadata,
    b.created_at,
    b.updated_at,
    b.tenant_id
FROM bookings b
LEFT JOIN LATERAL (
    SELECT name, email, time_zone FROM attendees
    WHERE booking_id = b.id AND role = 'booker'
    ORDER BY joined_at, id LIMIT 1
) a ON TRUE
WHERE b.booking_provider = 'cal.com';

CREATE VIEW cal_event_types AS
SELECT
    t.public_id AS id,
    t.external_id AS cal_event_type_id,
    t.slug,
    t.title,
    t.description,
    t.length,
    t.price,
    t.currency,
    t.active,
    t.metadata,
    t.last_synced_at,
    t.created_at,
    t.tenant_id
FROM event_types t
JOIN connections c ON c.id = t.connection_id
WHERE c.provider = 'cal.com';

-- An UPDATE from a SQL tool leaves the revision alone: record it as a fact, and let a job tell the story again.
CREATE FUNCTION record_sql_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    at TIMESTAMPTZ := date_trunc('microseconds', clock_timestamp());
    at_text TEXT := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
    IF NEW.assigned_teacher_id IS DISTINCT FROM OLD.assigned_teacher_id THEN
        INSERT INTO booking_changes (tenant_id, booking_id, fingerprint, kind, actor, cause, occurred_at, position, effective, change, created_at)
        VALUES (NEW.tenant_id, NEW.id, 'sql:' || gen_random_uuid(), 'assigned', 'sql', 'sql', at, 0, TRUE,
            jsonb_build_object('identity', '{}'::jsonb, 'occurred_at', at_text, 'dated', 'by_provider', 'cause', '{"role": "sql"}'::jsonb,
                'what', jsonb_build_object('kind', 'assigned', 'user_id', NEW.assigned_teacher_id)), at);
    END IF;
    IF NEW.status IS DISTINCT FROM OLD.status THEN
        INSERT INTO booking_changes (tenant_id, booking_id, fingerprint, kind, actor, cause, occurred_at, position, effective, change, created_at)
        VALUES (NEW.tenant_id, NEW.id, 'sql:' || gen_random_uuid(), 'status_set', 'sql', 'sql', at, 0, TRUE,
            jsonb_build_object('identity', '{}'::jsonb, 'occurred_at', at_text, 'dated', 'by_provider', 'cause', '{"role": "sql"}'::jsonb,
                'what', jsonb_build_object('kind', 'status_set', 'status', NEW.status)), at);
    END IF;
    INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, before, after, created_at)
    VALUES (NEW.tenant_id, 'sql', 'booking.update', 'booking', NEW.id::text,
        jsonb_build_object('status', OLD.status, 'assigned_teacher_id', OLD.assigned_teacher_id),
        jsonb_build_object('status', NEW.status, 'assigned_teacher_id', NEW.assigned_teacher_id), at);
    INSERT INTO jobs (tenant_id, kind, unique_key, payload, state, run_at, attempts, created_at)
    VALUES (NEW.tenant_id, 'retell_booking', 'retell_booking:' || NEW.id, jsonb_build_object('booking_id', NEW.id), 'waiting', at, 0, at)
    ON CONFLICT (unique_key) DO UPDATE SET run_at = excluded.run_at, attempts = 0, state = 'waiting';
    UPDATE bookings SET
        revision = revision + 1,
        confirmation = CASE WHEN status IN ('completed', 'no_show') THEN 'confirmed' ELSE confirmation END,
        updated_at = at
    WHERE id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER bookings_written_by_sql
AFTER UPDATE OF status, assigned_teacher_id ON bookings
FOR EACH ROW
WHEN (NEW.revision = OLD.revision AND (NEW.status IS DISTINCT FROM OLD.status OR NEW.assigned_teacher_id IS DISTINCT FROM OLD.assigned_teacher_id))
EXECUTE FUNCTION record_sql_change();
