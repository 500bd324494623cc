-- name: came
-- What came by contract: batches, rows, refused and late batches, and when it all began.
SELECT batch.contract, count(*), coalesce(sum(batch.received), 0), count(*) FILTER (WHERE batch.status = 'refused'),
    count(*) FILTER (WHERE batch.arrived_at - batch.newest_at > promised.within), (
        SELECT begun.arrived_at FROM hub_batch AS begun
        WHERE begun.contract = batch.contract AND begun.status = 'admitted' AND begun.position IS NOT NULL
        ORDER BY begun.position LIMIT 1
    )
FROM hub_batch AS batch
JOIN unnest(%(contracts)s::text[], %(promises)s::interval[]) AS promised (contract, within)
    ON promised.contract = batch.contract
LEFT JOIN hub_correction AS correction ON correction.corrected = batch.id
WHERE batch.arrived_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
    AND batch.arrived_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
    AND batch.repairs IS NULL AND correction.corrected IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM governance_score_exclusion AS out WHERE out.subject = batch.contract AND out.batch = batch.id
    )
GROUP BY batch.contract;

-- name: broken
-- Rows that break a rule, by contract and dimension.
SELECT batch.contract, tally.dimension, sum(tally.broken)
FROM hub_tally AS tally JOIN hub_batch AS batch ON batch.id = tally.batch
WHERE batch.arrived_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
    AND batch.arrived_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
    AND batch.repairs IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM governance_score_exclusion AS out
        WHERE out.subject = batch.contract
            AND (out.batch = batch.id OR (
                out.rule = tally.rule AND out.day = (batch.arrived_at AT TIME ZONE %(zone)s)::date
            ))
    )
GROUP BY batch.contract, tally.dimension;

-- name: upheld
-- Values that passed every rule and were wrong all the same.
SELECT contract, count(*) FROM governance_dissent
WHERE kind = 'value' AND verdict = 'upheld' AND answered_at IS NOT NULL
    AND answered_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
    AND answered_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
GROUP BY contract;

-- name: newest
-- The newest version of kept scores.
SELECT DISTINCT ON (subject, day, dimension) subject, day, dimension, version, share, rows, grade, reason
FROM governance_score
WHERE day BETWEEN %(first)s AND %(last)s AND (%(subject)s::text IS NULL OR subject = %(subject)s)
ORDER BY subject, day, dimension, version DESC;

-- name: keep
-- One score of a day.
INSERT INTO governance_score (day, subject, dimension, version, share, rows, grade, reason, made_at)
VALUES (%(day)s, %(subject)s, %(dimension)s, %(version)s, %(share)s, %(rows)s, %(grade)s, %(reason)s, %(at)s);

-- name: claim
-- Whether this process may keep a day that nobody has kept.
SELECT pg_try_advisory_xact_lock(4207242) AND NOT EXISTS (SELECT 1 FROM governance_score WHERE day = %(day)s);

-- name: exclude
-- A batch or a rule does not count.
INSERT INTO governance_score_exclusion (day, subject, batch, rule, dissent)
VALUES (%(day)s, %(subject)s, %(batch)s, %(rule)s, %(dissent)s);

-- name: contested
-- Scores that are contested now.
SELECT contract, min(number) FROM governance_dissent
WHERE kind = 'score' AND finished_at IS NULL GROUP BY contract;

-- name: months
-- Kept scores of a month, for the report.
SELECT subject, dimension, count(share), avg(share), sum(rows), max(version)
FROM (
    SELECT DISTINCT ON (subject, day, dimension) subject, day, dimension, version, share, rows
    FROM governance_score WHERE day BETWEEN %(first)s AND %(last)s ORDER BY subject, day, dimension, version DESC
) AS newest
GROUP BY subject, dimension ORDER BY subject, dimension;
