-- name: lock
-- One compaction of a contract at a time.
SELECT pg_try_advisory_lock(4207205, hashtext(%(contract)s));

-- name: unlock
-- The compaction is over.
SELECT pg_advisory_unlock(4207205, hashtext(%(contract)s));

-- name: catalog_there
-- Whether any lake table was ever made.
SELECT to_regclass('iceberg_tables') IS NOT NULL;

-- name: metadata_location
-- Where the newest metadata of a lake table is; read in the transaction that reads the log.
SELECT metadata_location FROM iceberg_tables WHERE table_namespace = 'citybrain' AND table_name = %(table)s;

-- name: waiting
-- Batches that are not in the lake, oldest first.
SELECT id, position, payload, payload_file FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position > %(after)s AND NOT in_lake
    AND destroyed < accepted
ORDER BY position LIMIT %(limit)s;

-- name: backlog
-- How much waits for the lake, by contract.
SELECT contract, count(*), sum(payload_bytes), min(arrived_at) FROM hub_batch
WHERE status = 'admitted' AND position IS NOT NULL AND NOT in_lake AND destroyed < accepted
GROUP BY contract;

-- name: mark
-- The lake holds these batches now; their payloads in the log are no longer needed.
UPDATE hub_batch SET in_lake = true, payload = NULL
WHERE contract = %(contract)s AND position <= %(upto)s AND position IS NOT NULL AND NOT in_lake;

-- name: needed
-- Payload files that are still read.
SELECT payload_file FROM hub_batch WHERE payload_file = ANY(%(names)s) AND NOT in_lake;
