-- Jobs, timers and outgoing messages: one table. A finished job leaves it; a dead one stays until somebody decides.
CREATE TABLE job (
    id           uuid        NOT NULL PRIMARY KEY,
    queue        text        NOT NULL,
    kind         text        NOT NULL,
    payload      jsonb       NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'dead')),
    due_at       timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    max_attempts integer     NOT NULL CHECK (max_attempts >= 1),
    every_ms     bigint      NULL CHECK (every_ms >= 100),
    unique_key   text        NULL,
    cancel_key   text        NULL,
    claimed_by   integer     NULL,
    last_error   text        NULL,
    created_at   timestamptz NOT NULL,
    CHECK ((state = 'claimed') = (claimed_by IS NOT NULL)),
    CHECK (every_ms IS NULL OR state <> 'dead')
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX job_due ON job (queue, due_at, id) WHERE state = 'waiting';
CREATE INDEX job_claimed ON job (claimed_by) WHERE state = 'claimed';
CREATE INDEX job_dead ON job (kind, due_at) WHERE state = 'dead';
CREATE INDEX job_cancel ON job (cancel_key) WHERE cancel_key IS NOT NULL;
CREATE UNIQUE INDEX job_unique ON job (unique_key) WHERE state = 'waiting' AND every_ms IS NULL;
CREATE UNIQUE INDEX job_every ON job (kind) WHERE every_ms IS NOT NULL;

COMMENT ON TABLE job IS 'Work that waits for its time: jobs, timers, outgoing messages, periodic duties';
COMMENT ON COLUMN job.claimed_by IS 'Number of the session lock its worker holds while it lives';
