-- name: wipe_dissents
-- Dissents about rows that went: what was seen and claimed goes, and what was open is over.
UPDATE governance_dissent SET keys = CASE WHEN keys IS NULL THEN NULL ELSE '{}'::jsonb END, seen = '', claimed = '',
    grounds = '', answer = '',
    state = CASE WHEN finished_at IS NULL THEN 'lapsed' ELSE state END, finished_at = coalesce(finished_at, %(at)s)
WHERE id = ANY(%(ids)s);

-- name: wipe_outsiders
-- Who wrote or called about them.
DELETE FROM governance_dissent_outsider WHERE dissent = ANY(%(ids)s);

-- name: wipe_course
-- What people said in their course.
UPDATE governance_dissent_event SET words = '' WHERE dissent = ANY(%(ids)s);

-- name: beyond
-- How much of a contract came before an instant and is still there.
SELECT count(*), coalesce(sum(accepted - destroyed + set_aside - set_aside_destroyed), 0), min(arrived_at)
FROM hub_batch
WHERE contract = %(contract)s AND arrived_at < %(before)s
    AND (destroyed < accepted OR (status = 'admitted' AND set_aside_destroyed < set_aside));
