-- name: mark
-- Something is in dispute from now on.
INSERT INTO hub_dispute (id, number, contract, keys, batch, field, marked_at)
VALUES (%(id)s, %(number)s, %(contract)s, %(keys)s, %(batch)s, %(field)s, %(at)s);

-- name: lift
-- It is so no longer.
UPDATE hub_dispute SET lifted_at = %(at)s WHERE id = %(id)s AND lifted_at IS NULL;

-- name: marks
-- What is in dispute of a contract.
SELECT id, number, contract, keys, batch, field, marked_at FROM hub_dispute
WHERE contract = %(contract)s AND lifted_at IS NULL ORDER BY marked_at, number;

-- name: counts
-- How much is in dispute by contract.
SELECT contract, count(*) FROM hub_dispute WHERE contract = ANY(%(contracts)s) AND lifted_at IS NULL GROUP BY contract;
