-- name: steps
-- Places in the log after one, with how many rows each holds; small steps keep a page in memory.
SELECT position, accepted FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position > %(after)s ORDER BY position LIMIT %(limit)s;

-- name: insert
-- What left the hub.
INSERT INTO hub_release (id, hub_grant, thing, department, system, purpose, channel, fields, rows, bytes, sha256, at,
    duration_ms, evidence)
VALUES (%(id)s, %(hub_grant)s, %(thing)s, %(department)s, %(system)s, %(purpose)s, %(channel)s, %(fields)s, %(rows)s,
    %(bytes)s, %(sha256)s, %(at)s, %(duration_ms)s, %(evidence)s);
