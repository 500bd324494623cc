-- name: open_rows
-- Rows that wait for their provider.
SELECT batch, row, contract, reasons, raw, raw_cut, state, repaired_by, decided_by, decided_at
FROM quarantine_row
WHERE (%(contract)s::text IS NULL OR contract = %(contract)s) AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY batch DESC, row LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_rows
-- How many rows there are in a state.
SELECT count(*) FROM quarantine_row
WHERE (%(contract)s::text IS NULL OR contract = %(contract)s) AND (%(state)s::text IS NULL OR state = %(state)s);

-- name: one_row
-- One row with its batch's system.
SELECT row.batch, row.row, row.contract, row.reasons, row.raw, row.raw_cut, row.state, row.repaired_by, row.decided_by,
    row.decided_at, batch.system
FROM quarantine_row AS row JOIN hub_batch AS batch ON batch.id = row.batch
WHERE row.batch = %(batch)s AND row.row = %(row)s;

-- name: confirm
-- The provider says: the row was wrong and stays out.
UPDATE quarantine_row SET state = 'confirmed', decided_by = %(person)s, decided_at = %(at)s
WHERE batch = %(batch)s AND row = %(row)s AND state = 'open' RETURNING contract;
