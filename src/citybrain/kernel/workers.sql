-- name: live
-- Hold a session lock under the worker's number for as long as it lives; the server frees it when the worker dies.
SELECT pg_try_advisory_lock(%(class)s, %(worker)s)

-- name: claim
-- Take due jobs of one queue; a dead worker's claim is known by its missing lock.
UPDATE job SET state = 'claimed', claimed_by = %(worker)s, attempts = attempts + 1
WHERE id = ANY (ARRAY(
    SELECT id FROM job
    WHERE state = 'waiting' AND queue = %(queue)s AND due_at <= %(now)s AND kind = ANY (%(kinds)s)
    ORDER BY due_at, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
RETURNING id, queue, kind, payload, due_at, attempts, max_attempts, unique_key, cancel_key, every_ms, last_error

-- name: ours
-- Which of the claimed jobs are still ours; without a lock, which comes with the completion.
SELECT id FROM job WHERE id = ANY (%(ids)s) AND state = 'claimed' AND claimed_by = %(worker)s

-- name: finish
-- Finished jobs leave the table, if they are still ours.
DELETE FROM job WHERE id = ANY (%(ids)s) AND state = 'claimed' AND claimed_by = %(worker)s AND every_ms IS NULL

-- name: turn
-- A periodic duty waits for its next turn; missed turns are not made up.
UPDATE job SET state = 'waiting', claimed_by = NULL, attempts = 0, last_error = NULL,
    due_at = CASE WHEN due_at + make_interval(secs => every_ms / 1000.0) > %(now)s
        THEN due_at + make_interval(secs => every_ms / 1000.0)
        ELSE %(now)s + make_interval(secs => every_ms / 1000.0) END
WHERE id = ANY (%(ids)s) AND state = 'claimed' AND claimed_by = %(worker)s AND every_ms IS NOT NULL

-- name: fail
-- Try again later, or give up when the attempts are used.
UPDATE job SET claimed_by = NULL, last_error = %(error)s, due_at = %(due_at)s,
    state = CASE WHEN attempts >= max_attempts AND every_ms IS NULL THEN 'dead' ELSE 'waiting' END
WHERE id = %(id)s AND state = 'claimed' AND claimed_by = %(worker)s

-- name: merge
-- A failed job whose twin already waits is joined with it; the failures stay counted.
WITH gone AS (
    DELETE FROM job WHERE id = %(id)s RETURNING unique_key, attempts
)
UPDATE job SET attempts = greatest(job.attempts, gone.attempts), last_error = coalesce(%(error)s, job.last_error)
FROM gone WHERE job.unique_key = gone.unique_key AND job.state = 'waiting' AND job.every_ms IS NULL

-- name: give_back
-- Claimed and never begun: as if nothing had been.
UPDATE job SET state = 'waiting', claimed_by = NULL, attempts = attempts - 1
WHERE id = %(id)s AND state = 'claimed' AND claimed_by = %(worker)s

-- name: claimed
-- What this worker still holds.
SELECT id FROM job WHERE state = 'claimed' AND claimed_by = %(worker)s

-- name: orphans
-- Jobs whose worker is gone, and its number.
SELECT id, claimed_by FROM job
WHERE state = 'claimed' AND NOT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = %(class)s AND objid::bigint = job.claimed_by
)
ORDER BY id FOR UPDATE SKIP LOCKED
