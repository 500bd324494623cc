-- name: rows
-- Batches and rows by contract and status, since the beginning.
SELECT contract, status, count(*), coalesce(sum(received), 0), coalesce(sum(accepted), 0), coalesce(sum(set_aside), 0)
FROM hub_batch GROUP BY contract, status ORDER BY contract, status;

-- name: waiting
-- Evidence that waits for its place, alerts that are open, rows that wait for their provider, the end of the log.
SELECT (SELECT count(*) FROM evidence_entry WHERE sequence IS NULL),
    (SELECT count(*) FROM alert WHERE closed_at IS NULL),
    (SELECT count(*) FROM quarantine_row WHERE state = 'open'),
    (SELECT position FROM hub_head);

-- name: positions
-- How far every indicator has come, beside how far its contracts have.
SELECT indicator, position FROM insight_progress ORDER BY indicator;

-- name: ends
-- Last position of every contract.
SELECT contract, max(position) FROM hub_batch WHERE position IS NOT NULL GROUP BY contract;
