-- name: start
-- A new session.
INSERT INTO web_session (secret_hash, id, person, csrf, started_at, expires_at)
VALUES (%(hash)s, %(id)s, %(person)s, %(csrf)s, %(at)s, %(until)s);

-- name: find
-- An open session.
SELECT id, person, csrf FROM web_session WHERE secret_hash = %(hash)s AND expires_at > %(at)s;

-- name: stop
-- The person leaves.
DELETE FROM web_session WHERE secret_hash = %(hash)s OR expires_at <= %(at)s;

-- name: open
-- Which of these sessions are still open.
SELECT id::text FROM web_session WHERE id = ANY(%(ids)s::uuid[]) AND expires_at > %(at)s;
