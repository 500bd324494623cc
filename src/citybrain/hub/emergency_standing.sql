-- name: granted
-- Grants given for emergencies, the newest version of each, with what left under every version.
SELECT DISTINCT ON (held.name) held.emergency, held.name, held.thing, held.department, held.purpose, held.starts_at,
    held.ends_at, held.closed_at, used.times, used.rows
FROM hub_grant AS held CROSS JOIN LATERAL (
    SELECT count(*) AS times, coalesce(sum(release.rows), 0)::bigint AS rows
    FROM hub_grant AS version JOIN hub_release AS release ON release.hub_grant = version.id
    WHERE version.name = held.name AND version.emergency = held.emergency) AS used
WHERE held.emergency = ANY(%(names)s) ORDER BY held.name, held.version DESC;
