-- name: lock
-- One migration at a time, whichever process starts first; the number is ours alone.
SELECT pg_advisory_lock(7402117190226121)

-- name: unlock
-- Let the next process look.
SELECT pg_advisory_unlock(7402117190226121)

-- name: ledger
-- The table that remembers what was applied; it cannot be a migration itself.
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer     NOT NULL PRIMARY KEY,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL
)

-- name: applied
-- Everything applied so far, in order.
SELECT number, name, sha256 FROM schema_migration ORDER BY number

-- name: limits
-- A migration that cannot have its locks soon gives up instead of stopping the city.
SELECT set_config('lock_timeout', %(lock_ms)s, true), set_config('statement_timeout', %(statement_ms)s, true)

-- name: remember
-- Note one applied migration in its own transaction.
INSERT INTO schema_migration (number, name, sha256, applied_at)
VALUES (%(number)s, %(name)s, %(sha256)s, %(applied_at)s)
