-- name: open
-- Lines of limited grants, made where there is none.
INSERT INTO hub_grant_use (name, day) SELECT unnest(%(names)s::text[]), %(day)s ON CONFLICT (name) DO NOTHING;

-- name: hold
-- What was used, held until the transaction ends so that no two uses take the last one.
SELECT name, uses, CASE WHEN day = %(day)s THEN rows ELSE 0 END
FROM hub_grant_use WHERE name = ANY(%(names)s) ORDER BY name FOR UPDATE;

-- name: used
-- What was used.
SELECT name, uses, CASE WHEN day = %(day)s THEN rows ELSE 0 END FROM hub_grant_use WHERE name = ANY(%(names)s);

-- name: count
-- One more use, and the rows that leave in it.
UPDATE hub_grant_use SET uses = uses + %(uses)s, rows = CASE WHEN day = %(day)s THEN rows ELSE 0 END + %(rows)s,
    day = %(day)s
WHERE name = %(name)s;

-- name: give_back
-- A use that came to nothing.
UPDATE hub_grant_use SET uses = greatest(uses - 1, 0),
    rows = CASE WHEN day = %(day)s THEN greatest(rows - %(rows)s, 0) ELSE rows END
WHERE name = %(name)s;
