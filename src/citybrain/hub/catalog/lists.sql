-- name: duties
-- Entries by answering department, person and kind.
SELECT department, person, kind, count(*) FROM hub_catalog_entry WHERE withdrawn_at IS NULL
GROUP BY department, person, kind ORDER BY department, person, kind;

-- name: kept_back
-- What is not shared.
SELECT ref, registration, content -> 'name', department, content -> 'condition' FROM hub_catalog_entry
WHERE withdrawn_at IS NULL AND share = 'none' ORDER BY department, number;

-- name: mounted
-- Contracts with at least one admitted batch, by department.
SELECT entry.department, count(*) FILTER (WHERE log.there), count(*)
FROM hub_catalog_entry AS entry LEFT JOIN LATERAL (
    SELECT true AS there FROM hub_batch AS batch
    WHERE batch.contract = entry.ref AND batch.status = 'admitted' LIMIT 1
) AS log ON true
WHERE entry.withdrawn_at IS NULL AND entry.kind = 'contract' GROUP BY entry.department ORDER BY entry.department;
