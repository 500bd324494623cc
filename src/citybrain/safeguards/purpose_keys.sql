-- name: read
-- The key of a purpose, as it is kept.
SELECT key, wrapped FROM safeguards_purpose_key WHERE purpose = %(purpose)s;

-- name: keep
-- The first one to ask makes the key; whoever asks at the same time waits and reads that one.
INSERT INTO safeguards_purpose_key (purpose, key, wrapped) VALUES (%(purpose)s, %(key)s, %(wrapped)s)
ON CONFLICT (purpose) DO NOTHING;

-- name: rewrap
-- A key that lay open is wrapped from now on.
UPDATE safeguards_purpose_key SET key = %(key)s, wrapped = true WHERE purpose = %(purpose)s;

-- name: open_keys
-- Keys that lie open, locked until they are wrapped.
SELECT purpose, key FROM safeguards_purpose_key WHERE NOT wrapped ORDER BY purpose FOR UPDATE;

-- name: destroy
-- The key is gone; tokens made with it can never be made again.
DELETE FROM safeguards_purpose_key WHERE purpose = %(purpose)s RETURNING purpose;
