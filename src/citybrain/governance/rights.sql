-- name: dissents
-- Dissents a person raised about rows of one contract, the newest first.
SELECT number FROM governance_dissent
WHERE raiser_kind = 'citizen' AND raiser = %(raiser)s AND contract = %(contract)s ORDER BY raised_at DESC LIMIT 100;
