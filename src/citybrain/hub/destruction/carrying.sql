-- name: take_turns
-- Holds, destructions and admissions that look into history take turns, contract by contract.
SELECT pg_advisory_xact_lock(4207246, hashtext(%(contract)s)), pg_advisory_xact_lock(4207202, hashtext(%(contract)s));

-- name: whole_batches
-- Batches that are to go as a whole and of which something is left.
SELECT id FROM hub_batch
WHERE contract = %(contract)s AND (%(before)s::timestamptz IS NULL OR arrived_at < %(before)s)
    AND (%(batches)s::uuid[] IS NULL OR id = ANY(%(batches)s))
    AND (destroyed < accepted OR EXISTS (SELECT FROM quarantine_row WHERE batch = hub_batch.id AND state <> 'destroyed'))
ORDER BY id;

-- name: forget_keys
-- Keys of rows that went; the same key may come again.
DELETE FROM hub_key_index WHERE contract = %(contract)s AND rule = %(rule)s AND key = ANY(%(keys)s);

-- name: marked
-- Rows that are or were in dispute, by their keys.
SELECT id, keys FROM hub_dispute WHERE contract = %(contract)s AND keys IS NOT NULL;

-- name: about_batches
-- Disputes about whole batches.
SELECT id FROM hub_dispute WHERE contract = %(contract)s AND batch = ANY(%(batches)s);

-- name: lift_disputes
-- What went is in dispute no longer, and its keys go too.
UPDATE hub_dispute SET keys = NULL, lifted_at = coalesce(lifted_at, %(at)s) WHERE id = ANY(%(ids)s);

-- name: next_number
-- Numbers people use.
SELECT nextval('hub_destruction_number');

-- name: number_there
-- Whether a certificate has this number.
SELECT 1 FROM hub_destruction WHERE number = %(number)s;

-- name: insert
-- A certificate.
INSERT INTO hub_destruction (id, number, contract, kind, subject, batches, arrived_before, reason, decided_by, at, rows,
    places, before_sha256, after_sha256, duration_ms, again, evidence)
VALUES (%(id)s, %(number)s, %(contract)s, %(kind)s, %(subject)s, %(batches)s, %(before)s, %(reason)s, %(by)s, %(at)s,
    %(rows)s, %(places)s, %(before_sha256)s, %(after_sha256)s, %(ms)s, %(again)s, %(evidence)s);

-- name: payloads
-- What a certificate says of each batch.
COPY hub_destroyed_payload (destruction, batch, rows, set_aside, salt, before, after) FROM STDIN;

-- name: count_rows
-- Batches know how many of their rows went.
UPDATE hub_batch AS batch SET destroyed = batch.destroyed + gone.rows,
    set_aside_destroyed = batch.set_aside_destroyed + gone.set_aside
FROM hub_destroyed_payload AS gone WHERE gone.destruction = %(id)s AND batch.id = gone.batch;

-- name: count_notices
-- How many who had received the rows are told.
UPDATE hub_destruction SET places = places || jsonb_build_object('notices', %(count)s::jsonb) WHERE id = %(id)s;

-- name: leftovers
-- Files that nothing names from the commit on.
COPY hub_leftover (path, destruction) FROM STDIN;

-- name: leftover
-- Files that are still to be removed.
SELECT path FROM hub_leftover ORDER BY path;

-- name: cleared
-- They are gone.
DELETE FROM hub_leftover WHERE path = ANY(%(paths)s);

-- name: announce
-- Tell every process to let go of what it keeps in memory, and those who follow the log that it has changed.
SELECT pg_notify('citybrain_destroyed', %(contract)s), pg_notify('citybrain_log', %(contract)s);
