-- name: count
-- How many exports a system keeps.
SELECT count(*) FROM hub_export WHERE system = %(system)s AND state IN ('waiting', 'making', 'ready');

-- name: insert
-- A new export.
INSERT INTO hub_export (id, hub_grant, contract, department, system, person, purpose, fields, conditions, since, until,
    view, format, asked_at, evidence)
VALUES (%(id)s, %(hub_grant)s, %(contract)s, %(department)s, %(system)s, %(person)s, %(purpose)s, %(fields)s,
    %(conditions)s, %(since)s, %(until)s, %(view)s, %(format)s, %(at)s, %(evidence)s);

-- name: one
-- An export.
SELECT export.id, hub_grant.name, hub_grant.version, export.contract, export.department, export.system, export.person,
    export.purpose, export.fields, export.conditions, export.since, export.until, export.view, export.format,
    export.state, export.rows, export.bytes, export.sha256, export.path, export.asked_at, export.made_at,
    export.expires_at, export.ended_at, export.end_reason, export.failure,
    (SELECT count(*) FROM hub_export_fetch WHERE hub_export_fetch.export = export.id), export.masks
FROM hub_export AS export JOIN hub_grant ON hub_grant.id = export.hub_grant
WHERE export.id = %(id)s;

-- name: listed
-- Exports, the newest first.
SELECT export.id, hub_grant.name, hub_grant.version, export.contract, export.department, export.system, export.person,
    export.purpose, export.fields, export.conditions, export.since, export.until, export.view, export.format,
    export.state, export.rows, export.bytes, export.sha256, export.path, export.asked_at, export.made_at,
    export.expires_at, export.ended_at, export.end_reason, export.failure,
    (SELECT count(*) FROM hub_export_fetch WHERE hub_export_fetch.export = export.id), export.masks
FROM hub_export AS export JOIN hub_grant ON hub_grant.id = export.hub_grant
WHERE (%(system)s::text IS NULL OR export.system = %(system)s)
    AND (%(contracts)s::text[] IS NULL AND %(department)s::text IS NULL
        OR export.contract = ANY(%(contracts)s) OR export.department = %(department)s)
    AND (%(grant)s::text IS NULL OR hub_grant.name = %(grant)s)
ORDER BY export.asked_at DESC, export.id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: total
-- How many exports there are of a kind.
SELECT count(*) FROM hub_export AS export JOIN hub_grant ON hub_grant.id = export.hub_grant
WHERE (%(system)s::text IS NULL OR export.system = %(system)s)
    AND (%(contracts)s::text[] IS NULL AND %(department)s::text IS NULL
        OR export.contract = ANY(%(contracts)s) OR export.department = %(department)s)
    AND (%(grant)s::text IS NULL OR hub_grant.name = %(grant)s);

-- name: take
-- Somebody begins to make it; who made it before, and is perhaps still at it, has lost it.
UPDATE hub_export SET state = 'making', attempt = %(attempt)s, rows = 0
WHERE id = %(id)s AND state IN ('waiting', 'making') RETURNING id;

-- name: part
-- A page of it left as a release; nothing where another makes it now.
WITH ours AS (
    UPDATE hub_export SET rows = rows + %(rows)s WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'making'
    RETURNING id
)
INSERT INTO hub_export_part (export, release) SELECT id, %(release)s FROM ours;

-- name: begin_again
-- What an attempt before had taken is no part of the file.
DELETE FROM hub_export_part WHERE export = %(id)s;

-- name: made
-- The file is whole and in its place.
UPDATE hub_export SET state = 'ready', rows = %(rows)s, bytes = %(bytes)s, sha256 = %(sha256)s, path = %(path)s,
    made_at = %(at)s, expires_at = %(expires_at)s, masks = %(masks)s
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'making';

-- name: failed
-- It cannot be made.
UPDATE hub_export SET state = 'failed', failure = %(failure)s, attempt = NULL
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'making';

-- name: end
-- It is over: nobody fetches it any more, and its file goes with the next sweep.
UPDATE hub_export SET state = 'ended', ended_at = %(at)s, end_reason = %(reason)s, attempt = NULL
WHERE id = %(id)s AND state <> 'ended';

-- name: fetched
-- Somebody fetches it.
INSERT INTO hub_export_fetch (id, export, who, at, evidence)
VALUES (%(id)s, %(export)s, %(who)s, %(at)s, %(evidence)s);

-- name: expired
-- Exports whose time is over.
SELECT id, 'expired' FROM hub_export WHERE state = 'ready' AND expires_at <= %(now)s;

-- name: without_grant
-- Exports whose grant is not open any more, or has become narrower, or has fewer rows or other fields in clear.
SELECT export.id, CASE WHEN now_held.id IS NULL THEN 'grant_closed' ELSE 'grant_narrowed' END
FROM hub_export AS export
JOIN hub_grant AS held ON held.id = export.hub_grant
LEFT JOIN hub_grant AS now_held ON now_held.name = held.name AND now_held.state = 'open'
    AND now_held.starts_at <= %(now)s AND now_held.ends_at > %(now)s
WHERE export.state IN ('waiting', 'making', 'ready') AND (%(id)s::uuid IS NULL OR export.id = %(id)s)
    AND (now_held.id IS NULL OR NOT export.fields <@ now_held.fields
        OR now_held.rows IS DISTINCT FROM held.rows OR now_held.purpose <> held.purpose
        OR NOT (SELECT coalesce(array_agg(field), '{}') FROM unnest(held.clear_fields) AS field
                WHERE field = ANY(export.fields)) <@ now_held.clear_fields);

-- name: without_consent
-- Exports with rows of a person who has withdrawn a consent since they were asked for.
SELECT DISTINCT export.id, 'consent_withdrawn' FROM hub_export AS export
JOIN hub_export_part AS part ON part.export = export.id
JOIN hub_release_subject AS who ON who.release = part.release
JOIN safeguards_consent AS consent ON consent.subject = who.subject AND consent.contract = export.contract
    AND consent.purpose = export.purpose AND coalesce(consent.department, export.department) = export.department
WHERE export.state IN ('making', 'ready') AND (%(id)s::uuid IS NULL OR export.id = %(id)s)
    AND consent.withdrawn_at >= export.asked_at;

-- name: on_contract
-- Exports of a contract that have not ended.
SELECT id, 'destroyed' FROM hub_export WHERE contract = %(contract)s AND state <> 'ended';

-- name: living
-- Attempts whose files are being made or are ready.
SELECT attempt FROM hub_export WHERE state IN ('making', 'ready') AND attempt IS NOT NULL;

-- name: ready
-- Exports whose files may be fetched.
SELECT id FROM hub_export WHERE state = 'ready';
