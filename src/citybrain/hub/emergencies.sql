-- name: runs
-- Whether an emergency is declared and runs.
SELECT 1 FROM hub_emergency WHERE name = %(name)s AND ended_at IS NULL AND ends_at > %(at)s;

-- name: declare
-- An emergency begins.
INSERT INTO hub_emergency (name, words, declared_by, declared_at, ends_at)
VALUES (%(name)s, %(words)s, %(by)s, %(at)s, %(ends_at)s) ON CONFLICT (name) DO NOTHING RETURNING name;

-- name: end
-- An emergency is over; its grants hold no longer.
UPDATE hub_emergency SET ended_at = %(at)s WHERE name = %(name)s AND ended_at IS NULL RETURNING name;

-- name: listed
-- Emergencies, the newest first.
SELECT name, words, declared_by, declared_at, ends_at, ended_at FROM hub_emergency ORDER BY declared_at DESC LIMIT 100;
