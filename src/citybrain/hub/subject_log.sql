-- name: uses
-- Every release in which rows of a person left, and every look of the operator at them, the newest first.
SELECT release.id, release.at, release.thing, release.department, release.system, release.purpose, release.channel,
    release.fields, hub_grant.name, hub_grant.basis
FROM hub_release_subject AS person
JOIN hub_release AS release ON release.id = person.release
JOIN hub_grant ON hub_grant.id = release.hub_grant
WHERE person.subject = %(subject)s
UNION ALL
SELECT entry.id, entry.at, entry.subject, '', '', '', 'inspection',
    array(SELECT jsonb_array_elements_text(entry.body::jsonb #> '{facts,fields}')), '', '{}'::jsonb
FROM hub_inspection_subject AS person JOIN evidence_entry AS entry ON entry.id = person.inspection
WHERE person.subject = %(subject)s
ORDER BY 2 DESC, 1 DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: counted
-- How often rows of a person were used.
SELECT (SELECT count(*) FROM hub_release_subject WHERE subject = %(subject)s)
    + (SELECT count(*) FROM hub_inspection_subject WHERE subject = %(subject)s);

-- name: one_use
-- One release in which rows of a person left.
SELECT release.id, release.at, release.thing, release.department, release.system, release.purpose, release.channel,
    release.fields, hub_grant.name, hub_grant.basis
FROM hub_release_subject AS person
JOIN hub_release AS release ON release.id = person.release
JOIN hub_grant ON hub_grant.id = release.hub_grant
WHERE person.subject = %(subject)s AND release.id = %(use)s;
