-- name: insert
-- A consent that was given; the same one again changes nothing.
INSERT INTO safeguards_consent (id, number, subject, contract, version, purpose, department, sensitive, fields,
    guardian, given_at, evidence)
VALUES (%(id)s, %(number)s, %(subject)s, %(contract)s, %(version)s, %(purpose)s, %(department)s, %(sensitive)s,
    %(fields)s, %(guardian)s, %(at)s, %(evidence)s);

-- name: lock
-- One act at a time on the consents of a person.
SELECT pg_advisory_xact_lock(hashtextextended('safeguards_consent:' || encode(%(subject)s::bytea, 'hex'), 0));

-- name: open_one
-- The open consent to the same use.
SELECT number, contract, version, purpose, department, sensitive, fields, guardian, given_at, withdrawn_at
FROM safeguards_consent
WHERE subject = %(subject)s AND contract = %(contract)s AND purpose = %(purpose)s
    AND department IS NOT DISTINCT FROM %(department)s AND sensitive = %(sensitive)s AND withdrawn_at IS NULL;

-- name: of_subject
-- Every consent of a person, the newest first.
SELECT number, contract, version, purpose, department, sensitive, fields, guardian, given_at, withdrawn_at
FROM safeguards_consent WHERE subject = %(subject)s ORDER BY given_at DESC, number;

-- name: withdraw
-- A person withdraws a consent of its own.
UPDATE safeguards_consent SET withdrawn_at = %(at)s, withdrawal_evidence = %(evidence)s
WHERE subject = %(subject)s AND number = %(number)s AND withdrawn_at IS NULL;

-- name: agreeing
-- Persons who agree to a use, and to its sensitive fields where there are any.
SELECT subject FROM safeguards_consent
WHERE contract = %(contract)s AND purpose = %(purpose)s AND withdrawn_at IS NULL
    AND (department IS NULL OR department = %(department)s)
GROUP BY subject
HAVING (cardinality(%(plain)s::text[]) = 0 OR bool_or(NOT sensitive AND fields @> %(plain)s::text[]))
    AND (cardinality(%(delicate)s::text[]) = 0 OR bool_or(sensitive AND fields @> %(delicate)s::text[]));
