-- name: keep
-- A run of the test.
INSERT INTO hub_conformance (service, at, run_by, passed, points, described)
VALUES (%(service)s, %(at)s, %(by)s, %(passed)s, %(points)s, %(described)s);

-- name: last
-- The last run of each service.
SELECT DISTINCT ON (service) service, at, run_by, passed, points, described
FROM hub_conformance ORDER BY service, at DESC;
