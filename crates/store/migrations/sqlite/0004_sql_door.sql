-- What people with a SQL tool find: views, and a trigger that turns their updates into history.

CREATE VIEW upcoming_level_checks AS
SELECT
    b.id AS booking_id,
    b.scheduled_at,
    b.status,
    l.id AS lead_id,
    l.first_name || ' ' || l.last_name AS attendee_name,
    l.email,
    l.phone,
    b.assigned_teacher_id,
    u.name AS assigned_teacher,
    CAST(julianday(date(b.scheduled_at)) - julianday(date('now')) AS INTEGER) AS days_until
-- Tenant by tenant, as the index of starts is.
FROM tenants t
JOIN bookings b ON b.tenant_id = t.id
JOIN leads l ON b.lead_id = l.id
LEFT JOIN users u ON b.assigned_teacher_id = u.id
WHERE b.booking_type = 'level_check' AND b.status = 'scheduled' AND b.scheduled_at >= datetime('now')
ORDER BY b.scheduled_at;

CREATE VIEW cal_bookings AS
SELECT
    b.public_id AS id,
    coalesce(CAST(b.external_number AS TEXT), b.external_booking_id) AS cal_booking_id,
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
    coalesce(json_extract(b.webhook_payload, '$.payload'), b.webhook_payload) AS metadata,
    b.created_at,
    b.updated_at,
    b.tenant_id
FROM bookings b
LEFT JOIN attendees a ON a.id = (
    SELECT id FROM attendees
    WHERE booking_id = b.id AND role = 'booker'
    ORDER BY joined_at, id LIMIT 1
)
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
CREATE TRIGGER bookings_written_by_sql
AFTER UPDATE OF status, assigned_teacher_id ON bookings
FOR EACH ROW
WHEN NEW.revision = OLD.revision AND (NEW.status IS NOT OLD.status OR NEW.assigned_teacher_id IS NOT OLD.assigned_teacher_id)
BEGIN
    INSERT INTO booking_changes (tenant_id, booking_id, fingerprint, kind, actor, cause, occurred_at, position, effective, change, created_at)
    SELECT NEW.tenant_id, NEW.id, 'sql:' || lower(hex(randomblob(16))), 'assigned', 'sql', 'sql',
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 0, TRUE,
        json_object('identity', json_object(), 'occurred_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'dated', 'by_provider',
            'cause', json_object('role', 'sql'), 'what', json_object('kind', 'assigned', 'user_id', NEW.assigned_teacher_id)),
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'
    WHERE NEW.assigned_teacher_id IS NOT OLD.assigned_teacher_id;
    INSERT INTO booking_changes (tenant_id, booking_id, fingerprint, kind, actor, cause, occurred_at, position, effective, change, created_at)
    SELECT NEW.tenant_id, NEW.id, 'sql:' || lower(hex(randomblob(16))), 'status_set', 'sql', 'sql',
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 0, TRUE,
        json_object('identity', json_object(), 'occurred_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'dated', 'by_provider',
            'cause', json_object('role', 'sql'), 'what', json_object('kind', 'status_set', 'status', NEW.status)),
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'
    WHERE NEW.status IS NOT OLD.status;
    INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, before, after, created_at)
    VALUES (NEW.tenant_id, 'sql', 'booking.update', 'booking', CAST(NEW.id AS TEXT),
        json_object('status', OLD.status, 'assigned_teacher_id', OLD.assigned_teacher_id),
        json_object('status', NEW.status, 'assigned_teacher_id', NEW.assigned_teacher_id),
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000');
    INSERT INTO jobs (tenant_id, kind, unique_key, payload, state, run_at, attempts, created_at)
    VALUES (NEW.tenant_id, 'retell_booking', 'retell_booking:' || NEW.id, json_object('booking_id', NEW.id), 'waiting',
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 0, strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')
    ON CONFLICT (unique_key) DO UPDATE SET run_at = excluded.run_at, attempts = 0, state = 'waiting';
    UPDATE bookings SET
        revision = revision + 1,
        confirmation = CASE WHEN status IN ('completed', 'no_show') THEN 'confirmed' ELSE confirmation END,
        updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'
    WHERE id = NEW.id;
END;
