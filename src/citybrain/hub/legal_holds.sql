-- name: take_turns
-- Holds and destructions of one contract take turns.
SELECT pg_advisory_xact_lock(4207246, hashtext(%(contract)s));

-- name: batch_of
-- Whether a batch is of a contract.
SELECT 1 FROM hub_batch WHERE id = %(batch)s AND contract = %(contract)s;

-- name: next_number
-- Numbers people use.
SELECT nextval('hub_legal_hold_number');

-- name: insert
-- A hold.
INSERT INTO hub_legal_hold (id, number, contract, subject, batch, reason, set_by, set_at, evidence)
VALUES (%(id)s, %(number)s, %(contract)s, %(subject)s, %(batch)s, %(reason)s, %(by)s, %(at)s, %(evidence)s);

-- name: lift
-- It holds no longer.
UPDATE hub_legal_hold SET lifted_by = %(by)s, lifted_at = %(at)s, lift_reason = %(reason)s, lift_evidence = %(evidence)s
WHERE id = %(id)s AND lifted_at IS NULL;

-- name: one
-- One hold.
SELECT id, number, contract, subject, batch, reason, set_by, set_at, lifted_by, lifted_at, lift_reason
FROM hub_legal_hold WHERE number = %(number)s;

-- name: listed
-- Holds, those that hold first.
SELECT id, number, contract, subject, batch, reason, set_by, set_at, lifted_by, lifted_at, lift_reason
FROM hub_legal_hold
WHERE (%(contracts)s::text[] IS NULL OR contract = ANY(%(contracts)s)) AND (NOT %(holding)s OR lifted_at IS NULL)
ORDER BY lifted_at IS NOT NULL, set_at DESC, number DESC LIMIT 500;
