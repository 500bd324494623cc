-- name: places
-- Places of rows that went.
COPY hub_deletion_place (destruction, position, row) FROM STDIN;

-- name: whole
-- Places of batches that went as a whole.
INSERT INTO hub_deletion_place (destruction, position, row)
SELECT %(destruction)s, position, NULL FROM hub_batch WHERE id = ANY(%(batches)s) AND position IS NOT NULL;

-- name: received
-- Systems that received rows: of the person, or of the contract where whole batches went.
SELECT DISTINCT release.system, release.department FROM hub_release AS release
WHERE release.thing = %(contract)s AND release.rows > 0
    AND (%(subject)s::bytea IS NULL OR EXISTS (
        SELECT FROM hub_release_subject AS who WHERE who.release = release.id AND who.subject = %(subject)s))
ORDER BY 1;

-- name: insert
-- A system is to be told.
INSERT INTO hub_deletion_notice (id, destruction, system, department, contract, made_at)
VALUES (%(id)s, %(destruction)s, %(system)s, %(department)s, %(contract)s, %(at)s)
ON CONFLICT (destruction, system) DO NOTHING;

-- name: told
-- The system has taken its notices.
UPDATE hub_deletion_notice SET told_at = %(at)s WHERE system = %(system)s AND told_at IS NULL;

-- name: of_system
-- Notices of a system, the oldest first.
SELECT notice.id, notice.destruction, made.number, made.kind, notice.system, notice.department, notice.contract,
    notice.made_at, notice.told_at, notice.confirmed_at, notice.confirmed_by, notice.words
FROM hub_deletion_notice AS notice JOIN hub_destruction AS made ON made.id = notice.destruction
WHERE notice.system = %(system)s AND (NOT %(open_only)s OR notice.confirmed_at IS NULL)
ORDER BY notice.made_at, notice.id LIMIT 500;

-- name: of_destruction
-- Notices about a destruction.
SELECT notice.id, notice.destruction, made.number, made.kind, notice.system, notice.department, notice.contract,
    notice.made_at, notice.told_at, notice.confirmed_at, notice.confirmed_by, notice.words
FROM hub_deletion_notice AS notice JOIN hub_destruction AS made ON made.id = notice.destruction
WHERE notice.destruction = %(destruction)s ORDER BY notice.system;

-- name: one
-- A notice of a system.
SELECT notice.id, notice.destruction, made.number, made.kind, notice.system, notice.department, notice.contract,
    notice.made_at, notice.told_at, notice.confirmed_at, notice.confirmed_by, notice.words
FROM hub_deletion_notice AS notice JOIN hub_destruction AS made ON made.id = notice.destruction
WHERE notice.id = %(id)s AND notice.system = %(system)s;

-- name: confirm
-- The system has destroyed its copies.
UPDATE hub_deletion_notice SET confirmed_at = %(at)s, confirmed_by = %(by)s, words = %(words)s, evidence = %(evidence)s
WHERE id = %(id)s AND confirmed_at IS NULL;

-- name: where
-- Where the rows stood.
SELECT position, row FROM hub_deletion_place WHERE destruction = %(destruction)s ORDER BY position, row NULLS FIRST;

-- name: untold
-- Notices a system has not taken.
SELECT notice.id, notice.destruction, made.number, made.kind, notice.system, notice.department, notice.contract,
    notice.made_at, notice.told_at, notice.confirmed_at, notice.confirmed_by, notice.words
FROM hub_deletion_notice AS notice JOIN hub_destruction AS made ON made.id = notice.destruction
WHERE notice.system = %(system)s AND notice.contract = %(contract)s AND notice.told_at IS NULL
ORDER BY notice.made_at, notice.id LIMIT 100;

-- name: took
-- A pushed notice was taken.
UPDATE hub_deletion_notice SET told_at = %(at)s WHERE id = %(id)s AND told_at IS NULL;
