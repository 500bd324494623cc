-- name: begin_delivery
-- Note that a delivery begins; one that was interrupted keeps its id and its cut.
INSERT INTO system_delivery (id, source, contract, system, name, digest, size_bytes, batch_rows, state, unused, started_at)
VALUES (%(id)s, %(source)s, %(contract)s, %(system)s, %(name)s, %(digest)s, %(size_bytes)s, %(batch_rows)s, 'running',
        %(unused)s, %(at)s)
ON CONFLICT (source, digest) DO UPDATE SET name = system_delivery.name
RETURNING id, batch_rows, state;

-- name: finish_delivery
-- Note how a delivery ended.
UPDATE system_delivery
SET state = %(state)s, parts = %(parts)s, received = %(received)s, accepted = %(accepted)s, set_aside = %(set_aside)s,
    warned = %(warned)s, passed_by = %(passed_by)s, broken = %(broken)s, refused_code = %(refused_code)s,
    refused_params = %(refused_params)s, finished_at = %(at)s
WHERE id = %(id)s;

-- name: refuse_delivery
-- Note a delivery that could not be read at all; the same again is the same refusal.
INSERT INTO system_delivery (id, source, contract, system, name, digest, size_bytes, batch_rows, state, refused_code,
                             refused_params, started_at, finished_at)
VALUES (%(id)s, %(source)s, %(contract)s, %(system)s, %(name)s, %(digest)s, %(size_bytes)s, 1, 'refused',
        %(refused_code)s, %(refused_params)s, %(at)s, %(at)s)
ON CONFLICT (source, digest) DO NOTHING
RETURNING id;

-- name: delivery
-- One delivery by id.
SELECT id, source, contract, system, name, digest, state, parts, received, accepted, set_aside, warned, passed_by, broken,
       unused, refused_code, refused_params, started_at, finished_at
FROM system_delivery WHERE id = %(id)s;

-- name: delivery_of
-- The delivery of a source with a digest.
SELECT id FROM system_delivery WHERE source = %(source)s AND digest = %(digest)s;

-- name: recent_deliveries
-- The newest deliveries of all sources.
SELECT id FROM system_delivery ORDER BY started_at DESC, id DESC LIMIT %(limit)s;

-- name: batches_of
-- The batches a delivery became, in order.
SELECT id FROM hub_batch WHERE delivery = %(id)s ORDER BY part;

-- name: polls
-- How far each source has been asked.
SELECT source, position, anchor, etag, modified, asked_at, answered_at, next_at, failures, error_code, error_params
FROM system_poll ORDER BY source;

-- name: poll
-- How far one source has been asked.
SELECT source, position, anchor, etag, modified, asked_at, answered_at, next_at, failures, error_code, error_params
FROM system_poll WHERE source = %(source)s;

-- name: keep_poll
-- Note what came of asking a source.
INSERT INTO system_poll (source, position, anchor, etag, modified, asked_at, answered_at, next_at, failures, error_code,
                         error_params)
VALUES (%(source)s, %(position)s, %(anchor)s, %(etag)s, %(modified)s, %(asked_at)s, %(answered_at)s, %(next_at)s,
        %(failures)s, %(error_code)s, %(error_params)s)
ON CONFLICT (source) DO UPDATE
SET position = EXCLUDED.position, anchor = EXCLUDED.anchor, etag = EXCLUDED.etag, modified = EXCLUDED.modified,
    asked_at = EXCLUDED.asked_at, answered_at = coalesce(EXCLUDED.answered_at, system_poll.answered_at),
    next_at = EXCLUDED.next_at, failures = EXCLUDED.failures, error_code = EXCLUDED.error_code,
    error_params = EXCLUDED.error_params;

-- name: claim_source
-- Ask for the right to deliver a source; false when another process has it.
SELECT pg_try_advisory_lock(hashtextextended(%(source)s, 20));

-- name: release_source
-- Give the right back.
SELECT pg_advisory_unlock(hashtextextended(%(source)s, 20));
