-- name: next_number
-- The next number of a year.
INSERT INTO governance_dissent_number (year, last) VALUES (%(year)s, 1)
ON CONFLICT (year) DO UPDATE SET last = governance_dissent_number.last + 1 RETURNING last;

-- name: insert
-- A dissent as it is raised.
INSERT INTO governance_dissent (
    id, number, tracking_hash, kind, contract, provider, keys, batch, field, day, seen, claimed, grounds,
    attachment_sha256, raiser_kind, raiser, raiser_department, channel, raised_at, due_at, state, revision
) VALUES (
    %(id)s, %(number)s, %(hash)s, %(kind)s, %(contract)s, %(provider)s, %(keys)s, %(batch)s, %(field)s, %(day)s,
    %(seen)s, %(claimed)s, %(grounds)s, %(attachment)s, %(raiser_kind)s, %(raiser)s, %(raiser_department)s,
    %(channel)s, %(at)s, %(due_at)s, 'open', %(revision)s
);

-- name: keep_outsider
-- Who wrote or called, apart from everything else.
INSERT INTO governance_dissent_outsider (dissent, name, contact) VALUES (%(dissent)s, %(name)s, %(contact)s);

-- name: outsider
-- Who wrote or called.
SELECT name, contact FROM governance_dissent_outsider WHERE dissent = %(dissent)s;

-- name: hold
-- Nobody else moves it in the meantime.
SELECT 1 FROM governance_dissent WHERE number = %(number)s FOR UPDATE;

-- name: one
-- One dissent.
SELECT id, number, kind, contract, provider, keys, batch, field, day, seen, claimed, grounds, attachment_sha256,
    raiser_kind, raiser, raiser_department, channel, raised_at, due_at, state, verdict, answered_at, answer, was_late,
    appealed_at, reaction_due_at, escalated_at, corrected, finished_at
FROM governance_dissent WHERE number = %(number)s;

-- name: tracked
-- One dissent for whoever holds its code.
SELECT id, number, kind, contract, provider, keys, batch, field, day, seen, claimed, grounds, attachment_sha256,
    raiser_kind, raiser, raiser_department, channel, raised_at, due_at, state, verdict, answered_at, answer, was_late,
    appealed_at, reaction_due_at, escalated_at, corrected, finished_at
FROM governance_dissent WHERE number = %(number)s AND tracking_hash = %(hash)s;

-- name: listed
-- Dissents, the most pressing first.
SELECT id, number, kind, contract, provider, keys, batch, field, day, seen, claimed, grounds, attachment_sha256,
    raiser_kind, raiser, raiser_department, channel, raised_at, due_at, state, verdict, answered_at, answer, was_late,
    appealed_at, reaction_due_at, escalated_at, corrected, finished_at
FROM governance_dissent
WHERE (%(providers)s::text[] IS NULL OR provider = ANY(%(providers)s) OR raiser_department = %(mine)s::text)
    AND (%(contract)s::text IS NULL OR contract = %(contract)s)
    AND (%(finished)s::boolean IS NULL OR (finished_at IS NOT NULL) = %(finished)s)
ORDER BY finished_at DESC NULLS FIRST, due_at, number LIMIT %(limit)s OFFSET %(offset)s;

-- name: waiting
-- Dissents whose period has run out without an answer.
SELECT number FROM governance_dissent
WHERE state IN ('open', 'ordered', 'appealed') AND due_at < %(now)s AND escalated_at IS NULL
ORDER BY due_at LIMIT 200;

-- name: unanswered
-- Dissents whose raiser did not react to the answer in time.
SELECT number FROM governance_dissent WHERE state = 'answered' AND reaction_due_at < %(now)s
ORDER BY reaction_due_at LIMIT 200;

-- name: nearly_due
-- Dissents that wait for an answer and whose provider was not reminded yet.
SELECT number FROM governance_dissent AS dissent
WHERE state IN ('open', 'ordered') AND escalated_at IS NULL AND due_at >= %(now)s AND due_at < %(soon)s
    AND NOT EXISTS (
        SELECT 1 FROM governance_dissent_event AS event
        WHERE event.dissent = dissent.id AND event.act = 'reminded'
            AND event.at > coalesce(dissent.appealed_at, dissent.raised_at)
    )
