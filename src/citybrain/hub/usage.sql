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
