-- name: take
-- An event of another engine.
INSERT INTO hub_lineage_event (id, system, received_at, event_at, job, inputs, outputs, event, evidence)
VALUES (%(id)s, %(system)s, %(at)s, %(event_at)s, %(job)s, %(inputs)s, %(outputs)s, %(event)s, %(evidence)s);

-- name: batches
-- Admissions, newest first, with the rules that were broken.
SELECT batch.id, batch.contract, batch.system, batch.arrived_at, batch.status, batch.accepted, batch.payload_bytes,
    ARRAY(SELECT tally.rule FROM hub_tally AS tally WHERE tally.batch = batch.id ORDER BY tally.rule)
FROM hub_batch AS batch
WHERE batch.contract = ANY (%(contracts)s) AND (%(system)s::text IS NULL OR batch.system = %(system)s)
ORDER BY batch.arrived_at DESC, batch.id DESC LIMIT %(rows)s OFFSET %(start)s;

-- name: received
-- Events of other engines, newest first.
SELECT event FROM hub_lineage_event
WHERE (%(system)s::text IS NULL OR system = %(system)s)
    AND (%(about)s::text IS NULL OR %(about)s = ANY (inputs) OR %(about)s = ANY (outputs))
ORDER BY received_at DESC, id DESC LIMIT %(rows)s OFFSET %(start)s;
