-- name: released
-- Whose rows left in a release.
COPY hub_release_subject (subject, release) FROM STDIN;

-- name: looked_at
-- Whose rows the operator of the hub looked at.
COPY hub_inspection_subject (subject, inspection) FROM STDIN;
