-- name: due
-- Pushed subscriptions that are behind the log and not waiting for another try.
SELECT subscription.id, subscription.slow FROM hub_subscription AS subscription
WHERE subscription.state = 'active' AND subscription.way = 'push'
    AND (%(contract)s::text IS NULL OR subscription.contract = %(contract)s)
    AND (subscription.next_try_at IS NULL OR subscription.next_try_at <= %(now)s)
    AND (EXISTS (
        SELECT FROM hub_deletion_notice AS notice WHERE notice.system = subscription.system
            AND notice.contract = subscription.contract AND notice.told_at IS NULL
    ) OR EXISTS (
        SELECT FROM hub_batch AS batch
        WHERE batch.contract = subscription.contract AND batch.status = 'admitted' AND batch.accepted > 0
            AND (batch.position > subscription.position
                OR (batch.position = subscription.position AND subscription.row < %(last)s))
    ));

-- name: lease
-- One delivers at a time; who died is succeeded when its lease is over.
UPDATE hub_subscription SET lease = %(lease)s, leased_until = %(until)s
WHERE id = %(id)s AND state = 'active' AND way = 'push' AND (lease IS NULL OR leased_until < %(now)s)
    AND (next_try_at IS NULL OR next_try_at <= %(now)s);

-- name: let_go
-- The next may deliver.
UPDATE hub_subscription SET lease = NULL, leased_until = NULL WHERE id = %(id)s AND lease = %(lease)s;

-- name: taken
-- The place moves with what was taken; only for who holds the lease.
UPDATE hub_subscription SET position = %(position)s, row = %(row)s, delivered = delivered + %(taken)s,
    delivered_at = CASE WHEN %(taken)s > 0 THEN %(at)s ELSE delivered_at END, last_release = %(release)s,
    failures = CASE WHEN %(taken)s > 0 THEN 0 ELSE failures END,
    failing_since = CASE WHEN %(taken)s > 0 THEN NULL ELSE failing_since END,
    failure = CASE WHEN %(taken)s > 0 THEN NULL ELSE failure END, next_try_at = NULL, slow = %(slow)s,
    leased_until = %(until)s
WHERE id = %(id)s AND lease = %(lease)s;

-- name: failed
-- Not taken: tried again later.
UPDATE hub_subscription SET failures = %(failures)s, failing_since = %(since)s, failure = %(kind)s,
    next_try_at = %(next)s
WHERE id = %(id)s;
