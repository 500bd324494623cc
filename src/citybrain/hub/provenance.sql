-- name: newest_provider
-- System that delivered the newest batch of each contract.
SELECT wanted.contract, newest.system
FROM unnest(%(contracts)s::text[]) AS wanted (contract)
CROSS JOIN LATERAL (
    SELECT system FROM hub_batch
    WHERE hub_batch.contract = wanted.contract AND status = 'admitted'
    ORDER BY position DESC LIMIT 1
) AS newest;
