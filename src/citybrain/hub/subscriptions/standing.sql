-- name: head
-- Newest position of the log.
SELECT position FROM hub_head;

-- name: behind
-- Whether a contract may have rows after a place; a batch of which rows were taken is looked at once more.
SELECT EXISTS (
    SELECT FROM hub_batch
    WHERE contract = %(contract)s AND status = 'admitted' AND position > %(after)s AND accepted > 0
);

-- name: count
-- How many subscriptions a system keeps.
SELECT count(*) FROM hub_subscription WHERE system = %(system)s AND state <> 'ended';

-- name: insert
-- A new subscription.
INSERT INTO hub_subscription (id, system, department, contract, purpose, fields, conditions, way, url, per, position,
    row, made_at, evidence)
VALUES (%(id)s, %(system)s, %(department)s, %(contract)s, %(purpose)s, %(fields)s, %(conditions)s, %(way)s, %(url)s,
    %(per)s, %(position)s, %(row)s, %(at)s, %(evidence)s);

-- name: one
-- A subscription.
SELECT id, system, department, contract, purpose, fields, conditions, way, url, per, state, position, row, delivered,
    delivered_at, failures, failing_since, next_try_at, failure, slow, made_at, ended_at
FROM hub_subscription WHERE id = %(id)s;

-- name: listed
-- Subscriptions, the newest first.
SELECT id, system, department, contract, purpose, fields, conditions, way, url, per, state, position, row, delivered,
    delivered_at, failures, failing_since, next_try_at, failure, slow, made_at, ended_at
FROM hub_subscription
WHERE (%(system)s::text IS NULL OR system = %(system)s)
    AND (%(department)s::text IS NULL OR department = %(department)s)
    AND (%(contracts)s::text[] IS NULL OR contract = ANY(%(contracts)s))
ORDER BY made_at DESC, id DESC LIMIT %(limit)s;

-- name: put_place
-- Forward or back; whoever delivers now loses the lease, so that its end does not undo this.
UPDATE hub_subscription SET position = %(position)s, row = %(row)s, lease = NULL, leased_until = NULL,
    delivered_at = %(at)s
WHERE id = %(id)s AND state <> 'ended';

-- name: suspend
-- Nothing is delivered until it is taken up again.
UPDATE hub_subscription SET state = 'suspended', failure = %(reason)s, next_try_at = NULL
WHERE id = %(id)s AND state = 'active';

-- name: resume
-- Taken up again where it stopped.
UPDATE hub_subscription SET state = 'active', failures = 0, failing_since = NULL, next_try_at = NULL, failure = NULL,
    slow = false
WHERE id = %(id)s AND state <> 'ended';

-- name: end
-- Over for good.
UPDATE hub_subscription SET state = 'ended', ended_at = %(at)s, next_try_at = NULL
WHERE id = %(id)s AND state <> 'ended';
