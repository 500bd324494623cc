-- name: sums
-- Rows by contract since an instant.
SELECT contract, count(*), coalesce(sum(received), 0), coalesce(sum(accepted), 0), coalesce(sum(set_aside), 0),
    max(arrived_at), max(newest_at), count(*) FILTER (WHERE status = 'refused')
FROM hub_batch WHERE arrived_at >= %(since)s GROUP BY contract ORDER BY contract;

-- name: newest
-- Last arrival of every contract.
SELECT contract, max(arrived_at), max(newest_at) FROM hub_batch WHERE status = 'admitted' GROUP BY contract;

-- name: batches
-- Batches, newest first.
SELECT batch.id, batch.contract, batch.system, batch.arrived_at, batch.received, batch.accepted, batch.set_aside,
    batch.status, entry.sequence, (
        SELECT row.reasons -> 0 FROM quarantine_row AS row WHERE row.batch = batch.id ORDER BY row.row LIMIT 1
    )
FROM hub_batch AS batch JOIN evidence_entry AS entry ON entry.id = batch.evidence
WHERE (%(contract)s::text IS NULL OR batch.contract = %(contract)s)
    AND (%(among)s::text[] IS NULL OR batch.contract = ANY(%(among)s))
    AND (NOT %(faulty)s OR batch.set_aside > 0)
ORDER BY batch.arrived_at DESC, batch.id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: count
-- How many batches there are.
SELECT count(*) FROM hub_batch
WHERE (%(contract)s::text IS NULL OR contract = %(contract)s)
    AND (%(among)s::text[] IS NULL OR contract = ANY(%(among)s))
    AND (NOT %(faulty)s OR set_aside > 0);

-- name: broken
-- Broken rules by dimension since an instant.
SELECT tally.rule, tally.dimension, tally.on_break, sum(tally.broken)
FROM hub_tally AS tally JOIN hub_batch AS batch ON batch.id = tally.batch
WHERE batch.contract = ANY(%(contracts)s) AND batch.arrived_at >= %(since)s
GROUP BY tally.rule, tally.dimension, tally.on_break ORDER BY tally.rule;

-- name: lateness
-- Longest way from event to arrival since an instant, of all but one batch in twenty: a first delivery of old files is none.
SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY arrived_at - newest_at) FROM hub_batch
WHERE contract = ANY(%(contracts)s) AND arrived_at >= %(since)s AND newest_at IS NOT NULL AND newest_at <= arrived_at;

-- name: evidence
-- Entry and place in the chain of a batch.
SELECT entry.id, entry.sha256, entry.sequence, batch.revision, batch.body_sha256, batch.idempotency_key,
    batch.payload_bytes
FROM hub_batch AS batch JOIN evidence_entry AS entry ON entry.id = batch.evidence WHERE batch.id = %(id)s;
