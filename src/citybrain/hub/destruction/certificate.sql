-- name: one
-- One certificate.
SELECT id, number, contract, kind, subject, batches, arrived_before, reason, decided_by, at, rows, places,
    before_sha256, after_sha256, duration_ms, again, evidence
FROM hub_destruction WHERE number = %(number)s;

-- name: listed
-- Certificates, the newest first.
SELECT id, number, contract, kind, subject, batches, arrived_before, reason, decided_by, at, rows, places,
    before_sha256, after_sha256, duration_ms, again, evidence
FROM hub_destruction
WHERE (%(contracts)s::text[] IS NULL OR contract = ANY(%(contracts)s))
    AND (%(subject)s::bytea IS NULL OR subject = %(subject)s)
ORDER BY place DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: every
-- Every destruction, the oldest first, as a restored copy carries it out again.
SELECT id, number, contract, kind, subject, batches, arrived_before, reason, decided_by, at, rows, places,
    before_sha256, after_sha256, duration_ms, again, evidence
FROM hub_destruction ORDER BY place;

-- name: count
-- How many certificates there are.
SELECT count(*) FROM hub_destruction WHERE %(contracts)s::text[] IS NULL OR contract = ANY(%(contracts)s);
