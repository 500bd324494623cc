-- name: next_number
-- Numbers people use.
SELECT nextval('governance_person_request_number');

-- name: insert
-- A request; nothing where the same person asks for the same deletion already.
INSERT INTO governance_person_request (id, number, kind, subject, contract, provider, words, use, made_at, due_at, evidence)
VALUES (%(id)s, %(number)s, %(kind)s, %(subject)s, %(contract)s, %(provider)s, %(words)s, %(use)s, %(at)s, %(due_at)s,
    %(evidence)s)
ON CONFLICT (subject, contract) WHERE state = 'open' AND kind = 'delete' DO NOTHING RETURNING id;

-- name: same_open
-- The deletion the person asks for already.
SELECT number FROM governance_person_request
WHERE subject = %(subject)s AND contract = %(contract)s AND state = 'open' AND kind = 'delete';

-- name: decide
-- It is answered, or withdrawn.
UPDATE governance_person_request SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s, answer = %(answer)s,
    ground = %(ground)s, destruction = %(destruction)s
WHERE id = %(id)s AND state = 'open';

-- name: reminded
-- The provider was reminded.
UPDATE governance_person_request SET reminded_at = %(at)s WHERE id = %(id)s;

-- name: escalated
-- The provider is late.
UPDATE governance_person_request SET escalated_at = %(at)s WHERE id = %(id)s;

-- name: one
-- One request.
SELECT request.id, request.number, request.kind, request.subject, request.contract, request.provider, request.words,
    request.use, request.state, request.made_at, request.due_at, request.decided_at, request.answer, request.ground,
    made.number
FROM governance_person_request AS request LEFT JOIN hub_destruction AS made ON made.id = request.destruction
WHERE request.number = %(number)s;

-- name: of_person
-- Requests of a person, the newest first.
SELECT request.id, request.number, request.kind, request.subject, request.contract, request.provider, request.words,
    request.use, request.state, request.made_at, request.due_at, request.decided_at, request.answer, request.ground,
    made.number
FROM governance_person_request AS request LEFT JOIN hub_destruction AS made ON made.id = request.destruction
WHERE request.subject = %(subject)s ORDER BY request.made_at DESC, request.number DESC LIMIT 200;

-- name: for_contracts
-- Requests about contracts, those that wait first.
SELECT request.id, request.number, request.kind, request.subject, request.contract, request.provider, request.words,
    request.use, request.state, request.made_at, request.due_at, request.decided_at, request.answer, request.ground,
    made.number
FROM governance_person_request AS request LEFT JOIN hub_destruction AS made ON made.id = request.destruction
WHERE request.contract = ANY(%(contracts)s)
ORDER BY request.state <> 'open', CASE WHEN request.state = 'open' THEN request.due_at END, request.made_at DESC
LIMIT 200;

-- name: nearly_due
-- Requests whose period is nearly over and of which nobody was reminded.
SELECT request.id, request.number, request.kind, request.subject, request.contract, request.provider, request.words,
    request.use, request.state, request.made_at, request.due_at, request.decided_at, request.answer, request.ground,
    NULL
FROM governance_person_request AS request
WHERE request.state = 'open' AND request.reminded_at IS NULL AND request.due_at > %(now)s AND request.due_at <= %(soon)s
ORDER BY request.due_at FOR UPDATE SKIP LOCKED;

-- name: overdue
-- Requests whose period is over, not noted yet.
SELECT request.id, request.number, request.kind, request.subject, request.contract, request.provider, request.words,
    request.use, request.state, request.made_at, request.due_at, request.decided_at, request.answer, request.ground,
    NULL
FROM governance_person_request AS request
WHERE request.state = 'open' AND request.escalated_at IS NULL AND request.due_at <= %(now)s
ORDER BY request.due_at FOR UPDATE SKIP LOCKED;
