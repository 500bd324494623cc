-- name: revisions
-- Every revision with whether its coming into force was attested.
SELECT revision.number, revision.digest, revision.contents, EXISTS (
    SELECT 1 FROM evidence_entry AS entry
    WHERE entry.act = 'city:revision:applied' AND entry.subject = 'revision:' || revision.number
)
FROM city_revision AS revision ORDER BY revision.number;
