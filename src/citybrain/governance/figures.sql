-- name: today
-- What came in on the city's day.
SELECT count(*), coalesce(sum(received), 0)::bigint, coalesce(sum(accepted), 0)::bigint,
    coalesce(sum(set_aside), 0)::bigint, count(DISTINCT system)
FROM hub_batch
WHERE arrived_at >= date_trunc('day', %(now)s::timestamptz AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s;

-- name: batches_of
-- Batches of a contract.
SELECT count(*) FROM hub_batch WHERE contract = %(contract)s;

-- name: entries_about
-- Evidence of one act on one subject.
SELECT count(*) FROM evidence_entry WHERE act = %(act)s AND subject = %(subject)s;

-- name: set_aside_without_reason
-- Rows that were set aside and do not say why.
SELECT count(*) FROM quarantine_row WHERE jsonb_array_length(reasons) = 0;

-- name: set_aside_rows
-- Rows that were set aside, by what became of them.
SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'repaired'),
    count(*) FILTER (WHERE state = 'confirmed')
FROM quarantine_row;

-- name: repaired_without_batch
-- Rows that count as mended although the batch that mended them took nothing in.
SELECT count(*) FROM quarantine_row AS row LEFT JOIN hub_batch AS batch ON batch.id = row.repaired_by
WHERE row.state = 'repaired' AND (batch.id IS NULL OR batch.accepted = 0);

-- name: tally
-- Rows of a batch that break rules, as they were counted.
SELECT coalesce(sum(broken), 0) FROM hub_tally WHERE batch = %(batch)s;

-- name: warnings
-- Warnings of the last seven days.
SELECT count(*) FROM hub_tally AS tally JOIN hub_batch AS batch ON batch.id = tally.batch
WHERE tally.on_break = 'warn' AND batch.arrived_at > %(now)s::timestamptz - interval '7 days';

-- name: newest_of
-- Newest instant that a contract's rows speak of, and when its newest batch came.
SELECT max(newest_at), max(arrived_at) FROM hub_batch WHERE contract = %(contract)s AND status = 'admitted';

-- name: figures_without_log
-- Indicators that claim more rows than the log has ever taken in.
SELECT count(*) FROM insight_progress WHERE accepted > received
    OR position > (SELECT position FROM hub_head);

-- name: open_tasks
-- Open tasks, and those beyond their due date.
SELECT count(*), count(*) FILTER (WHERE due_at < %(now)s) FROM task WHERE closed_at IS NULL;

-- name: tasks_without_trail
-- Tasks whose course does not begin with their issue.
SELECT count(*) FROM task WHERE NOT EXISTS (
    SELECT 1 FROM task_event AS event WHERE event.task = task.id AND event.act = 'issued');

-- name: tasks_in_all
-- All tasks, and the ones that are done.
SELECT count(*), count(*) FILTER (WHERE state = 'closed') FROM task;

-- name: runs
-- Runs of scenarios, and those that are closed.
SELECT count(*), count(*) FILTER (WHERE state = 'closed') FROM scenario_run;

-- name: reason_of
-- What was attested when a revision came into force.
SELECT body FROM evidence_entry WHERE act = 'city:revision:applied' AND subject = %(subject)s ORDER BY id DESC LIMIT 1;

-- name: dissents
-- Dissents of the city: raised, open, finished.
SELECT count(*), count(*) FILTER (WHERE finished_at IS NULL), count(*) FILTER (WHERE finished_at IS NOT NULL)
FROM governance_dissent;

-- name: dissents_not_escalated
-- Dissents whose period ran out long enough ago and nobody was told.
SELECT count(*) FROM governance_dissent
WHERE state IN ('open', 'ordered', 'appealed') AND due_at < %(before)s AND escalated_at IS NULL;

-- name: dissents_without_mark
-- Open dissents about values that no reader can see.
SELECT count(*) FROM governance_dissent AS dissent
WHERE kind = 'value' AND finished_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM hub_dispute WHERE hub_dispute.id = dissent.id AND lifted_at IS NULL);

-- name: refusals
-- Refused releases in evidence.
SELECT count(*) FROM evidence_entry WHERE act = 'hub:release:refused';

-- name: releases
-- Releases, and those without evidence of their own.
SELECT count(*), count(*) FILTER (WHERE evidence_entry.subject IS DISTINCT FROM hub_release.thing)
FROM hub_release LEFT JOIN evidence_entry ON evidence_entry.id = hub_release.evidence;

-- name: consents
-- Consents that hold, and those that were withdrawn.
SELECT count(*) FILTER (WHERE withdrawn_at IS NULL), count(*) FILTER (WHERE withdrawn_at IS NOT NULL)
FROM safeguards_consent;

-- name: destructions
-- Certificates of destruction, holds that hold, and batches with fewer rows than certificates say.
SELECT (SELECT count(*) FROM hub_destruction), (SELECT count(*) FROM hub_legal_hold WHERE lifted_at IS NULL),
    (SELECT count(*) FROM hub_batch AS batch WHERE destroyed + set_aside_destroyed > 0
        AND destroyed + set_aside_destroyed <> (
            SELECT coalesce(sum(gone.rows + gone.set_aside), 0) FROM hub_destroyed_payload AS gone
            WHERE gone.batch = batch.id));

-- name: set_aside_naming
-- Rows set aside whose text holds a value.
SELECT count(*) FROM quarantine_row
WHERE contract = %(contract)s AND (raw LIKE '%%' || %(value)s || '%%' OR reasons::text LIKE '%%' || %(value)s || '%%');
