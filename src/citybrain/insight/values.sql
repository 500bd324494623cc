-- name: newest
-- Newest value of a grain and split.
SELECT bucket, value, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND key = %(key)s AND bucket <= %(until)s
ORDER BY bucket DESC LIMIT 1;

-- name: at_bucket
-- Value of one period.
SELECT bucket, value, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND key = %(key)s AND bucket = %(bucket)s;

-- name: series
-- Values over time.
SELECT bucket, value, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND key = %(key)s
    AND bucket >= %(first)s AND bucket < %(until)s
ORDER BY bucket;

-- name: ranking
-- Values of one period by key.
SELECT key, value, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND bucket = %(bucket)s
ORDER BY value DESC NULLS LAST, key;

-- name: newest_bucket
-- Newest period of a grain and split.
SELECT max(bucket) FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND bucket <= %(until)s;

-- name: progress
-- What the values rest on.
SELECT position, as_of, refreshed_at, revision, received, accepted, batches FROM insight_progress
WHERE indicator = %(indicator)s;

-- name: every
-- All values of an indicator.
SELECT grain, split, key, bucket, value, rows FROM insight_value
WHERE indicator = %(indicator)s
    AND (%(grain)s::text IS NULL OR grain = %(grain)s)
    AND (%(split)s::text IS NULL OR split = %(split)s)
    AND (%(key)s::text IS NULL OR key = %(key)s)
ORDER BY grain, split, bucket, key LIMIT %(limit)s;

-- name: states
-- State of an indicator and of its keys.
SELECT split, key, state, since, bucket, value, usual FROM insight_state WHERE indicator = %(indicator)s;

-- name: same_slot
-- Values of the same time of day on earlier days.
SELECT bucket, value FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND key = %(key)s
    AND bucket = ANY(%(buckets)s::timestamptz[]);

-- name: open_alerts
-- Alerts that are open.
SELECT id, indicator, split, key, state, opened_at, bucket, value, usual, worst, closed_at FROM alert
WHERE closed_at IS NULL ORDER BY state, opened_at DESC;

-- name: newest_at_all
-- Newest value of a grain and key, whenever it is.
SELECT value, bucket, rows FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND key = %(key)s
ORDER BY bucket DESC LIMIT 1;
