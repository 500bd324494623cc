-- name: claim
-- One keeps the statement of a day, and once.
SELECT pg_advisory_xact_lock(4207245), NOT EXISTS (SELECT FROM hub_statement_day WHERE day = %(day)s);

-- name: reckon
-- What batches and releases of a day add up to: a line a contract for its provider, and one for each consumer.
SELECT contract, NULL AS consumer, count(*), sum(received), sum(accepted), sum(set_aside), 0, 0, 0, NULL
FROM hub_batch WHERE arrived_at >= %(since)s AND arrived_at < %(until)s GROUP BY contract
UNION ALL
SELECT thing, department, 0, 0, 0, 0, count(*), sum(rows), sum(bytes),
    percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms)
FROM hub_release WHERE at >= %(since)s AND at < %(until)s GROUP BY thing, department
ORDER BY 1, 2 NULLS FIRST;

-- name: keep
-- A line of a day's statement.
INSERT INTO hub_statement (day, contract, consumer, batches, received, accepted, set_aside, releases, rows, bytes,
    p95_ms, sha256)
VALUES (%(day)s, %(contract)s, %(consumer)s, %(batches)s, %(received)s, %(accepted)s, %(set_aside)s, %(releases)s,
    %(rows)s, %(bytes)s, %(p95_ms)s, %(sha256)s);

-- name: keep_day
-- The day itself, with its evidence.
INSERT INTO hub_statement_day (day, made_at, lines, evidence) VALUES (%(day)s, %(at)s, %(lines)s, %(evidence)s);

-- name: lines
-- The lines of a day, as kept.
SELECT contract, consumer, batches, received, accepted, set_aside, releases, rows, bytes, p95_ms, sha256
FROM hub_statement WHERE day = %(day)s ORDER BY contract, consumer NULLS FIRST;

-- name: attested
-- What evidence says of a day.
SELECT entry.body::jsonb -> 'facts' ->> 'sha256' FROM hub_statement_day AS kept JOIN evidence_entry AS entry ON entry.id = kept.evidence
WHERE kept.day = %(day)s;

-- name: days
-- Days with a statement, the newest first.
SELECT day FROM hub_statement_day ORDER BY day DESC LIMIT %(limit)s;

-- name: page
-- Lines of a day that concern a body, as kept; contracts that do not agree first.
SELECT contract, consumer, batches, received, accepted, set_aside, releases, rows, bytes, p95_ms
FROM hub_statement
WHERE day = %(day)s AND (%(body)s::text IS NULL OR consumer = %(body)s OR contract = ANY(%(contracts)s))
ORDER BY (contract = ANY(%(first)s::text[])) DESC, contract, consumer NULLS FIRST LIMIT %(limit)s OFFSET %(offset)s;

-- name: sums
-- What the lines of a day that concern a body add up to.
SELECT count(*), coalesce(sum(batches), 0), coalesce(sum(received), 0), coalesce(sum(accepted), 0),
    coalesce(sum(set_aside), 0), coalesce(sum(releases), 0), coalesce(sum(rows), 0), coalesce(sum(bytes), 0)
FROM hub_statement
WHERE day = %(day)s AND (%(body)s::text IS NULL OR consumer = %(body)s OR contract = ANY(%(contracts)s));
