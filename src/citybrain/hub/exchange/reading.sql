-- name: log_batches
-- Batches of the log after the lake, oldest first, that touch a span of reporting days.
SELECT id, delivery, position, payload, payload_file FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position IS NOT NULL
    AND position > %(after)s
    AND (%(first)s::date IS NULL OR last_day IS NULL OR last_day >= %(first)s)
    AND (%(last)s::date IS NULL OR first_day IS NULL OR first_day <= %(last)s)
ORDER BY position;

-- name: newest_delivery
-- Delivery that a snapshot contract shows now.
SELECT delivery, min(position) FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position IS NOT NULL
GROUP BY delivery ORDER BY max(position) DESC LIMIT 1;

-- name: state
-- How far a contract's log has come and what it took in.
SELECT coalesce(max(position), 0), max(newest_at), coalesce(sum(received), 0), coalesce(sum(accepted), 0), count(*),
    max(arrived_at)
FROM hub_batch WHERE contract = ANY(%(contracts)s);

-- name: days_after
-- Reporting days touched by batches after a position.
SELECT min(first_day), max(last_day), bool_or(first_day IS NULL) FROM hub_batch
WHERE contract = ANY(%(contracts)s) AND status = 'admitted' AND position > %(after)s;
