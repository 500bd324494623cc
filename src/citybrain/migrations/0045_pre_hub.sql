-- Standing releases: subscriptions with a place of their own, and the statement of each day.
CREATE TABLE hub_subscription (
    id           uuid        NOT NULL PRIMARY KEY,
    system       text        NOT NULL,
    department   text        NOT NULL,
    contract     text        NOT NULL,
    purpose      text        NOT NULL,
    fields       text[]      NULL,
    conditions   jsonb       NOT NULL DEFAULT '[]',
    way          text        NOT NULL CHECK (way IN ('pull', 'push', 'stream')),
    url          text        NULL,
    per          text        NOT NULL DEFAULT 'batch' CHECK (per IN ('row', 'batch')),
    state        text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'ended')),
    position     bigint      NOT NULL CHECK (position >= 0),
    row          bigint      NOT NULL CHECK (row >= 0),
    delivered    bigint      NOT NULL DEFAULT 0 CHECK (delivered >= 0),
    delivered_at timestamptz NULL,
    last_release uuid        NULL,
    failures     integer     NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since timestamptz NULL,
    next_try_at  timestamptz NULL,
    failure      text        NULL,
    slow         boolean     NOT NULL DEFAULT false,
    lease        uuid        NULL,
    leased_until timestamptz NULL,
    made_at      timestamptz NOT NULL,
    ended_at     timestamptz NULL,
    evidence     uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK ((way = 'push') = (url IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((lease IS NULL) = (leased_until IS NULL))
);
CREATE INDEX hub_subscription_of ON hub_subscription (system, made_at DESC);
CREATE INDEX hub_subscription_due ON hub_subscription (contract) WHERE state = 'active' AND way = 'push';
COMMENT ON COLUMN hub_subscription.lease IS 'Held by who delivers, so that one delivers at a time and order holds';
COMMENT ON COLUMN hub_subscription.slow IS 'Served in a line of its own, so that others do not wait for it';

CREATE TABLE hub_statement (
    day       date        NOT NULL,
    contract  text        NOT NULL,
    consumer  text        NULL,
    batches   bigint      NOT NULL,
    received  bigint      NOT NULL,
    accepted  bigint      NOT NULL,
    set_aside bigint      NOT NULL,
    releases  bigint      NOT NULL,
    rows      bigint      NOT NULL,
    bytes     bigint      NOT NULL,
    p95_ms    integer     NULL,
    sha256    bytea       NOT NULL CHECK (length(sha256) = 32),
    UNIQUE NULLS NOT DISTINCT (day, contract, consumer)
);
CREATE INDEX hub_statement_to ON hub_statement (consumer, day);
COMMENT ON COLUMN hub_statement.consumer IS 'Body that used the data; none on the line of what its provider delivered';

CREATE TABLE hub_statement_day (
    day      date        NOT NULL PRIMARY KEY,
    made_at  timestamptz NOT NULL,
    lines    integer     NOT NULL,
    evidence uuid        NOT NULL REFERENCES evidence_entry (id)
);
