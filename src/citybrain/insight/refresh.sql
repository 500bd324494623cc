-- name: progress
-- How far an indicator has come.
SELECT definition, position FROM insight_progress WHERE indicator = %(indicator)s;

-- name: lock
-- One refresh of an indicator at a time.
SELECT pg_try_advisory_xact_lock(4207203, hashtext(%(indicator)s));

-- name: clear
-- The definition changed: old values no longer mean the same.
DELETE FROM insight_value WHERE indicator = %(indicator)s;

-- name: clear_span
-- Values of periods that are computed anew.
DELETE FROM insight_value WHERE indicator = %(indicator)s AND grain = %(grain)s
    AND bucket >= %(first)s AND bucket < %(until)s;

-- name: copy_values
-- New values.
COPY insight_value (indicator, grain, split, key, bucket, value, rows) FROM STDIN;

-- name: keep_progress
-- What the values now rest on.
INSERT INTO insight_progress (indicator, definition, position, as_of, refreshed_at, revision, received, accepted, batches)
VALUES (%(indicator)s, %(definition)s, %(position)s, %(as_of)s, %(refreshed_at)s, %(revision)s, %(received)s,
    %(accepted)s, %(batches)s)
ON CONFLICT (indicator) DO UPDATE SET definition = excluded.definition, position = excluded.position,
    as_of = excluded.as_of, refreshed_at = excluded.refreshed_at, revision = excluded.revision,
    received = excluded.received, accepted = excluded.accepted, batches = excluded.batches;

-- name: announce
-- Tell open cockpits; heard only after the commit.
SELECT pg_notify('citybrain_value', %(indicator)s);

-- name: parts
-- Values of the two parts of a derived indicator, side by side.
SELECT coalesce(a.grain, b.grain), coalesce(a.split, b.split), coalesce(a.key, b.key), coalesce(a.bucket, b.bucket),
    a.value, b.value, coalesce(a.rows, b.rows)
FROM (SELECT * FROM insight_value WHERE indicator = %(first)s) AS a
JOIN (SELECT * FROM insight_value WHERE indicator = %(second)s) AS b
    ON (a.grain, a.split, a.key, a.bucket) = (b.grain, b.split, b.key, b.bucket);

-- name: wait_for
-- A refresh under way ends first, for it may have read what goes.
SELECT pg_advisory_xact_lock(4207203, hashtext(indicator)) FROM (SELECT unnest(%(indicators)s::text[]) AS indicator ORDER BY 1) AS wanted;

-- name: forget
-- Indicators that are computed anew as a whole at the next refresh.
DELETE FROM insight_progress WHERE indicator = ANY(%(indicators)s);
