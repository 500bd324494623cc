-- name: received
-- Who received rows under grants of an emergency, whichever version.
SELECT release.department, count(*), sum(release.rows)::bigint, max(release.at)
FROM hub_grant AS held JOIN hub_release AS release ON release.hub_grant = held.id
WHERE held.emergency = %(name)s AND release.rows > 0 GROUP BY release.department ORDER BY release.department;

-- name: lock
-- One report of a body at a time.
SELECT pg_advisory_xact_lock(hashtextextended('hub_emergency_report:' || %(name)s || '/' || %(department)s, 0));

-- name: final
-- Whether a body reported that everything is gone.
SELECT 1 FROM hub_emergency_report WHERE emergency = %(name)s AND department = %(department)s AND NOT kept;

-- name: insert
-- A report of a body.
INSERT INTO hub_emergency_report (emergency, department, kept, words, ground, person, at, evidence)
VALUES (%(name)s, %(department)s, %(kept)s, %(words)s, %(ground)s, %(by)s, %(at)s, %(evidence)s);

-- name: listed
-- Reports on an emergency, the newest first.
SELECT emergency, department, kept, words, ground, person, at FROM hub_emergency_report
WHERE emergency = %(name)s ORDER BY place DESC LIMIT 1000;

-- name: unsettled
-- Emergencies that are over, for which data was granted, and whose review or a report is not there; the oldest first.
SELECT emergency.name FROM hub_emergency AS emergency
WHERE emergency.ended_at IS NOT NULL AND (%(only)s::text IS NULL OR emergency.name = %(only)s) AND (
    (EXISTS (SELECT FROM hub_grant AS held WHERE held.emergency = emergency.name)
        AND NOT EXISTS (SELECT FROM hub_emergency_review AS review WHERE review.emergency = emergency.name))
    OR EXISTS (
        SELECT FROM hub_grant AS held JOIN hub_release AS release ON release.hub_grant = held.id
        WHERE held.emergency = emergency.name AND release.rows > 0 AND NOT EXISTS (
            SELECT FROM hub_emergency_report AS report
            WHERE report.emergency = emergency.name AND report.department = release.department)))
ORDER BY emergency.declared_at, emergency.name;

-- name: claim
-- A body is told something once.
INSERT INTO hub_emergency_notice (emergency, department, kind, at)
VALUES (%(name)s, %(department)s, %(kind)s, %(at)s) ON CONFLICT DO NOTHING;
