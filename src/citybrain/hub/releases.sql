-- name: listed
-- Releases, the newest first.
SELECT release.id, hub_grant.name, release.thing, release.department, release.system, release.purpose, release.channel,
    release.fields, release.rows, release.bytes, release.at, release.duration_ms
FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
WHERE (%(things)s::text[] IS NULL OR release.thing = ANY(%(things)s))
    AND (%(department)s::text IS NULL OR release.department = %(department)s)
    AND release.at >= %(since)s
ORDER BY release.at DESC, release.id DESC LIMIT %(limit)s;

-- name: under
-- The newest releases under a grant, whichever version.
SELECT release.id, hub_grant.name, release.thing, release.department, release.system, release.purpose, release.channel,
    release.fields, release.rows, release.bytes, release.at, release.duration_ms
FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant
WHERE hub_grant.name = %(grant)s ORDER BY release.at DESC, release.id DESC LIMIT %(limit)s;
