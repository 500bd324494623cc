-- name: export_snapshot
-- Lets the dump see exactly what this transaction sees, for as long as the transaction is open.
SELECT pg_export_snapshot();

-- name: no_hurry
-- The transaction waits while the dump is written.
SET LOCAL idle_in_transaction_session_timeout = 0;

-- name: payload_files
-- Payload files that are still read.
SELECT payload_file FROM hub_batch WHERE payload_file IS NOT NULL AND NOT in_lake ORDER BY id;

-- name: in_lake
-- Contracts with rows in the lake.
SELECT DISTINCT contract FROM hub_batch WHERE in_lake ORDER BY contract;

-- name: anything_there
-- Whether this database holds an instance.
SELECT to_regclass('hub_batch') IS NOT NULL;

-- name: lake_catalog_there
-- Whether any lake table was ever made.
SELECT to_regclass('iceberg_tables') IS NOT NULL;

-- name: forget_lake_tables
-- The metadata they name is on another machine; the tables are made anew from their files.
DELETE FROM iceberg_tables WHERE table_namespace = 'citybrain';
