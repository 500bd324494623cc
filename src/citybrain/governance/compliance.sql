-- name: last
-- Where a duty stood.
SELECT status, since FROM compliance_result WHERE row = %(row)s ORDER BY checked_at DESC LIMIT 1;

-- name: keep
-- What was seen of a duty.
INSERT INTO compliance_result (pack, row, status, checked_at, since, evidence_zh, evidence_en, answers, duration_ms)
VALUES (%(pack)s, %(row)s, %(status)s, %(at)s, %(since)s, %(zh)s, %(en)s, %(answers)s, %(ms)s)
ON CONFLICT (row, checked_at) DO NOTHING;

-- name: keep_round
-- One pass over the duties.
INSERT INTO compliance_round (id, started_at, duration_ms, holds, broken, not_yet)
VALUES (%(id)s, %(at)s, %(ms)s, %(holds)s, %(broken)s, %(not_yet)s);

-- name: forget
-- Results that are too old to matter; changes of status stay in the evidence.
DELETE FROM compliance_result WHERE checked_at < %(before)s;

-- name: newest
-- The newest result of every duty.
SELECT DISTINCT ON (row) pack, row, status, checked_at, since, evidence_zh, evidence_en, answers, duration_ms
FROM compliance_result ORDER BY row, checked_at DESC;

-- name: last_round
-- The newest pass.
SELECT started_at, duration_ms FROM compliance_round ORDER BY started_at DESC LIMIT 1;

-- name: claim
-- One round at a time.
SELECT pg_try_advisory_xact_lock(4207230);
