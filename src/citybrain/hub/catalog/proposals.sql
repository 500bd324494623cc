-- name: seen
-- Undeclared fields since an instant that nobody has ignored.
SELECT batch.contract, unknown.field, count(*), min(batch.arrived_at), max(batch.arrived_at)
FROM hub_batch AS batch CROSS JOIN LATERAL unnest(batch.unknown_fields) AS unknown (field)
WHERE batch.arrived_at >= %(since)s AND batch.unknown_fields <> '{}' AND batch.contract = ANY (%(contracts)s)
    AND NOT EXISTS (
        SELECT 1 FROM hub_drift_ignored AS ignored
        WHERE ignored.contract = batch.contract AND ignored.field = unknown.field
    )
GROUP BY batch.contract, unknown.field ORDER BY batch.contract, unknown.field;

-- name: ignore
-- Somebody decided that a field stays undeclared.
INSERT INTO hub_drift_ignored (contract, field, reason, ignored_by, ignored_at)
VALUES (%(contract)s, %(field)s, %(reason)s, %(by)s, %(at)s)
ON CONFLICT (contract, field) DO NOTHING;
