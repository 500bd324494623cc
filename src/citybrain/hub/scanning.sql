-- name: newest_batch
-- The newest batch that still stands in the log or the lake.
SELECT id, position FROM hub_batch
WHERE contract = %(contract)s AND status = 'admitted' AND position IS NOT NULL AND accepted >= %(least)s
ORDER BY position DESC LIMIT 1;
