-- name: scanned
-- Which versions of contracts were looked at.
SELECT contract, version FROM safeguards_scan;

-- name: note_scan
-- A version was looked at; the second to do so changes nothing.
INSERT INTO safeguards_scan (contract, version, batch, rows, scanned_at)
VALUES (%(contract)s, %(version)s, %(batch)s, %(rows)s, %(at)s)
ON CONFLICT (contract, version) DO NOTHING RETURNING contract;

-- name: note_proposal
-- A proposal; what a person decided about the same field and kind before stands.
INSERT INTO safeguards_proposal (contract, field, version, kind, share, sample_count, said_kind, why, found_at)
VALUES (%(contract)s, %(field)s, %(version)s, %(kind)s, %(share)s, %(sample_count)s, %(said_kind)s, %(why)s, %(at)s)
ON CONFLICT (contract, field, kind) DO UPDATE SET version = excluded.version, share = excluded.share,
    sample_count = excluded.sample_count, said_kind = excluded.said_kind, why = excluded.why;

-- name: listed
-- Proposals of some contracts, those that wait first.
SELECT contract, field, version, kind, share, sample_count, said_kind, why, state, found_at, decided_by, decided_at, reason
FROM safeguards_proposal WHERE contract = ANY(%(contracts)s) AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY state <> 'open', contract, field, kind LIMIT %(limit)s OFFSET %(offset)s;

-- name: counted
-- How many proposals there are in each state.
SELECT state, count(*) FROM safeguards_proposal WHERE contract = ANY(%(contracts)s) GROUP BY state;

-- name: one
-- One proposal, held until it is decided.
SELECT contract, field, version, kind, share, sample_count, said_kind, why, state, found_at, decided_by, decided_at, reason
FROM safeguards_proposal WHERE contract = %(contract)s AND field = %(field)s AND kind = %(kind)s FOR UPDATE;

-- name: decide
-- A person says whether it is so.
UPDATE safeguards_proposal SET state = %(state)s, decided_by = %(person)s, decided_at = %(at)s, reason = %(reason)s
WHERE contract = %(contract)s AND field = %(field)s AND kind = %(kind)s AND state = 'open';

-- name: proposed_kinds
-- Kinds that nobody refused; the surest for each field.
SELECT DISTINCT ON (field) field, kind FROM safeguards_proposal
WHERE contract = %(contract)s AND state <> 'refused' AND share >= %(least)s
ORDER BY field, state <> 'confirmed', share DESC, kind;
