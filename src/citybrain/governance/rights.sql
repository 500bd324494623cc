-- name: dissents
-- Dissents a person raised about rows of one contract, the newest first.
SELECT number FROM governance_dissent
WHERE raiser_kind = 'citizen' AND raiser = %(raiser)s AND contract = %(contract)s ORDER BY raised_at DESC LIMIT 100;

-- name: granted
-- How the grant of a release came about.
SELECT hub_grant.source, hub_grant.made_at, hub_grant.ends_at, hub_grant.clear_fields
FROM hub_release AS release JOIN hub_grant ON hub_grant.id = release.hub_grant WHERE release.id = %(release)s;

-- name: sources
-- Which systems delivered batches before an instant, with the rows that count of each.
SELECT batch.system, sum(counted.rows)::bigint, min(batch.arrived_at), max(batch.arrived_at)
FROM unnest(%(batches)s::uuid[], %(rows)s::bigint[]) AS counted (batch, rows)
JOIN hub_batch AS batch ON batch.id = counted.batch
WHERE batch.arrived_at <= %(at)s GROUP BY batch.system ORDER BY batch.system;
