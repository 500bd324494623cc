-- name: start
-- One run at a time for a place.
INSERT INTO scenario_run (id, scenario, revision, split, key, alert, indicator, started_at, value_before)
VALUES (%(id)s, %(scenario)s, %(revision)s, %(split)s, %(key)s, %(alert)s, %(indicator)s, %(at)s, %(value)s)
ON CONFLICT (scenario, key) WHERE state = 'open' DO NOTHING RETURNING id;

-- name: lock
-- A run, held until the command ends.
SELECT id, scenario, split, key, alert, indicator, state, started_at, closed_at, value_before, value_after
FROM scenario_run WHERE id = %(id)s FOR UPDATE;

-- name: close
-- All its steps are done.
UPDATE scenario_run SET state = 'closed', closed_at = %(at)s, value_after = %(value)s WHERE id = %(id)s;

-- name: listed
-- Runs of a scenario, newest first.
SELECT id, scenario, split, key, alert, indicator, state, started_at, closed_at, value_before, value_after
FROM scenario_run WHERE scenario = %(scenario)s ORDER BY started_at DESC LIMIT %(limit)s;

-- name: newest_value
-- Newest value of the place that alarmed.
SELECT value FROM insight_value
WHERE indicator = %(indicator)s AND split = %(split)s AND key = %(key)s AND grain = %(grain)s
ORDER BY bucket DESC LIMIT 1;
