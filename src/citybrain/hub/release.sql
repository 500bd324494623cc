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

-- name: listed
-- Releases, the newest first.
SELECT release.id, hub_grant.name, release.thing, release.department, release.system, release.purpose, release.channel,
    release.fields, release.rows, release.bytes, release.at, release.duration_ms
FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
WHERE (%(things)s::text[] IS NULL OR release.thing = ANY(%(things)s))
    AND (%(department)s::text IS NULL OR release.department = %(department)s)
    AND release.at >= %(since)s
ORDER BY release.at DESC, release.id DESC LIMIT %(limit)s;
