-- name: page
-- Data sets of one page as they were written at publication.
SELECT slug, turtle, jsonld FROM hub_catalog_entry
WHERE withdrawn_at IS NULL AND turtle IS NOT NULL AND (open OR NOT %(public)s) AND ref <> ALL (%(hidden)s::text[])
ORDER BY number LIMIT %(rows)s OFFSET %(start)s;

-- name: count
-- How many there are in all.
SELECT count(*) FROM hub_catalog_entry
WHERE withdrawn_at IS NULL AND turtle IS NOT NULL AND (open OR NOT %(public)s) AND ref <> ALL (%(hidden)s::text[]);

-- name: node
-- One data set.
SELECT turtle, jsonld FROM hub_catalog_entry WHERE ref = %(ref)s AND turtle IS NOT NULL;
