-- name: state
-- State of one key.
SELECT state, since, bucket, pending, periods FROM insight_state
WHERE indicator = %(indicator)s AND split = %(split)s AND key = %(key)s;

-- name: keep_state
-- New state of one key.
INSERT INTO insight_state (indicator, split, key, state, since, bucket, value, usual, pending, periods)
VALUES (%(indicator)s, %(split)s, %(key)s, %(state)s, %(since)s, %(bucket)s, %(value)s, %(usual)s, %(pending)s,
    %(periods)s)
ON CONFLICT (indicator, split, key) DO UPDATE SET state = excluded.state, since = excluded.since,
    bucket = excluded.bucket, value = excluded.value, usual = excluded.usual, pending = excluded.pending,
    periods = excluded.periods;

-- name: newest_by_key
-- Newest period of every key, as far back as a period may still be judged; one key may be ahead of another.
SELECT DISTINCT ON (key) key, bucket, value FROM insight_value
WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND bucket <= %(now)s AND bucket >= coalesce(
    %(oldest)s::timestamptz, (
        SELECT max(bucket) FROM insight_value
        WHERE indicator = %(indicator)s AND grain = %(grain)s AND split = %(split)s AND bucket <= %(now)s
    )
) ORDER BY key, bucket DESC;

-- name: open
-- A new alert; only one is open for a key.
INSERT INTO alert (id, indicator, split, key, state, opened_at, bucket, value, usual, worst, revision)
VALUES (%(id)s, %(indicator)s, %(split)s, %(key)s, %(state)s, %(at)s, %(bucket)s, %(value)s, %(usual)s, %(value)s,
    %(revision)s)
ON CONFLICT (indicator, split, key) WHERE closed_at IS NULL DO UPDATE SET state = excluded.state,
    worst = greatest(alert.worst, excluded.worst), value = excluded.value, usual = excluded.usual,
    bucket = excluded.bucket
RETURNING id, (xmax = 0) AS opened;

-- name: close
-- The state is normal again.
UPDATE alert SET closed_at = %(at)s
WHERE indicator = %(indicator)s AND split = %(split)s AND key = %(key)s AND closed_at IS NULL RETURNING id;

-- name: listed
-- Alerts, open ones first.
SELECT id, indicator, split, key, state, opened_at, bucket, value, usual, worst, closed_at FROM alert
WHERE (%(open)s::boolean IS NULL OR (closed_at IS NULL) = %(open)s)
    AND (%(indicator)s::text IS NULL OR indicator = %(indicator)s)
ORDER BY (closed_at IS NULL) DESC, opened_at DESC LIMIT %(limit)s;
