-- name: begin
-- A call is about to be made; how many that system has made of that service in this minute.
WITH noted AS (
    INSERT INTO hub_call (id, trace, service, operation, hub_grant, department, system, purpose, method, request_bytes,
        request_sha256, signed_with, begun_at)
    VALUES (%(id)s, %(trace)s, %(service)s, %(operation)s, %(hub_grant)s, %(department)s, %(system)s, %(purpose)s,
        %(method)s, %(bytes)s, %(sha256)s, %(signed_with)s, %(at)s)
)
INSERT INTO hub_call_minute AS counted (service, system, minute, calls)
VALUES (%(service)s, %(system)s, %(minute)s, 1)
ON CONFLICT (service, system, minute) DO UPDATE SET calls = counted.calls + 1
RETURNING calls;

-- name: answered
-- An answer leaves.
WITH ended AS (
    UPDATE hub_call SET state = %(state)s, status = %(status)s, attempts = %(attempts)s,
        answer_bytes = %(answer_bytes)s, answer_sha256 = %(answer_sha256)s, duration_ms = %(duration_ms)s,
        ended_at = %(at)s, failure = %(failure)s, evidence = %(evidence)s
    WHERE id = %(id)s
), closed AS (
    UPDATE hub_call_later SET over_at = %(at)s WHERE call = %(id)s AND arrived_at IS NULL
)
INSERT INTO hub_release (id, hub_grant, thing, department, system, purpose, channel, fields, rows, bytes, sha256, at,
    duration_ms, evidence)
VALUES (%(release)s, %(hub_grant)s, %(thing)s, %(department)s, %(system)s, %(purpose)s, 'call', %(fields)s, %(rows)s,
    %(bytes)s, %(sha256)s, %(at)s, %(duration_ms)s, %(evidence)s);

-- name: end
-- A call ends without an answer that leaves, once; no answer is taken for it any more.
WITH closed AS (
    UPDATE hub_call_later SET over_at = %(at)s WHERE call = %(id)s AND arrived_at IS NULL
)
UPDATE hub_call SET state = %(state)s, status = %(status)s, attempts = %(attempts)s, answer_bytes = %(answer_bytes)s,
    answer_sha256 = %(answer_sha256)s, duration_ms = %(duration_ms)s, ended_at = %(at)s, failure = %(failure)s,
    evidence = %(evidence)s
WHERE id = %(id)s AND state IN ('begun', 'waiting') RETURNING id;
