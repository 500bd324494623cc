-- name: lock
-- One report at a time for a grant.
SELECT pg_advisory_xact_lock(hashtextextended('hub_effect:' || %(grant)s, 0));

-- name: insert
-- A report on what a grant was good for.
INSERT INTO hub_effect (id, grant_name, thing, department, person, first_day, last_day, used_for, effect, figures,
    saved_steps, at, evidence)
VALUES (%(id)s, %(grant)s, %(thing)s, %(department)s, %(person)s, %(first_day)s, %(last_day)s, %(used_for)s,
    %(effect)s, %(figures)s, %(saved_steps)s, %(at)s, %(evidence)s);

-- name: listed
-- Reports, the newest first.
SELECT id, grant_name, thing, department, person, first_day, last_day, used_for, effect, figures, saved_steps, at
FROM hub_effect
WHERE (%(grant)s::text IS NULL OR grant_name = %(grant)s) AND (%(things)s::text[] IS NULL OR thing = ANY(%(things)s))
ORDER BY last_day DESC, at DESC, id LIMIT %(limit)s;

-- name: span
-- When a grant began, whichever version, and up to which day was reported.
SELECT min(starts_at), (SELECT max(last_day) FROM hub_effect WHERE grant_name = %(grant)s)
FROM hub_grant WHERE name = %(grant)s;

-- name: standing
-- Open grants with the day they began and the last day that was reported.
SELECT held.name, held.department, held.thing, held.purpose,
    (SELECT min(earlier.starts_at AT TIME ZONE %(zone)s)::date FROM hub_grant AS earlier
     WHERE earlier.name = held.name),
    (SELECT max(last_day) FROM hub_effect WHERE grant_name = held.name)
FROM hub_grant AS held
WHERE held.state = 'open' AND held.starts_at <= %(now)s AND held.ends_at > %(now)s
    AND (%(department)s::text IS NULL OR held.department = %(department)s)
    AND (%(things)s::text[] IS NULL OR held.thing = ANY(%(things)s))
ORDER BY held.name;

-- name: rate
-- How many open grants were reported on or are due, and how many of them have a report that is not overdue.
SELECT count(*) FILTER (WHERE reported IS NOT NULL OR due_on <= %(today)s),
    count(*) FILTER (WHERE reported IS NOT NULL AND due_on > %(today)s)
FROM (
    SELECT told.reported, coalesce(told.reported, (
        SELECT min(earlier.starts_at AT TIME ZONE %(zone)s)::date FROM hub_grant AS earlier
        WHERE earlier.name = held.name
    )) + %(period)s::integer AS due_on
    FROM hub_grant AS held
    CROSS JOIN LATERAL (
        SELECT max(last_day) AS reported FROM hub_effect WHERE grant_name = held.name
    ) AS told
    WHERE held.state = 'open' AND held.starts_at <= %(now)s AND held.ends_at > %(now)s
        AND (%(department)s::text IS NULL OR held.department = %(department)s)
        AND (%(things)s::text[] IS NULL OR held.thing = ANY(%(things)s))
) AS standing;

-- name: remind
-- A reminder goes out once for each due day of a grant.
INSERT INTO hub_effect_reminder (grant_name, due_on, at) VALUES (%(grant)s, %(due_on)s, %(at)s)
ON CONFLICT DO NOTHING;
