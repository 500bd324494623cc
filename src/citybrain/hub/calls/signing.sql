-- name: register
-- A system's key; a key is registered once and never again.
INSERT INTO hub_signing_key (keyid, system, public_key, registered_at, registered_by)
VALUES (%(keyid)s, %(system)s, %(public_key)s, %(at)s, %(by)s) ON CONFLICT DO NOTHING RETURNING keyid;

-- name: withdraw
-- A key is used no longer.
UPDATE hub_signing_key SET revoked_at = %(at)s WHERE keyid = %(keyid)s AND revoked_at IS NULL RETURNING system;

-- name: keys
-- The keys of systems.
SELECT keyid, system, registered_at, registered_by, revoked_at FROM hub_signing_key ORDER BY registered_at, keyid;

-- name: key
-- The key a system says it signed with.
SELECT public_key FROM hub_signing_key WHERE keyid = %(keyid)s AND system = %(system)s AND revoked_at IS NULL;

-- name: forget
-- Nonces whose window is over; a few at a time.
DELETE FROM hub_nonce WHERE (keyid, nonce) IN (
    SELECT keyid, nonce FROM hub_nonce WHERE until < %(at)s LIMIT 20 FOR UPDATE SKIP LOCKED
);

-- name: use_nonce
-- A nonce counts once.
INSERT INTO hub_nonce (keyid, nonce, until) VALUES (%(keyid)s, %(nonce)s, %(until)s)
ON CONFLICT DO NOTHING RETURNING nonce;
