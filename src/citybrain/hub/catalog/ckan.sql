-- name: names
-- Names of packages.
SELECT slug FROM hub_catalog_entry
WHERE withdrawn_at IS NULL AND kind = ANY (%(kinds)s) AND (open OR NOT %(public)s)
    AND ref <> ALL (%(hidden)s::text[])
ORDER BY slug LIMIT %(rows)s OFFSET %(start)s;

-- name: tags
-- Tags of packages.
SELECT DISTINCT tag FROM hub_catalog_entry CROSS JOIN LATERAL jsonb_array_elements_text(content -> 'tags') AS tag
WHERE withdrawn_at IS NULL AND kind = ANY (%(kinds)s) AND (open OR NOT %(public)s)
    AND ref <> ALL (%(hidden)s::text[])
ORDER BY tag;
