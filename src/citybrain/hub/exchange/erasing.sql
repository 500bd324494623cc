-- name: in_log
-- Batches of a contract with rows in the log.
SELECT id, position FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position IS NOT NULL AND NOT in_lake AND destroyed < accepted
    AND (%(batches)s::uuid[] IS NULL OR id = ANY(%(batches)s))
ORDER BY position;

-- name: payload
-- A payload as it is; its batch is held until the transaction ends.
SELECT payload, payload_file, payload_sha256 FROM hub_batch WHERE id = %(id)s FOR UPDATE;

-- name: put
-- What is left of a payload.
UPDATE hub_batch SET payload = %(payload)b, payload_file = %(file)s, payload_sha256 = %(sha256)s,
    payload_bytes = %(bytes)s
WHERE id = %(id)s;

-- name: name_table
-- From the commit on, the lake table is another one; gives where it was before.
UPDATE iceberg_tables AS kept SET metadata_location = %(location)s, previous_metadata_location = NULL
FROM iceberg_tables AS before
WHERE kept.table_namespace = 'citybrain' AND kept.table_name = %(table)s
    AND before.catalog_name = kept.catalog_name AND before.table_namespace = kept.table_namespace
    AND before.table_name = kept.table_name
RETURNING before.metadata_location;

-- name: still_beside
-- Payload files that were kept for a while beside the lake that holds their batches.
SELECT payload_file FROM hub_batch WHERE id = ANY(%(batches)s) AND in_lake AND payload_file IS NOT NULL;

-- name: forget_beside
-- They go at once.
UPDATE hub_batch SET payload_file = NULL WHERE id = ANY(%(batches)s) AND in_lake AND payload_file IS NOT NULL;
