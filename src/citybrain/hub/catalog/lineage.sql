-- name: around
-- Some entries with what they rest on and what rests on them.
SELECT ref, kind, content -> 'name', department, share, around FROM hub_catalog_entry
WHERE ref = ANY (%(refs)s) AND withdrawn_at IS NULL;
