-- name: lock_names
-- One writer at a time for the grants of a name.
SELECT pg_advisory_xact_lock(hashtextextended('hub_grant:' || %(name)s, 0));

-- name: insert
-- A new version of a grant.
INSERT INTO hub_grant (id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows,
    starts_at, ends_at, source, request, emergency, made_by, made_at, evidence, most_uses, most_rows_per_day,
    most_rows_per_use, assessment)
VALUES (%(id)s, %(name)s, (SELECT coalesce(max(version), 0) + 1 FROM hub_grant WHERE name = %(name)s), %(thing)s,
    %(department)s, %(purpose)s, %(basis)s, %(scenario)s, %(fields)s, %(clear_fields)s, %(rows)s, %(starts_at)s,
    %(ends_at)s, %(source)s, %(request)s, %(emergency)s, %(by)s, %(at)s, %(evidence)s, %(most_uses)s,
    %(rows_per_day)s, %(rows_per_use)s, %(assessment)s)
RETURNING version;

-- name: close
-- A grant ends; who reads under it holds its row until then.
UPDATE hub_grant SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, close_reason = %(reason)s
WHERE name = %(name)s AND state = 'open'
RETURNING id, thing, department;

-- name: of_department
-- Open grants of a body on a thing, held until the transaction ends so that none is closed under a release.
SELECT id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows, starts_at, ends_at,
    source, request, emergency, state, made_by, made_at, closed_by, closed_at, close_reason,
    most_uses, most_rows_per_day, most_rows_per_use, assessment
FROM hub_grant WHERE department = %(department)s AND thing = %(thing)s AND state = 'open'
ORDER BY ends_at DESC, name FOR SHARE;

-- name: listed
-- Grants, the newest first.
SELECT id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows, starts_at, ends_at,
    source, request, emergency, state, made_by, made_at, closed_by, closed_at, close_reason,
    most_uses, most_rows_per_day, most_rows_per_use, assessment
FROM hub_grant
WHERE (%(department)s::text IS NULL OR department = %(department)s)
    AND (%(things)s::text[] IS NULL OR thing = ANY(%(things)s))
    AND (%(open)s::boolean IS NULL OR (state = 'open') = %(open)s)
ORDER BY made_at DESC, name, version DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: some
-- Some versions of grants, in the order they are asked for.
SELECT id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows, starts_at, ends_at,
    source, request, emergency, state, made_by, made_at, closed_by, closed_at, close_reason,
    most_uses, most_rows_per_day, most_rows_per_use, assessment
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (version_id, place)
JOIN hub_grant ON hub_grant.id = asked.version_id ORDER BY asked.place;

-- name: versions
-- Every version of a grant, the newest first.
SELECT id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows, starts_at, ends_at,
    source, request, emergency, state, made_by, made_at, closed_by, closed_at, close_reason,
    most_uses, most_rows_per_day, most_rows_per_use, assessment
FROM hub_grant WHERE name = %(name)s ORDER BY version DESC;

-- name: declared
-- Open grants that the city's files declare.
SELECT id, name, version, thing, department, purpose, basis, scenario, fields, clear_fields, rows, starts_at, ends_at,
    source, request, emergency, state, made_by, made_at, closed_by, closed_at, close_reason,
    most_uses, most_rows_per_day, most_rows_per_use, assessment
FROM hub_grant WHERE source = 'declared' AND state = 'open' ORDER BY name;

-- name: use
-- How grants are used since an instant: releases, rows, last use, and the fields that ever left.
WITH used AS MATERIALIZED (
    SELECT hub_grant, fields, count(*) AS times, sum(rows) AS rows, max(at) AS at FROM hub_release
    WHERE hub_grant = ANY(%(ids)s) AND at >= %(since)s GROUP BY hub_grant, fields
), gone AS (
    SELECT hub_grant, array_agg(DISTINCT field) AS fields FROM used CROSS JOIN LATERAL unnest(used.fields) AS field
    GROUP BY hub_grant
)
SELECT used.hub_grant, sum(used.times)::bigint, coalesce(sum(used.rows), 0), max(used.at), gone.fields
FROM used JOIN gone ON gone.hub_grant = used.hub_grant GROUP BY used.hub_grant, gone.fields;

-- name: announce
-- Tell whoever streams under a grant; heard after the commit.
SELECT pg_notify('citybrain_grant', %(name)s);
