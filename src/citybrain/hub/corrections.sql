-- name: batch
-- Where a batch came from, and the last part of its delivery.
SELECT batch.system, batch.delivery, (SELECT max(part) FROM hub_batch WHERE delivery = batch.delivery), batch.arrived_at
FROM hub_batch AS batch WHERE batch.id = %(id)s;

-- name: versions
-- From a correction back to the row as it first came.
WITH RECURSIVE earlier AS (
    SELECT * FROM hub_correction WHERE corrected = %(batch)s AND contract = %(contract)s
    UNION ALL
    SELECT before.* FROM hub_correction AS before JOIN earlier ON before.corrected = earlier.batch
)
SELECT batch, row, corrected, reason, person, at FROM earlier ORDER BY at DESC;
