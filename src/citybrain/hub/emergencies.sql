-- name: runs
-- Whether an emergency is declared and runs.
SELECT 1 FROM hub_emergency WHERE name = %(name)s AND ended_at IS NULL AND ends_at > %(at)s;

-- name: declare
-- An emergency begins.
INSERT INTO hub_emergency (name, words, declared_by, declared_at, ends_at)
VALUES (%(name)s, %(words)s, %(by)s, %(at)s, %(ends_at)s) ON CONFLICT (name) DO NOTHING RETURNING name;

-- name: end
-- An emergency is over; its grants hold no longer.
UPDATE hub_emergency SET ended_at = %(at)s, ended_by = %(by)s
WHERE name = %(name)s AND ended_at IS NULL AND ends_at > %(at)s RETURNING name;

-- name: listed
-- Emergencies, the newest first.
SELECT name, words, declared_by, declared_at, ends_at, ended_at, ended_by
FROM hub_emergency ORDER BY declared_at DESC, name LIMIT 100;

-- name: one
-- An emergency, running or over.
SELECT name, words, declared_by, declared_at, ends_at, ended_at, ended_by FROM hub_emergency WHERE name = %(name)s;

-- name: held
-- An emergency that runs; it does not end until this command has ended.
SELECT name, words, declared_by, declared_at, ends_at, ended_at, ended_by FROM hub_emergency
WHERE name = %(name)s AND ended_at IS NULL AND ends_at > %(at)s FOR SHARE;

-- name: lapse
-- Emergencies that have ended by themselves.
UPDATE hub_emergency SET ended_at = ends_at, ended_by = %(by)s WHERE ended_at IS NULL AND ends_at <= %(at)s
    AND (%(only)s::text IS NULL OR name = %(only)s) RETURNING name;

-- name: open_grants
-- Grants of an emergency that nobody has closed.
SELECT name FROM hub_grant WHERE emergency = %(name)s AND state = 'open' ORDER BY name;
