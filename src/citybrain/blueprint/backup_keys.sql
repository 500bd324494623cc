-- name: made
-- A complete backup.
INSERT INTO blueprint_backup (id, made_at, head, destroyed, evidence)
VALUES (%(id)s, %(at)s, %(head)s, %(destroyed)s, %(evidence)s);

-- name: named
-- Backups this instance knows of.
SELECT id FROM blueprint_backup;

-- name: is_a_copy
-- Whether this instance was restored from a backup: keys it does not know may then be those of the one it was made from.
SELECT EXISTS (SELECT FROM evidence_entry WHERE act = 'blueprint:backup:restored');

-- name: superseded
-- Backups that hold rows destroyed since, while a later one is complete that does not.
SELECT id FROM blueprint_backup
WHERE erased_at IS NULL AND id <> %(id)s AND destroyed < %(destroyed)s FOR UPDATE;

-- name: erased
-- Its key is destroyed.
UPDATE blueprint_backup SET erased_at = %(at)s WHERE id = %(id)s;

-- name: without_key
-- Backups whose keys are to be gone.
SELECT id FROM blueprint_backup WHERE erased_at IS NOT NULL;

-- name: count_destroyed
-- How many destructions there were.
SELECT count(*) FROM hub_destruction;

-- name: pass_number
-- Numbers of certificates go on after those the list holds.
SELECT setval('hub_destruction_number', %(number)s) FROM hub_destruction_number WHERE last_value <= %(number)s;

-- name: before
-- Backups made before an instant, and how many of them can be read no longer.
SELECT count(*), count(erased_at), max(erased_at) FROM blueprint_backup WHERE made_at <= %(at)s;
