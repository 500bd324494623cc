-- name: open_rows
-- Rows that wait for their provider; a mended row that broke a rule again is an attempt, the row it mends still waits.
SELECT row.batch, row.row, row.contract, row.reasons, row.raw, row.raw_cut, row.state, row.repaired_by, row.decided_by,
    row.decided_at, batch.system, batch.arrived_at
FROM quarantine_row AS row JOIN hub_batch AS batch ON batch.id = row.batch
WHERE (%(contract)s::text IS NULL OR row.contract = %(contract)s)
    AND (%(among)s::text[] IS NULL OR row.contract = ANY(%(among)s))
    AND (%(state)s::text IS NULL OR row.state = %(state)s)
    AND (%(batch)s::uuid IS NULL OR row.batch = %(batch)s) AND (%(batch)s::uuid IS NOT NULL OR batch.repairs IS NULL)
ORDER BY row.batch DESC, row.row LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_rows
-- How many rows there are in each state, by contract.
SELECT row.contract, row.state, count(*)
FROM quarantine_row AS row JOIN hub_batch AS batch ON batch.id = row.batch
WHERE batch.repairs IS NULL AND (%(among)s::text[] IS NULL OR row.contract = ANY(%(among)s))
GROUP BY row.contract, row.state ORDER BY row.contract, row.state;

-- name: one_row
-- One row with its batch's system.
SELECT row.batch, row.row, row.contract, row.reasons, row.raw, row.raw_cut, row.state, row.repaired_by, row.decided_by,
    row.decided_at, batch.system, batch.arrived_at
FROM quarantine_row AS row JOIN hub_batch AS batch ON batch.id = row.batch
WHERE row.batch = %(batch)s AND row.row = %(row)s;

-- name: confirm
-- The provider says: the row was wrong and stays out.
UPDATE quarantine_row SET state = 'confirmed', decided_by = %(person)s, decided_at = %(at)s
WHERE batch = %(batch)s AND row = %(row)s AND state = 'open' RETURNING contract;
