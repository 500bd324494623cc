-- name: insert
-- An emergency is reviewed once.
INSERT INTO hub_emergency_review (emergency, outcome, findings, follows, person, department, at, evidence)
VALUES (%(name)s, %(outcome)s, %(findings)s, %(follows)s, %(by)s, %(department)s, %(at)s, %(evidence)s)
ON CONFLICT (emergency) DO NOTHING;

-- name: of
-- The review of an emergency.
SELECT emergency, outcome, findings, follows, person, department, at FROM hub_emergency_review
WHERE emergency = %(name)s;

-- name: concerned
-- Whether something was granted to a body for an emergency.
SELECT 1 FROM hub_grant WHERE emergency = %(name)s AND department = %(department)s LIMIT 1;
