-- name: issue
-- A new key; only its digest is kept.
INSERT INTO system_key (id, system, secret_hash, label, issued_at, issued_by)
VALUES (%(id)s, %(system)s, %(hash)s, %(label)s, %(at)s, %(by)s);

-- name: find
-- Whose key is this.
SELECT system, revoked_at FROM system_key WHERE secret_hash = %(hash)s;

-- name: revoke
-- A key stops at once.
UPDATE system_key SET revoked_at = %(at)s WHERE id = %(id)s AND revoked_at IS NULL RETURNING system;

-- name: keys
-- All keys, never their secrets.
SELECT id, system, label, issued_at, issued_by, revoked_at FROM system_key ORDER BY issued_at, id;
