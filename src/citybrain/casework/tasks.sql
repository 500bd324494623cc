-- name: next_number
-- Numbers run through.
SELECT nextval('task_number');

-- name: find_once
-- The task that was issued with this key before.
SELECT id FROM task WHERE once = %(once)s;

-- name: insert
-- A new task.
INSERT INTO task (id, number, title, title_en, note, note_en, department, issuer, issuer_dept, issued_at, due_at, due_words,
    state, urgency, indicator, split, key, value_before, alert, run, step, once)
VALUES (%(id)s, %(number)s, %(title)s, %(title_en)s, %(note)s, %(note_en)s, %(department)s, %(issuer)s, %(issuer_dept)s,
    %(at)s, %(due_at)s, %(due_words)s, 'issued', %(urgency)s, %(indicator)s, %(split)s, %(key)s, %(value)s, %(alert)s, %(run)s, %(step)s,
    %(once)s);

-- name: note_event
-- One step of a task's course.
INSERT INTO task_event (task, at, act, person, words) VALUES (%(task)s, %(at)s, %(act)s, %(person)s, %(words)s);

-- name: lock
-- A task, held until the command ends.
SELECT state, department, issuer_dept, run, indicator, split, key, due_at FROM task WHERE id = %(id)s FOR UPDATE;

-- name: move
-- A task's next state.
UPDATE task SET state = %(state)s, closed_at = %(closed_at)s, value_after = coalesce(%(value)s, value_after)
WHERE id = %(id)s;

-- name: announce
-- Tell open pages; heard only after the commit.
SELECT pg_notify('citybrain_task', %(department)s);

-- name: listed
-- Tasks, the most pressing first.
SELECT id, number, title, title_en, note, note_en, department, issuer, issuer_dept, issued_at, due_at, due_words, state,
    urgency, indicator, split, key, value_before, value_after, alert, run, step, closed_at
FROM task
WHERE (%(department)s::text IS NULL OR department = %(department)s)
    AND (%(issuer_dept)s::text IS NULL OR issuer_dept = %(issuer_dept)s)
    AND (%(indicator)s::text IS NULL OR indicator = %(indicator)s)
    AND (%(run)s::uuid IS NULL OR run = %(run)s)
    AND (%(open)s::boolean IS NULL OR (closed_at IS NULL) = %(open)s)
ORDER BY (closed_at IS NOT NULL), CASE WHEN closed_at IS NULL THEN due_at END, closed_at DESC, number LIMIT %(limit)s;

-- name: one
-- One task.
SELECT id, number, title, title_en, note, note_en, department, issuer, issuer_dept, issued_at, due_at, due_words, state,
    urgency, indicator, split, key, value_before, value_after, alert, run, step, closed_at
FROM task WHERE id = %(id)s;

-- name: events
-- A task's course.
SELECT at, act, person, words FROM task_event WHERE task = %(id)s ORDER BY place;