ORDER BY due_at LIMIT 200;

-- name: same_open
-- The same contest by the same raiser that is still open.
SELECT number FROM governance_dissent
WHERE finished_at IS NULL AND kind = %(kind)s AND contract = %(contract)s AND raiser = %(raiser)s
    AND keys IS NOT DISTINCT FROM %(keys)s::jsonb AND batch IS NOT DISTINCT FROM %(batch)s::uuid
    AND field IS NOT DISTINCT FROM %(field)s::text AND day IS NOT DISTINCT FROM %(day)s::date LIMIT 1;

-- name: answer
-- The provider, or the data authority, has answered.
UPDATE governance_dissent SET state = 'answered', verdict = %(verdict)s, answered_at = %(at)s, answer = %(words)s,
    reaction_due_at = %(reaction_due_at)s, was_late = was_late OR %(late)s,
    corrected = coalesce(%(corrected)s::uuid, corrected)
WHERE id = %(id)s;

-- name: appeal
-- The raiser does not accept the answer.
UPDATE governance_dissent SET state = 'appealed', appealed_at = %(at)s, due_at = %(due_at)s, escalated_at = NULL,
    reaction_due_at = NULL WHERE id = %(id)s;

-- name: order_correction
-- The data authority finds for the raiser: the provider has to correct.
UPDATE governance_dissent SET state = 'ordered', verdict = 'upheld', due_at = %(due_at)s, escalated_at = NULL
WHERE id = %(id)s;

-- name: escalate
-- A period has run out.
UPDATE governance_dissent SET escalated_at = %(at)s, was_late = was_late OR %(late)s WHERE id = %(id)s;

-- name: finish
-- The end of a dissent.
UPDATE governance_dissent SET state = %(state)s, finished_at = %(at)s WHERE id = %(id)s;

-- name: note_event
-- A step of its course.
INSERT INTO governance_dissent_event (dissent, at, act, person, words)
VALUES (%(dissent)s, %(at)s, %(act)s, %(person)s, %(words)s);

-- name: course
-- Its course.
SELECT at, act, person, words FROM governance_dissent_event WHERE dissent = %(dissent)s ORDER BY place;

-- name: upheld_on_field
-- Upheld dissents on one field since an instant, and ever.
SELECT count(*) FILTER (WHERE answered_at >= %(since)s), count(*) FROM governance_dissent
WHERE kind = 'value' AND contract = %(contract)s AND field IS NOT DISTINCT FROM %(field)s::text
    AND verdict = 'upheld' AND answered_at IS NOT NULL;

-- name: note_consumer
-- Somebody used the wrong value.
INSERT INTO governance_redecision (dissent, department, basis, noted_at)
VALUES (%(dissent)s, %(department)s, %(basis)s, %(at)s) ON CONFLICT DO NOTHING;

-- name: redecisions
-- Who has to look again at what was decided on the wrong value.
SELECT department, basis, noted_at, done_at, done_by, words FROM governance_redecision
WHERE dissent = %(dissent)s ORDER BY department, basis;

-- name: redecide
-- A department has looked again.
UPDATE governance_redecision SET done_at = %(at)s, done_by = %(person)s, words = %(words)s
WHERE dissent = %(dissent)s AND department = %(department)s AND done_at IS NULL RETURNING basis;

-- name: statistics
-- Dissents since an instant, for counting.
SELECT provider, contract, field, raised_at, answered_at, verdict, was_late, state, due_at FROM governance_dissent
WHERE raised_at >= %(since)s ORDER BY provider, raised_at;

-- name: batch_of
-- Contract of a batch.
SELECT contract FROM hub_batch WHERE id = %(batch)s AND status = 'admitted';

-- name: arrival
-- When a batch came.
SELECT arrived_at FROM hub_batch WHERE id = %(batch)s;

-- name: answered_by
-- Who gave the last answer.
SELECT person FROM governance_dissent_event WHERE dissent = %(dissent)s AND act IN ('upheld', 'rejected')
ORDER BY place DESC LIMIT 1;

-- name: dismiss
-- The data authority lets the answer stand.
UPDATE governance_dissent SET state = 'answered', verdict = 'rejected', answer = %(words)s,
    reaction_due_at = %(reaction_due_at)s WHERE id = %(id)s;
