-- name: newest_batches
-- The newest batch of each contract that has enough rows.
SELECT DISTINCT ON (contract) contract, id, position FROM hub_batch
WHERE contract = ANY(%(contracts)s) AND status = 'admitted' AND position IS NOT NULL AND accepted >= %(least)s
ORDER BY contract, position DESC;
