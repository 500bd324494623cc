-- Calls that are answered later: taken by the provider, answered to a one-time key, fetched by who called.
ALTER TABLE hub_call DROP CONSTRAINT hub_call_state_check, DROP CONSTRAINT hub_call_check, DROP CONSTRAINT hub_call_check1;
ALTER TABLE hub_call ADD CHECK (state IN ('begun', 'waiting', 'answered', 'failed', 'withheld')),
    ADD CHECK ((state IN ('begun', 'waiting')) = (ended_at IS NULL)),
    ADD CHECK (state = 'begun' OR evidence IS NOT NULL);
COMMENT ON COLUMN hub_call.state IS 'begun without an end means that this process died while the provider was asked; '
    'waiting that the provider took the call and has not answered';

CREATE TABLE hub_call_later (
    call       uuid        NOT NULL PRIMARY KEY REFERENCES hub_call (id),
    key_hash   bytea       NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    reply_to   text        NULL,
    due_at     timestamptz NOT NULL,
    arrived_at timestamptz NULL,
    status     integer     NULL,
    media      text        NULL,
    bytes      bigint      NULL,
    sha256     bytea       NULL CHECK (length(sha256) = 32),
    kept_until timestamptz NULL,
    over_at    timestamptz NULL,
    CHECK ((arrived_at IS NULL) = (sha256 IS NULL)),
    CHECK ((arrived_at IS NULL) = (kept_until IS NULL))
);
CREATE INDEX hub_call_later_due ON hub_call_later (due_at) WHERE arrived_at IS NULL AND over_at IS NULL;
CREATE INDEX hub_call_later_kept ON hub_call_later (kept_until) WHERE over_at IS NULL;
COMMENT ON COLUMN hub_call_later.over_at IS 'Since when nothing more comes of it: it was never answered, or what was kept is gone';
