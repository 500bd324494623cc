-- name: find_delivered
-- The batch that this very delivery made the first time.
SELECT id FROM hub_batch WHERE contract = %(contract)s AND system = %(system)s AND idempotency_key = %(key)s;

-- name: insert_batch
-- A batch without its place yet.
INSERT INTO hub_batch (
    id, contract, system, delivery, part, idempotency_key, body_sha256, revision, status, refused_code, refused_params,
    received, accepted, set_aside, warned, unknown_fields, arrived_at, first_day, last_day, newest_at,
    payload, payload_file, payload_bytes, payload_sha256, repairs, evidence
) VALUES (
    %(id)s, %(contract)s, %(system)s, %(delivery)s, %(part)s, %(key)s, %(body_sha256)s, %(revision)s, %(status)s,
    %(refused_code)s, %(refused_params)s, %(received)s, %(accepted)s, %(set_aside)s, %(warned)s, %(unknown_fields)s,
    %(arrived_at)s, %(first_day)s, %(last_day)s, %(newest_at)s,
    %(payload)b, %(payload_file)s, %(payload_bytes)s, %(payload_sha256)s, %(repairs)s, %(evidence)s
);

-- name: insert_tally
-- Rows of a batch that break a rule.
INSERT INTO hub_tally (batch, rule, dimension, on_break, broken, detail)
VALUES (%(batch)s, %(rule)s, %(dimension)s, %(on_break)s, %(broken)s, %(detail)s);

-- name: copy_set_aside
-- Rows that were set aside.
COPY quarantine_row (batch, row, contract, reasons, raw, raw_cut) FROM STDIN;

-- name: give_positions
-- Last statement of the transaction: the row lock on the head makes positions follow the order of commits.
WITH head AS (
    UPDATE hub_head SET position = position + cardinality(%(ids)s::uuid[]) RETURNING position
)
UPDATE hub_batch AS batch SET position = head.position - cardinality(%(ids)s::uuid[]) + given.place
FROM head, unnest(%(ids)s::uuid[]) WITH ORDINALITY AS given (id, place)
WHERE batch.id = given.id
RETURNING batch.id, batch.position;

-- name: announce
-- Tell listeners that the log has grown; heard only after the commit.
SELECT pg_notify('citybrain_log', %(contract)s);

-- name: lock_contract
-- Admissions that look into history take turns.
SELECT pg_advisory_xact_lock(4207202, hashtext(%(contract)s));

-- name: known_keys
-- Which of these keys stand in the history.
SELECT key FROM hub_key_index WHERE contract = %(contract)s AND rule = %(rule)s AND key = ANY(%(keys)s);

-- name: copy_keys
-- Keys of newly accepted rows.
COPY hub_key_index (contract, rule, key, batch) FROM STDIN;

-- name: medians
-- Last known medians for drift.
SELECT rule, period, median FROM hub_median WHERE contract = %(contract)s;

-- name: keep_median
-- Newest median for drift.
INSERT INTO hub_median (contract, rule, period, median) VALUES (%(contract)s, %(rule)s, %(period)s, %(median)s)
ON CONFLICT (contract, rule) DO UPDATE SET period = excluded.period, median = excluded.median
WHERE hub_median.period <= excluded.period;

-- name: mark_repaired
-- A row that came back mended.
UPDATE quarantine_row SET state = 'repaired', repaired_by = %(by)s, decided_by = %(person)s, decided_at = %(at)s
WHERE batch = %(batch)s AND row = %(row)s AND state = 'open';

-- name: put_right
-- An accepted row gets a new version; only the version that stands can be corrected.
INSERT INTO hub_correction (batch, row, contract, corrected, reason, person, at)
VALUES (%(batch)s, %(row)s, %(contract)s, %(corrected)s, %(reason)s, %(person)s, %(at)s)
ON CONFLICT (batch, row) DO NOTHING RETURNING batch;

-- name: receipt
-- One batch as its receipt tells it.
SELECT batch.id, batch.contract, batch.system, batch.delivery, batch.part, batch.status, batch.refused_code,
    batch.refused_params, batch.received, batch.accepted, batch.set_aside, batch.warned, batch.unknown_fields,
    batch.arrived_at, batch.position, batch.evidence, entry.sha256, batch.body_sha256
FROM hub_batch AS batch JOIN evidence_entry AS entry ON entry.id = batch.evidence
WHERE batch.id = %(id)s;

-- name: tallies
-- Tallies of a batch.
SELECT rule, broken, detail FROM hub_tally WHERE batch = %(id)s ORDER BY rule;

-- name: first_reasons
-- First set-aside rows of a batch.
SELECT row, reasons FROM quarantine_row WHERE batch = %(id)s ORDER BY row LIMIT %(limit)s;
