-- name: enqueue
-- Put jobs in; a pending job with the same unique key is kept and only becomes due earlier. Touching it (instead of
-- doing nothing) locks it until the caller commits, so that no worker runs it without seeing the caller's changes.
INSERT INTO job (id, queue, kind, payload, due_at, max_attempts, unique_key, cancel_key, created_at)
SELECT n.id, n.queue, n.kind, n.payload, n.due_at, n.max_attempts, n.unique_key, n.cancel_key, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(queues)s::text[], %(kinds)s::text[], %(payloads)s::jsonb[], %(dues)s::timestamptz[],
    %(limits)s::integer[], %(unique_keys)s::text[], %(cancel_keys)s::text[]
) AS n (id, queue, kind, payload, due_at, max_attempts, unique_key, cancel_key)
ORDER BY n.unique_key, n.id
ON CONFLICT (unique_key) WHERE state = 'waiting' AND every_ms IS NULL
DO UPDATE SET due_at = least(job.due_at, excluded.due_at)
RETURNING id, unique_key

-- name: wake
-- Wake sleeping workers when the caller commits.
SELECT pg_notify('citybrain_job', '')

-- name: cancel
-- Take back everything under a key; what is being done finds itself gone at its end and is undone.
DELETE FROM job WHERE cancel_key = %(cancel_key)s AND every_ms IS NULL AND state IN ('waiting', 'claimed')

-- name: keep_periodic
-- Declare a periodic duty; declaring it again, from any number of workers, changes nothing.
INSERT INTO job (id, queue, kind, payload, due_at, max_attempts, every_ms, created_at)
VALUES (%(id)s, %(queue)s, %(kind)s, %(payload)s, %(now)s, 1, %(every_ms)s, %(now)s)
ON CONFLICT (kind) WHERE every_ms IS NOT NULL
DO UPDATE SET queue = excluded.queue, payload = excluded.payload, every_ms = excluded.every_ms,
    due_at = least(job.due_at, excluded.due_at + make_interval(secs => excluded.every_ms / 1000.0))
WHERE (job.queue, job.payload, job.every_ms) IS DISTINCT FROM (excluded.queue, excluded.payload, excluded.every_ms)

-- name: drop_periodic
-- Withdraw a periodic duty.
DELETE FROM job WHERE kind = %(kind)s AND every_ms IS NOT NULL

-- name: load
-- How much waits, how long already, and what is dead, by queue and kind.
SELECT queue, kind,
    count(*) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s) AS due,
    count(*) FILTER (WHERE state = 'waiting' AND due_at > %(now)s) AS later,
    count(*) FILTER (WHERE state = 'claimed') AS claimed,
    count(*) FILTER (WHERE state = 'dead') AS dead,
    min(due_at) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s) AS oldest_due_at
FROM job GROUP BY queue, kind ORDER BY queue, kind

-- name: dead
-- Jobs that were given up, the latest first.
SELECT id, queue, kind, payload, due_at, attempts, max_attempts, unique_key, cancel_key, every_ms, last_error
FROM job WHERE state = 'dead' ORDER BY due_at DESC, id DESC LIMIT %(limit)s

-- name: revive
-- Give a dead job another chance.
UPDATE job SET state = 'waiting', attempts = 0, due_at = %(now)s WHERE id = %(id)s AND state = 'dead'

-- name: discard
-- Take a dead job away for good.
DELETE FROM job WHERE id = %(id)s AND state = 'dead'
