-- name: log_batches
-- Batches of the log after the lake, oldest first, that touch a span of reporting days.
SELECT id, payload_sha256, position, payload, payload_file FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position IS NOT NULL AND destroyed < accepted
    AND position > %(after)s
    AND (%(first)s::date IS NULL OR last_day IS NULL OR last_day >= %(first)s)
    AND (%(last)s::date IS NULL OR first_day IS NULL OR first_day <= %(last)s)
ORDER BY position;

-- name: newest_delivery
-- Delivery that a snapshot contract shows now; a correction belongs to the delivery of the row it corrects.
SELECT batch.delivery, min(batch.position) FROM hub_batch AS batch
LEFT JOIN hub_correction AS correction ON correction.corrected = batch.id
WHERE batch.contract = %(contract)s AND batch.status = 'admitted' AND batch.position IS NOT NULL
GROUP BY batch.delivery
ORDER BY max(batch.position) FILTER (WHERE correction.corrected IS NULL) DESC NULLS LAST LIMIT 1;

-- name: corrected
-- Rows that a newer version stands in for.
SELECT batch::text, row FROM hub_correction WHERE contract = %(contract)s;

-- name: corrections_elsewhere
-- Corrections of other deliveries than the one a snapshot shows.
SELECT batch.id::text FROM hub_correction AS correction JOIN hub_batch AS batch ON batch.id = correction.corrected
WHERE correction.contract = %(contract)s AND batch.delivery <> %(delivery)s;

-- name: state
-- How far a contract's log has come and what it took in.
SELECT coalesce(max(position), 0), max(newest_at), coalesce(sum(received), 0), coalesce(sum(accepted), 0), count(*),
    max(arrived_at)
FROM hub_batch WHERE contract = ANY(%(contracts)s);

-- name: days_after
-- Reporting days touched by batches after a position.
SELECT min(first_day), max(last_day), bool_or(first_day IS NULL) FROM hub_batch
WHERE contract = ANY(%(contracts)s) AND status = 'admitted' AND position > %(after)s;

-- name: destroyed_so_far
-- Place of the newest destruction: what was kept in memory before it is let go.
SELECT coalesce(max(place), 0) FROM hub_destruction;
