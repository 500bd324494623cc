-- name: batches
-- Batches with what their evidence says.
SELECT batch.id, batch.received, batch.accepted, batch.set_aside, batch.payload, batch.payload_file, batch.payload_sha256,
    batch.in_lake, batch.position, entry.body,
    (SELECT count(*) FROM quarantine_row AS row WHERE row.batch = batch.id) AS kept_aside, batch.status,
    batch.destroyed, batch.set_aside_destroyed
FROM hub_batch AS batch LEFT JOIN evidence_entry AS entry ON entry.id = batch.evidence
ORDER BY batch.id;

-- name: without_batch
-- Evidence of batches that are no longer there.
SELECT entry.id, entry.subject FROM evidence_entry AS entry
WHERE entry.act IN ('hub:batch:admitted', 'hub:batch:refused')
    AND NOT EXISTS (SELECT 1 FROM hub_batch AS batch WHERE batch.evidence = entry.id);

-- name: in_lake
-- Batches the lake must hold, with the rows each must have.
SELECT contract, id, accepted - destroyed FROM hub_batch WHERE in_lake ORDER BY contract;

-- name: certified
-- What certificates say of batches, in the order of the destructions, with what evidence says of the certificate.
SELECT gone.batch, gone.destruction, made.number, gone.rows, gone.set_aside, gone.salt, gone.before, gone.after,
    entry.body::jsonb -> 'facts' ->> 'payloads_sha256'
FROM hub_destroyed_payload AS gone JOIN hub_destruction AS made ON made.id = gone.destruction
JOIN evidence_entry AS entry ON entry.id = made.evidence
ORDER BY made.place, gone.batch;

-- name: uncertified
-- Destructions in evidence of which the certificate is gone.
SELECT entry.id, entry.body::jsonb -> 'facts' ->> 'number' FROM evidence_entry AS entry
WHERE entry.act = 'hub:data:destroyed' AND NOT EXISTS (SELECT FROM hub_destruction WHERE evidence = entry.id);
