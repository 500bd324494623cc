-- Services called through the hub: every call, its quota, and the state of each circuit.
CREATE TABLE hub_call (
    id             uuid        NOT NULL PRIMARY KEY,
    trace          text        NOT NULL,
    service        text        NOT NULL,
    operation      text        NOT NULL,
    hub_grant      uuid        NOT NULL REFERENCES hub_grant (id),
    department     text        NOT NULL,
    system         text        NOT NULL,
    purpose        text        NOT NULL,
    method         text        NOT NULL,
    request_bytes  bigint      NOT NULL CHECK (request_bytes >= 0),
    request_sha256 bytea       NOT NULL CHECK (length(request_sha256) = 32),
    signed_with    text        NULL,
    begun_at       timestamptz NOT NULL,
    state          text        NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'answered', 'failed', 'withheld')),
    status         integer     NULL,
    attempts       integer     NULL,
    answer_bytes   bigint      NULL,
    answer_sha256  bytea       NULL,
    duration_ms    integer     NULL,
    ended_at       timestamptz NULL,
    failure        text        NULL,
    evidence       uuid        NULL REFERENCES evidence_entry (id),
    CHECK ((state = 'begun') = (ended_at IS NULL)),
    CHECK ((state = 'begun') = (evidence IS NULL))
);
CREATE INDEX hub_call_of ON hub_call (service, begun_at);
CREATE INDEX hub_call_under ON hub_call (hub_grant, begun_at);
COMMENT ON COLUMN hub_call.state IS 'begun without an end means that this process died while the provider was asked';

CREATE TABLE hub_call_minute (
    service text        NOT NULL,
    system  text        NOT NULL,
    minute  timestamptz NOT NULL,
    calls   integer     NOT NULL,
    PRIMARY KEY (service, system, minute)
);

CREATE TABLE hub_breaker (
    service    text        NOT NULL PRIMARY KEY,
    failures   integer     NOT NULL CHECK (failures >= 0),
    open_until timestamptz NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE hub_signing_key (
    keyid         text        NOT NULL PRIMARY KEY,
    system        text        NOT NULL,
    public_key    bytea       NOT NULL UNIQUE CHECK (length(public_key) = 32),
    registered_at timestamptz NOT NULL,
    registered_by text        NOT NULL,
    revoked_at    timestamptz NULL
);

CREATE TABLE hub_nonce (
    keyid text        NOT NULL,
    nonce text        NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (keyid, nonce)
);
CREATE INDEX hub_nonce_until ON hub_nonce (until);

CREATE TABLE hub_conformance (
    service text        NOT NULL,
    at      timestamptz NOT NULL,
    run_by  text        NOT NULL,
    passed  boolean     NOT NULL,
    points  jsonb       NOT NULL,
    PRIMARY KEY (service, at)
);
