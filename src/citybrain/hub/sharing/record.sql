-- name: next_number
-- Numbers run through.
SELECT nextval('hub_request_number');

-- name: insert
-- A new request.
INSERT INTO hub_request (id, number, thing, provider, department, person, purpose, basis, scenario, reason, fields,
    clear_fields, rows, until, state, findings, made_at, due_at, closed_at,
    most_uses, most_rows_per_day, most_rows_per_use, assessment)
VALUES (%(id)s, %(number)s, %(thing)s, %(provider)s, %(department)s, %(person)s, %(purpose)s, %(basis)s, %(scenario)s,
    %(reason)s, %(fields)s, %(clear_fields)s, %(rows)s, %(until)s, %(state)s, %(findings)s, %(at)s, %(due_at)s,
    %(closed_at)s, %(most_uses)s, %(rows_per_day)s, %(rows_per_use)s, %(assessment)s);

-- name: note_event
-- One step of a request's course.
INSERT INTO hub_request_event (request, at, act, person, words)
VALUES (%(request)s, %(at)s, %(act)s, %(person)s, %(words)s);

-- name: lock
-- A request, held until the command ends.
SELECT id, number, thing, provider, department, person, purpose, basis, scenario, reason, fields, clear_fields, rows,
    until, state, findings, made_at, due_at, urged_at, escalated_at, closed_at, hub_grant,
    most_uses, most_rows_per_day, most_rows_per_use, assessment, agreed_by, agreed
FROM hub_request WHERE number = %(number)s FOR UPDATE;

-- name: one
-- A request.
SELECT id, number, thing, provider, department, person, purpose, basis, scenario, reason, fields, clear_fields, rows,
    until, state, findings, made_at, due_at, urged_at, escalated_at, closed_at, hub_grant,
    most_uses, most_rows_per_day, most_rows_per_use, assessment, agreed_by, agreed
FROM hub_request WHERE number = %(number)s;

-- name: move
-- A request's next state.
UPDATE hub_request SET state = %(state)s, due_at = %(due_at)s, closed_at = %(closed_at)s,
    hub_grant = coalesce(%(hub_grant)s, hub_grant), urged_at = NULL, escalated_at = NULL
WHERE id = %(id)s;

-- name: agree
-- What the provider agreed to, for whoever approves it.
UPDATE hub_request SET agreed_by = %(by)s, agreed = %(agreed)s WHERE id = %(id)s;

-- name: urge
-- Somebody waits.
UPDATE hub_request SET urged_at = %(at)s WHERE id = %(id)s;

-- name: listed
-- Requests, open ones first and of these the most pressing.
SELECT id, number, thing, provider, department, person, purpose, basis, scenario, reason, fields, clear_fields, rows,
    until, state, findings, made_at, due_at, urged_at, escalated_at, closed_at, hub_grant,
    most_uses, most_rows_per_day, most_rows_per_use, assessment, agreed_by, agreed
FROM hub_request
WHERE (%(department)s::text IS NULL OR department = %(department)s)
    AND (%(provider)s::text IS NULL OR provider = %(provider)s)
    AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
ORDER BY (closed_at IS NOT NULL), due_at NULLS LAST, made_at DESC LIMIT %(limit)s;

-- name: overdue
-- Requests nobody answered in time and that were not escalated yet.
UPDATE hub_request SET escalated_at = %(at)s
WHERE closed_at IS NULL AND due_at < %(at)s AND escalated_at IS NULL
RETURNING id, number, thing, provider, department, person, purpose, basis, scenario, reason, fields, clear_fields, rows,
    until, state, findings, made_at, due_at, urged_at, escalated_at, closed_at, hub_grant,
    most_uses, most_rows_per_day, most_rows_per_use, assessment, agreed_by, agreed;

-- name: events
-- A request's course.
SELECT at, act, person, words FROM hub_request_event WHERE request = %(id)s ORDER BY place;
