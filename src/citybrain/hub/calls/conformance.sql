-- name: keep
-- A run of the test.
INSERT INTO hub_conformance (service, at, run_by, passed, points)
VALUES (%(service)s, %(at)s, %(by)s, %(passed)s, %(points)s);

-- name: last
-- The last run of each service.
SELECT DISTINCT ON (service) service, at, run_by, passed, points FROM hub_conformance ORDER BY service, at DESC;
