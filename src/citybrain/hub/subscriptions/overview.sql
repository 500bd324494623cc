-- name: listed
-- Subscriptions with what waits for them, those in trouble first; at most a thousand batches are looked at for each.
SELECT found.*, waits.batches, waits.rows FROM (
    SELECT id, system, department, contract, purpose, way, per, state, position, row, delivered, delivered_at, failures,
        next_try_at, failure, slow, made_at, fields, url
    FROM hub_subscription
    WHERE (%(department)s::text IS NULL AND %(contracts)s::text[] IS NULL
            OR department = %(department)s OR contract = ANY(%(contracts)s))
        AND (%(id)s::uuid IS NULL OR id = %(id)s)
        AND CASE %(kind)s WHEN 'trouble' THEN state = 'suspended' OR (state = 'active' AND failures > 0)
            WHEN 'ended' THEN state = 'ended' WHEN 'open' THEN state <> 'ended' ELSE true END
    ORDER BY CASE WHEN state = 'suspended' THEN 0 WHEN state = 'active' AND failures > 0 THEN 1
        WHEN state = 'active' THEN 2 ELSE 3 END, made_at DESC, id DESC
    LIMIT %(limit)s OFFSET %(offset)s
) AS found
CROSS JOIN LATERAL (
    SELECT count(*) AS batches, coalesce(sum(accepted), 0) AS rows FROM (
        SELECT accepted FROM hub_batch
        WHERE found.state <> 'ended' AND contract = found.contract AND status = 'admitted' AND accepted > 0
            AND (position > found.position OR (position = found.position AND found.row < %(last)s))
        ORDER BY position LIMIT %(most)s
    ) AS behind
) AS waits
ORDER BY CASE WHEN found.state = 'suspended' THEN 0 WHEN found.state = 'active' AND found.failures > 0 THEN 1
    WHEN found.state = 'active' THEN 2 ELSE 3 END, found.made_at DESC, found.id DESC;

-- name: counted
-- How many subscriptions there are, in trouble and ended.
SELECT count(*) FILTER (WHERE state <> 'ended'),
    count(*) FILTER (WHERE state = 'suspended' OR (state = 'active' AND failures > 0)),
    count(*) FILTER (WHERE state = 'ended'), count(*)
FROM hub_subscription
WHERE %(department)s::text IS NULL AND %(contracts)s::text[] IS NULL
    OR department = %(department)s OR contract = ANY(%(contracts)s);

-- name: place_before
-- Place in the log before everything that arrived from an instant on.
SELECT coalesce(max(position), 0) FROM hub_batch WHERE position IS NOT NULL AND arrived_at < %(at)s;
