-- name: of_contract
-- Rows set aside of a contract that still have their text, page by page.
SELECT batch, row, raw, reasons FROM quarantine_row
WHERE contract = %(contract)s AND state <> 'destroyed' AND (batch, row) > (%(batch)s, %(row)s)
ORDER BY batch, row LIMIT %(limit)s;

-- name: of_batches
-- Rows set aside of some batches that still have their text.
SELECT batch, row, reasons FROM quarantine_row
WHERE batch = ANY(%(batches)s) AND state <> 'destroyed' ORDER BY batch, row;

-- name: wipe
-- The row's values go; that it was set aside, and by which rule, stays.
UPDATE quarantine_row SET raw = '', raw_cut = false, reasons = %(reasons)s, state = 'destroyed'
WHERE batch = %(batch)s AND row = %(row)s;
