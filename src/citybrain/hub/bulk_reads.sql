-- name: read
-- What left in the last hour and today under each grant used in it, with the persons whose rows left, and a usual day.
WITH recent AS (
    SELECT DISTINCT hub_grant.name FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
    WHERE release.at > %(hour)s
), today AS (
    SELECT hub_grant.name, coalesce(sum(release.rows) FILTER (WHERE release.at > %(hour)s), 0)::bigint AS hour,
        coalesce(sum(release.rows) FILTER (WHERE release.at >= %(day)s), 0)::bigint AS day,
        (array_agg(release.hub_grant ORDER BY release.at DESC))[1] AS newest
    FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
    WHERE release.at >= least(%(day)s, %(hour)s) AND hub_grant.name IN (SELECT name FROM recent) GROUP BY hub_grant.name
), persons AS (
    SELECT hub_grant.name, count(DISTINCT subject.subject) AS seen
    FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
    JOIN hub_release_subject AS subject ON subject.release = release.id
    WHERE release.at >= %(day)s AND hub_grant.name IN (SELECT name FROM recent) GROUP BY hub_grant.name
), by_day AS (
    SELECT hub_grant.name, (release.at AT TIME ZONE %(zone)s)::date AS day, sum(release.rows) AS rows
    FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
    WHERE release.at >= %(before)s AND release.at < %(day)s AND hub_grant.name IN (SELECT name FROM recent)
    GROUP BY hub_grant.name, 2
), usual AS (
    SELECT name, count(*) AS days, percentile_cont(0.5) WITHIN GROUP (ORDER BY rows) AS rows FROM by_day GROUP BY name
)
SELECT today.newest, today.name, hub_grant.thing, hub_grant.department, today.hour, today.day,
    coalesce(persons.seen, 0), coalesce(usual.days, 0), coalesce(usual.rows, 0)::bigint
FROM today JOIN hub_grant ON hub_grant.id = today.newest
LEFT JOIN persons ON persons.name = today.name LEFT JOIN usual ON usual.name = today.name
ORDER BY today.name;

-- name: note
-- An occurrence.
INSERT INTO hub_bulk_read (id, hub_grant, name, thing, department, bound, span, seen, most, noted_at, evidence)
VALUES (%(id)s, %(hub_grant)s, %(name)s, %(thing)s, %(department)s, %(bound)s, %(span)s, %(seen)s, %(most)s, %(at)s,
    %(evidence)s);

-- name: known
-- Whether an occurrence was noted already; an hour that runs into the next one is the same occurrence.
SELECT count(*) FROM hub_bulk_read
WHERE name = %(name)s AND bound = %(bound)s AND (span = %(span)s OR (bound = 'hour' AND noted_at > %(hour)s));

-- name: lock
-- One writer of occurrences at a time.
SELECT pg_advisory_xact_lock(hashtextextended('hub_bulk_read', 0));

-- name: listed
-- Occurrences, open ones first.
SELECT id, name, thing, department, bound, span, seen, most, noted_at, closed_at, closed_by, outcome, reason
FROM hub_bulk_read
WHERE (%(things)s::text[] IS NULL OR thing = ANY(%(things)s)) AND (%(open)s::boolean IS NULL OR (closed_at IS NULL) = %(open)s)
ORDER BY (closed_at IS NOT NULL), noted_at DESC, id LIMIT %(limit)s;

-- name: one
-- An occurrence, held until the command ends.
SELECT id, name, thing, department, bound, span, seen, most, noted_at, closed_at, closed_by, outcome, reason
FROM hub_bulk_read WHERE id = %(id)s FOR UPDATE;

-- name: close
-- Somebody looked into it.
UPDATE hub_bulk_read SET closed_at = %(at)s, closed_by = %(by)s, outcome = %(outcome)s, reason = %(reason)s
WHERE id = %(id)s;
