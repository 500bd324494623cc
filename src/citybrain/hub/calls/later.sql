-- name: prepare
-- A call may be answered later: with which key, until when, and who is told.
INSERT INTO hub_call_later (call, key_hash, reply_to, due_at)
VALUES (%(call)s, %(key_hash)s, %(reply_to)s, %(due_at)s);

-- name: accepted
-- The provider has taken the call; it may have answered already.
UPDATE hub_call SET state = 'waiting', evidence = %(evidence)s WHERE id = %(call)s AND state = 'begun';

-- name: answer_with
-- What is to be answered with a key, held until the transaction ends.
SELECT later.arrived_at, later.over_at, later.due_at, later.reply_to, made.service, made.operation
FROM hub_call_later AS later JOIN hub_call AS made ON made.id = later.call
WHERE later.call = %(call)s AND later.key_hash = %(key_hash)s FOR UPDATE OF later;

-- name: arrive
-- The answer is there.
UPDATE hub_call_later SET arrived_at = %(at)s, status = %(status)s, media = %(media)s, bytes = %(bytes)s,
    sha256 = %(sha256)s, kept_until = %(kept_until)s
WHERE call = %(call)s;

-- name: look
-- A call as who made it may see it.
SELECT made.system, made.department, made.service, made.operation, made.purpose, made.request_bytes,
    made.request_sha256, made.trace, made.signed_with, made.begun_at, made.state, held.name, later.due_at,
    later.arrived_at, coalesce(later.over_at, CASE WHEN later.kept_until <= %(at)s THEN later.kept_until END),
    later.status, later.media, later.bytes, later.sha256
FROM hub_call AS made JOIN hub_call_later AS later ON later.call = made.id JOIN hub_grant AS held
    ON held.id = made.hub_grant
WHERE made.id = %(call)s;

-- name: late
-- Calls whose time is over.
UPDATE hub_call_later AS later SET over_at = %(at)s FROM hub_call AS made JOIN hub_grant AS held
    ON held.id = made.hub_grant
WHERE made.id = later.call AND later.call IN (
    SELECT call FROM hub_call_later WHERE arrived_at IS NULL AND over_at IS NULL AND due_at <= %(at)s
    ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING made.state, later.call, made.service, made.operation, made.department, made.system, made.purpose, made.trace, held.name,
    made.begun_at;

-- name: fail
-- A call was never answered; one that found its end otherwise keeps it.
UPDATE hub_call SET state = 'failed', failure = 'late', ended_at = %(at)s, evidence = %(evidence)s
WHERE id = %(call)s AND state IN ('begun', 'waiting');

-- name: waiting_files
-- Of some calls, those whose answer may lie in a file.
SELECT call::text FROM hub_call_later WHERE call = ANY(%(calls)s) AND arrived_at IS NOT NULL AND over_at IS NULL;

-- name: kept
-- Answers that may not be kept any longer.
SELECT call FROM hub_call_later WHERE arrived_at IS NOT NULL AND over_at IS NULL AND kept_until <= %(at)s
ORDER BY kept_until LIMIT 500 FOR UPDATE SKIP LOCKED;

-- name: over
-- Nothing more comes of these.
UPDATE hub_call_later SET over_at = %(at)s WHERE call = ANY(%(calls)s);
