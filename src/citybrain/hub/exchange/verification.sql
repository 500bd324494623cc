-- name: batches
-- Batches with what their evidence says.
SELECT batch.id, batch.received, batch.accepted, batch.set_aside, batch.payload, batch.payload_file, batch.payload_sha256,
    batch.in_lake, batch.position, entry.body,
    (SELECT count(*) FROM quarantine_row AS row WHERE row.batch = batch.id) AS kept_aside, batch.status
FROM hub_batch AS batch LEFT JOIN evidence_entry AS entry ON entry.id = batch.evidence
ORDER BY batch.id;

-- name: without_batch
-- Evidence of batches that are no longer there.
SELECT entry.id, entry.subject FROM evidence_entry AS entry
WHERE entry.act IN ('hub:batch:admitted', 'hub:batch:refused')
    AND NOT EXISTS (SELECT 1 FROM hub_batch AS batch WHERE batch.evidence = entry.id);

-- name: in_lake
-- Batches the lake must hold, with the rows each must have.
SELECT contract, id, accepted FROM hub_batch WHERE in_lake ORDER BY contract;
