-- name: raise
-- A department needs something it did not find.
INSERT INTO hub_demand (id, department, person, words, raised_at)
VALUES (%(id)s, %(department)s, %(person)s, %(words)s, %(at)s);

-- name: close
-- An entry answers it.
UPDATE hub_demand SET closed_at = %(at)s, closed_by = %(by)s, ref = %(ref)s
WHERE id = %(id)s AND closed_at IS NULL RETURNING id;

-- name: listed
-- Open demands first, then the newest.
SELECT id, department, person, words, raised_at, closed_at, closed_by, ref FROM hub_demand
ORDER BY closed_at IS NOT NULL, raised_at DESC, id LIMIT %(limit)s OFFSET %(offset)s;

-- name: count
-- How many there are.
SELECT count(*) FROM hub_demand;

-- name: open
-- One open demand.
SELECT id, department, person, words, raised_at, closed_at, closed_by, ref FROM hub_demand
WHERE id = %(id)s AND closed_at IS NULL;
