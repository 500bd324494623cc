-- name: newest
-- The revision in force.
SELECT number, digest, contents FROM city_revision ORDER BY number DESC LIMIT 1;

-- name: newest_number
-- Number of the revision in force.
SELECT coalesce(max(number), 0) FROM city_revision;

-- name: one
-- One revision.
SELECT number, digest, contents FROM city_revision WHERE number = %(number)s;

-- name: lock
-- One apply at a time.
SELECT pg_advisory_xact_lock(4207204);

-- name: insert
-- A new revision.
INSERT INTO city_revision (number, digest, contents, stages, plan, made_by, made_at, back_to)
VALUES (%(number)s, %(digest)s, %(contents)s, %(stages)s, %(plan)s, %(by)s, %(at)s, %(back_to)s);

-- name: announce
-- Tell all processes; heard only after the commit.
SELECT pg_notify('citybrain_revision', %(number)s::text);

-- name: history
-- All revisions, newest first, without their contents.
SELECT number, made_at, made_by, plan, stages, back_to FROM city_revision ORDER BY number DESC LIMIT %(limit)s;

-- name: revoke_keys
-- Keys of systems that are no longer declared stop with the revision.
UPDATE system_key SET revoked_at = %(at)s WHERE system = ANY(%(systems)s) AND revoked_at IS NULL;
