-- name: waivers
-- Suspected duplicates that were let through, each with the reason that was recorded as evidence.
SELECT revision.number, stage.value ->> 'ref', (
    SELECT string_agg((twin.value ->> 'ref') || ' (' || (twin.value ->> 'agrees') || ')', ', ')
    FROM jsonb_array_elements(stage.value -> 'alike') AS twin
), coalesce(entry.body::jsonb -> 'facts' ->> 'reason', ''), revision.made_at, revision.made_by
FROM city_revision AS revision
CROSS JOIN LATERAL jsonb_array_elements(revision.stages) AS stage
LEFT JOIN evidence_entry AS entry
    ON entry.subject = 'revision:' || revision.number AND entry.act = 'city:revision:applied'
WHERE jsonb_array_length(coalesce(stage.value -> 'alike', '[]')) > 0
ORDER BY revision.number DESC, 2 LIMIT %(limit)s;
