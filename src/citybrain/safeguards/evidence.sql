-- name: write_entry
-- One act, in the transaction of the business rows it speaks of.
INSERT INTO evidence_entry (id, act, subject, body, sha256, at)
VALUES (%(id)s, %(act)s, %(subject)s, %(body)s, %(sha256)s, %(at)s);

-- name: lock_sealer
-- Only one sealer at a time gives places in the chain.
SELECT pg_try_advisory_xact_lock(4207201);

-- name: last_sealed
-- Head of the chain.
SELECT sequence, chain FROM evidence_entry WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1;

-- name: unsealed
-- Entries that wait for their place, oldest first.
SELECT id, sha256 FROM evidence_entry WHERE sequence IS NULL ORDER BY id LIMIT %(limit)s;

-- name: give_places
-- Seal a run of entries.
UPDATE evidence_entry AS entry SET sequence = given.sequence, chain = given.chain
FROM unnest(%(ids)s::uuid[], %(sequences)s::bigint[], %(chains)s::bytea[]) AS given (id, sequence, chain)
WHERE entry.id = given.id;

-- name: sealed_from
-- A stretch of the chain for verification.
SELECT id, act, subject, body, sha256, sequence, chain FROM evidence_entry
WHERE sequence > %(after)s ORDER BY sequence LIMIT %(limit)s;

-- name: unsealed_count
-- How many entries wait.
SELECT count(*) FROM evidence_entry WHERE sequence IS NULL;

-- name: unsealed_entries
-- Waiting entries for verification of their content.
SELECT id, act, subject, body, sha256 FROM evidence_entry WHERE sequence IS NULL ORDER BY id;

-- name: entry
-- One entry.
SELECT id, act, subject, body, sha256, at, sequence, chain FROM evidence_entry WHERE id = %(id)s;
