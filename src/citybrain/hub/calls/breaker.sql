-- name: read
-- How a circuit stands.
SELECT failures, open_until FROM hub_breaker WHERE service = %(service)s;

-- name: all
-- How all circuits stand.
SELECT service, failures, open_until FROM hub_breaker ORDER BY service;

-- name: try_again
-- The time is over: the first call that gets here tries, the others wait for it.
UPDATE hub_breaker SET open_until = %(until)s, changed_at = %(at)s
WHERE service = %(service)s AND open_until <= %(at)s
RETURNING service;

-- name: failed
-- One more failure in a row.
INSERT INTO hub_breaker AS held (service, failures, open_until, changed_at)
VALUES (%(service)s, 1, CASE WHEN %(most)s <= 1 THEN %(until)s::timestamptz END, %(at)s)
ON CONFLICT (service) DO UPDATE SET failures = held.failures + 1, changed_at = %(at)s,
    open_until = CASE WHEN held.failures + 1 >= %(most)s THEN %(until)s::timestamptz ELSE held.open_until END
RETURNING failures, open_until;

-- name: answered
-- The service has answered.
UPDATE hub_breaker SET failures = 0, open_until = NULL, changed_at = %(at)s
WHERE service = %(service)s AND (failures > 0 OR open_until IS NOT NULL);
