-- name: page
-- One page: names that begin with what was typed, then names that hold it, then the others.
SELECT ref, number, registration, slug, kind, department, person, share, open, content, around, sha256, registered_at,
    changed_at, withdrawn_at, revision, version, evidence
FROM hub_catalog_entry
WHERE withdrawn_at IS NULL AND search LIKE ALL (%(patterns)s::text[])
    AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s))
    AND (%(owner)s::text IS NULL OR department = %(owner)s)
    AND (%(share)s::text IS NULL OR share = %(share)s)
    AND (open OR NOT %(public)s) AND ref <> ALL (%(hidden)s::text[])
ORDER BY
    CASE WHEN %(order)s = 'name' THEN names END,
    CASE WHEN %(order)s = 'name_desc' THEN names END DESC,
    CASE WHEN %(order)s = 'newest' THEN changed_at END DESC,
    CASE WHEN %(order)s = 'oldest' THEN changed_at END,
    CASE
        WHEN %(order)s <> 'rank' OR %(whole)s = '' THEN 0
        WHEN strpos(names, E'\n' || %(whole)s) > 0 THEN 0
        WHEN names LIKE ALL (%(patterns)s::text[]) THEN 1
        ELSE 2
    END,
    number
LIMIT %(rows)s OFFSET %(start)s;

-- name: facets
-- How many entries there are by kind, department and share attribute; each without regard to its own filter.
WITH matched AS MATERIALIZED (
    SELECT kind, department, share, count(*) AS entries FROM hub_catalog_entry
    WHERE withdrawn_at IS NULL AND search LIKE ALL (%(patterns)s::text[])
        AND (open OR NOT %(public)s) AND ref <> ALL (%(hidden)s::text[])
    GROUP BY kind, department, share
)
SELECT 'kind', kind, sum(entries) FROM matched
WHERE (%(owner)s::text IS NULL OR department = %(owner)s) AND (%(share)s::text IS NULL OR share = %(share)s)
GROUP BY kind
UNION ALL
SELECT 'owner', department, sum(entries) FROM matched
WHERE (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s)) AND (%(share)s::text IS NULL OR share = %(share)s)
GROUP BY department
UNION ALL
SELECT 'share', share, sum(entries) FROM matched
WHERE (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s)) AND (%(owner)s::text IS NULL OR department = %(owner)s)
GROUP BY share
UNION ALL
SELECT 'total', '', sum(entries) FROM matched
WHERE (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s)) AND (%(owner)s::text IS NULL OR department = %(owner)s)
    AND (%(share)s::text IS NULL OR share = %(share)s)
ORDER BY 1, 3 DESC, 2;

-- name: supply
-- What came for some contracts since an instant, and whether anything was ever admitted.
SELECT asked.contract, coalesce(came.received, 0), coalesce(came.set_aside, 0), coalesce(came.warned, 0), EXISTS (
    SELECT 1 FROM hub_batch AS log WHERE log.contract = asked.contract AND log.status = 'admitted'
), came.newest
FROM unnest(%(contracts)s::text[]) AS asked (contract)
LEFT JOIN LATERAL (
    SELECT sum(batch.received) AS received, sum(batch.set_aside) AS set_aside, sum(batch.warned) AS warned,
        max(batch.arrived_at) AS newest
    FROM hub_batch AS batch
    WHERE batch.contract = asked.contract AND batch.arrived_at >= %(since)s AND batch.repairs IS NULL
) AS came ON true;

-- name: one
-- One entry by its Ref, its number as printed, or its name in addresses.
SELECT ref, number, registration, slug, kind, department, person, share, open, content, around, sha256, registered_at,
    changed_at, withdrawn_at, revision, version, evidence
FROM hub_catalog_entry
WHERE (ref = %(name)s OR slug = %(name)s OR registration = %(name)s) AND withdrawn_at IS NULL
    AND (open OR NOT %(public)s) AND ref <> ALL (%(hidden)s::text[])
ORDER BY ref = %(name)s DESC, number LIMIT 1;

-- name: named
-- What some entries are called.
SELECT ref, content -> 'name' FROM hub_catalog_entry WHERE ref = ANY (%(refs)s) AND withdrawn_at IS NULL;

-- name: proof
-- The evidence of an entry, as sealed.
SELECT id, act, sha256, at, sequence, chain, body::jsonb FROM evidence_entry
WHERE id = %(id)s AND subject = %(ref)s;
