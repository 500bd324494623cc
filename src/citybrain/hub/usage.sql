-- name: daily
-- Releases and rows of each day: from the statements as far as they go, from the books after that.
SELECT day, sum(releases), sum(rows) FROM (
    SELECT day, releases, rows FROM hub_statement
    WHERE consumer IS NOT NULL AND day >= %(first)s
        AND (%(body)s::text IS NULL OR consumer = %(body)s OR contract = ANY(%(contracts)s))
    UNION ALL
    SELECT (at AT TIME ZONE %(zone)s)::date, 1, rows FROM hub_release
    WHERE at >= coalesce((SELECT ((max(day) + 1)::timestamp AT TIME ZONE %(zone)s) FROM hub_statement_day),
            %(first)s::timestamp AT TIME ZONE %(zone)s)
        AND at >= %(first)s::timestamp AT TIME ZONE %(zone)s
        AND (%(body)s::text IS NULL OR department = %(body)s OR thing = ANY(%(contracts)s))
) AS uses GROUP BY day ORDER BY day;

-- name: top
-- What is used most and by whom: from the statements as far as they go, from the books after that.
SELECT thing, department, sum(releases), sum(rows) FROM (
    SELECT contract AS thing, consumer AS department, releases, rows FROM hub_statement
    WHERE consumer IS NOT NULL AND day >= %(first)s
        AND (%(body)s::text IS NULL OR consumer = %(body)s OR contract = ANY(%(contracts)s))
    UNION ALL
    SELECT thing, department, 1, rows FROM hub_release
    WHERE at >= coalesce((SELECT ((max(day) + 1)::timestamp AT TIME ZONE %(zone)s) FROM hub_statement_day),
            %(first)s::timestamp AT TIME ZONE %(zone)s)
        AND at >= %(first)s::timestamp AT TIME ZONE %(zone)s
        AND (%(body)s::text IS NULL OR department = %(body)s OR thing = ANY(%(contracts)s))
) AS uses GROUP BY thing, department ORDER BY 3 DESC, 4 DESC, 1, 2 LIMIT %(limit)s;

-- name: idle
-- How many open grants are not used or in part, and some of them: a field counts as used from its first release on.
WITH idle AS MATERIALIZED (
    SELECT held.id, held.name, held.starts_at, EXISTS (
        SELECT 1 FROM hub_release AS gone
        WHERE gone.hub_grant = held.id AND gone.at >= %(since)s AND gone.fields <> '{}'
    ) AS in_part
    FROM hub_grant AS held
    WHERE held.state = 'open' AND held.starts_at < %(since)s
        AND (%(department)s::text IS NULL OR held.department = %(department)s)
        AND (%(things)s::text[] IS NULL OR held.thing = ANY(%(things)s))
        AND EXISTS (
            SELECT 1 FROM unnest(held.fields) AS field (name)
            WHERE NOT EXISTS (
                SELECT 1 FROM hub_release AS gone
                WHERE gone.hub_grant = held.id AND gone.at >= %(since)s AND field.name = ANY(gone.fields)
            )
        )
)
SELECT every.total, shown.id
FROM (SELECT count(*) AS total FROM idle) AS every
LEFT JOIN (
    SELECT id, in_part, starts_at, name FROM idle
    ORDER BY in_part, starts_at, name COLLATE "C" LIMIT %(limit)s OFFSET %(offset)s
) AS shown ON true
ORDER BY shown.in_part, shown.starts_at, shown.name COLLATE "C";
