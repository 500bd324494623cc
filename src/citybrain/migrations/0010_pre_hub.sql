-- The hub: batches in the order of their commits, what was set aside, keys of systems, evidence of acts.
CREATE TABLE evidence_entry (
    id        uuid        NOT NULL PRIMARY KEY,
    act       text        NOT NULL,
    subject   text        NOT NULL,
    body      text        NOT NULL,
    sha256    bytea       NOT NULL CHECK (length(sha256) = 32),
    at        timestamptz NOT NULL,
    sequence  bigint      NULL UNIQUE CHECK (sequence > 0),
    chain     bytea       NULL CHECK (length(chain) = 32),
    CHECK ((sequence IS NULL) = (chain IS NULL))
);
CREATE INDEX evidence_unsealed ON evidence_entry (id) WHERE sequence IS NULL;
CREATE INDEX evidence_subject ON evidence_entry (subject, at);

CREATE TABLE hub_head (
    one      boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    position bigint  NOT NULL
);
INSERT INTO hub_head (position) VALUES (0);

CREATE TABLE hub_batch (
    id              uuid        NOT NULL PRIMARY KEY,
    contract        text        NOT NULL,
    system          text        NOT NULL,
    delivery        uuid        NOT NULL,
    part            integer     NOT NULL CHECK (part >= 1),
    idempotency_key text        NOT NULL,
    body_sha256     bytea       NOT NULL CHECK (length(body_sha256) = 32),
    revision        integer     NOT NULL,
    status          text        NOT NULL CHECK (status IN ('admitted', 'refused')),
    refused_code    text        NULL,
    refused_params  jsonb       NULL,
    received        integer     NOT NULL CHECK (received >= 0),
    accepted        integer     NOT NULL CHECK (accepted >= 0),
    set_aside       integer     NOT NULL CHECK (set_aside >= 0),
    warned          integer     NOT NULL CHECK (warned >= 0),
    unknown_fields  text[]      NOT NULL DEFAULT '{}',
    arrived_at      timestamptz NOT NULL,
    first_day       date        NULL,
    last_day        date        NULL,
    newest_at       timestamptz NULL,
    position        bigint      NULL UNIQUE,
    payload         bytea       NULL,
    payload_file    text        NULL,
    payload_bytes   bigint      NOT NULL DEFAULT 0,
    payload_sha256  bytea       NULL,
    in_lake         boolean     NOT NULL DEFAULT false,
    repairs         uuid        NULL,
    evidence        uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK (received = accepted + set_aside),
    CHECK (status = 'admitted' OR accepted = 0),
    UNIQUE (contract, system, idempotency_key)
);
ALTER TABLE hub_batch ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX hub_batch_log ON hub_batch (contract, position) WHERE status = 'admitted';
CREATE INDEX hub_batch_recent ON hub_batch (arrived_at DESC);
CREATE INDEX hub_batch_delivery ON hub_batch (delivery, part);
COMMENT ON COLUMN hub_batch.position IS 'Place in the log; given last in the transaction, so it follows the order of commits';

CREATE TABLE hub_tally (
    batch     uuid    NOT NULL REFERENCES hub_batch (id) ON DELETE CASCADE,
    rule      text    NOT NULL,
    dimension text    NOT NULL,
    on_break  text    NOT NULL CHECK (on_break IN ('set_aside', 'warn')),
    broken    integer NOT NULL CHECK (broken > 0),
    detail    jsonb   NULL,
    PRIMARY KEY (batch, rule)
);

CREATE TABLE quarantine_row (
    batch       uuid        NOT NULL REFERENCES hub_batch (id) ON DELETE CASCADE,
    row         integer     NOT NULL CHECK (row >= 1),
    contract    text        NOT NULL,
    reasons     jsonb       NOT NULL,
    raw         text        NOT NULL,
    raw_cut     boolean     NOT NULL DEFAULT false,
    state       text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'repaired', 'confirmed')),
    repaired_by uuid        NULL REFERENCES hub_batch (id),
    decided_by  text        NULL,
    decided_at  timestamptz NULL,
    PRIMARY KEY (batch, row)
);
CREATE INDEX quarantine_open ON quarantine_row (contract, batch, row) WHERE state = 'open';

CREATE TABLE hub_key_index (
    contract text  NOT NULL,
    rule     text  NOT NULL,
    key      bytea NOT NULL,
    batch    uuid  NOT NULL,
    PRIMARY KEY (contract, rule, key)
);

CREATE TABLE hub_median (
    contract text             NOT NULL,
    rule     text             NOT NULL,
    period   text             NOT NULL,
    median   double precision NOT NULL,
    PRIMARY KEY (contract, rule)
);

CREATE TABLE system_key (
    id           uuid        NOT NULL PRIMARY KEY,
    system       text        NOT NULL,
    secret_hash  bytea       NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    label        text        NOT NULL,
    issued_at    timestamptz NOT NULL,
    issued_by    text        NOT NULL,
    revoked_at   timestamptz NULL
);
CREATE INDEX system_key_of ON system_key (system);
