-- Use of data: requests with their course, grants, and every release under them.
CREATE TABLE hub_grant (
    id           uuid        NOT NULL PRIMARY KEY,
    name         text        NOT NULL,
    version      integer     NOT NULL CHECK (version >= 1),
    thing        text        NOT NULL,
    department   text        NOT NULL,
    purpose      text        NOT NULL,
    basis        jsonb       NOT NULL,
    scenario     text        NULL,
    fields       text[]      NOT NULL CHECK (cardinality(fields) >= 1),
    clear_fields text[]      NOT NULL DEFAULT '{}',
    rows         text        NULL,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    source       text        NOT NULL CHECK (source IN ('declared', 'request', 'unconditional', 'emergency')),
    request      uuid        NULL,
    emergency    text        NULL,
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    made_by      text        NOT NULL,
    made_at      timestamptz NOT NULL,
    closed_by    text        NULL,
    closed_at    timestamptz NULL,
    close_reason text        NULL,
    reviewed_at  timestamptz NULL,
    evidence     uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK (starts_at < ends_at),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((source = 'emergency') = (emergency IS NOT NULL)),
    UNIQUE (name, version)
);
CREATE UNIQUE INDEX hub_grant_open ON hub_grant (name) WHERE state = 'open';
CREATE INDEX hub_grant_of ON hub_grant (department, thing) WHERE state = 'open';
CREATE INDEX hub_grant_thing ON hub_grant (thing, made_at);
COMMENT ON COLUMN hub_grant.clear_fields IS 'Fields that leave without a mask, because the provider said so';

CREATE SEQUENCE hub_request_number;

CREATE TABLE hub_request (
    id         uuid        NOT NULL PRIMARY KEY,
    number     text        NOT NULL UNIQUE,
    thing      text        NOT NULL,
    provider   text        NOT NULL,
    department text        NOT NULL,
    person     text        NOT NULL,
    purpose    text        NOT NULL,
    basis      jsonb       NOT NULL,
    scenario   text        NULL,
    reason     text        NOT NULL,
    fields     text[]      NOT NULL,
    clear_fields text[]    NOT NULL DEFAULT '{}',
    rows       text        NULL,
    until      date        NULL,
    state      text        NOT NULL CHECK (state IN ('checking', 'providing', 'returned', 'granted', 'refused',
                                                     'appealed', 'withdrawn')),
    findings   jsonb       NOT NULL DEFAULT '[]',
    made_at    timestamptz NOT NULL,
    due_at     timestamptz NULL,
    urged_at   timestamptz NULL,
    escalated_at timestamptz NULL,
    closed_at  timestamptz NULL,
    hub_grant  uuid        NULL REFERENCES hub_grant (id)
);
CREATE INDEX hub_request_due ON hub_request (due_at) WHERE closed_at IS NULL;
CREATE INDEX hub_request_by ON hub_request (department, made_at DESC);
CREATE INDEX hub_request_of ON hub_request (provider, made_at DESC);

CREATE TABLE hub_request_event (
    place   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request uuid        NOT NULL REFERENCES hub_request (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    act     text        NOT NULL,
    person  text        NOT NULL,
    words   text        NOT NULL DEFAULT ''
);
CREATE INDEX hub_request_event_of ON hub_request_event (request, place);

CREATE TABLE hub_emergency (
    name        text        NOT NULL PRIMARY KEY,
    words       text        NOT NULL,
    declared_by text        NOT NULL,
    declared_at timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    ended_at    timestamptz NULL
);

CREATE TABLE hub_release (
    id          uuid        NOT NULL PRIMARY KEY,
    hub_grant   uuid        NOT NULL REFERENCES hub_grant (id),
    thing       text        NOT NULL,
    department  text        NOT NULL,
    system      text        NOT NULL,
    purpose     text        NOT NULL,
    channel     text        NOT NULL CHECK (channel IN ('query', 'push', 'stream', 'export', 'call')),
    fields      text[]      NOT NULL,
    rows        bigint      NOT NULL CHECK (rows >= 0),
    bytes       bigint      NOT NULL CHECK (bytes >= 0),
    sha256      bytea       NOT NULL CHECK (length(sha256) = 32),
    at          timestamptz NOT NULL,
    duration_ms integer     NOT NULL CHECK (duration_ms >= 0),
    evidence    uuid        NOT NULL REFERENCES evidence_entry (id)
);
CREATE INDEX hub_release_under ON hub_release (hub_grant, at);
CREATE INDEX hub_release_of ON hub_release (thing, at);
CREATE INDEX hub_release_to ON hub_release (department, at);
