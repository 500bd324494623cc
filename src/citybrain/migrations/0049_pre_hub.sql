-- File exports of granted rows, who fetched them, and reports on what granted data was good for.
CREATE TABLE hub_export (
    id           uuid        NOT NULL PRIMARY KEY,
    hub_grant    uuid        NOT NULL REFERENCES hub_grant (id),
    contract     text        NOT NULL,
    department   text        NOT NULL,
    system       text        NOT NULL,
    person       text        NULL,
    purpose      text        NOT NULL,
    fields       text[]      NOT NULL CHECK (cardinality(fields) >= 1),
    conditions   jsonb       NOT NULL DEFAULT '[]',
    since        timestamptz NULL,
    until        timestamptz NULL,
    view         text        NOT NULL DEFAULT 'history' CHECK (view IN ('history', 'current')),
    format       text        NOT NULL CHECK (format IN ('csv', 'ndjson', 'arrow', 'parquet')),
    state        text        NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'making', 'ready', 'failed', 'ended')),
    attempt      uuid        NULL,
    rows         bigint      NOT NULL DEFAULT 0 CHECK (rows >= 0),
    bytes        bigint      NULL CHECK (bytes >= 0),
    sha256       bytea       NULL CHECK (length(sha256) = 32),
    path         text        NULL,
    asked_at     timestamptz NOT NULL,
    made_at      timestamptz NULL,
    expires_at   timestamptz NULL,
    ended_at     timestamptz NULL,
    end_reason   text        NULL,
    failure      text        NULL,
    evidence     uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK ((state = 'ready') <= (path IS NOT NULL AND sha256 IS NOT NULL AND bytes IS NOT NULL
        AND made_at IS NOT NULL AND expires_at IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (end_reason IS NOT NULL)),
    CHECK ((state = 'failed') <= (failure IS NOT NULL))
);
CREATE INDEX hub_export_of ON hub_export (system, asked_at DESC);
CREATE INDEX hub_export_by ON hub_export (department, asked_at DESC);
CREATE INDEX hub_export_on ON hub_export (contract, asked_at DESC);
CREATE INDEX hub_export_under ON hub_export (hub_grant);
CREATE INDEX hub_export_kept ON hub_export (expires_at) WHERE state = 'ready';
COMMENT ON COLUMN hub_export.path IS 'Name of the file in the exports folder of the home; gone once the export has ended';
COMMENT ON COLUMN hub_export.attempt IS 'Who makes it now; a file of another attempt is swept away';

CREATE TABLE hub_export_part (
    export  uuid NOT NULL REFERENCES hub_export (id) ON DELETE CASCADE,
    release uuid NOT NULL REFERENCES hub_release (id),
    PRIMARY KEY (export, release)
);
CREATE INDEX hub_export_part_of ON hub_export_part (release);
COMMENT ON TABLE hub_export_part IS 'The releases a file is made of: each a page of rows, with its persons';

CREATE TABLE hub_export_fetch (
    id       uuid        NOT NULL PRIMARY KEY,
    export   uuid        NOT NULL REFERENCES hub_export (id) ON DELETE CASCADE,
    who      text        NOT NULL,
    at       timestamptz NOT NULL,
    evidence uuid        NOT NULL REFERENCES evidence_entry (id)
);
CREATE INDEX hub_export_fetch_of ON hub_export_fetch (export, at);

CREATE TABLE hub_effect (
    id          uuid        NOT NULL PRIMARY KEY,
    grant_name  text        NOT NULL,
    thing       text        NOT NULL,
    department  text        NOT NULL,
    person      text        NOT NULL,
    first_day   date        NOT NULL,
    last_day    date        NOT NULL,
    used_for    text        NOT NULL,
    effect      text        NOT NULL,
    figures     jsonb       NOT NULL DEFAULT '[]',
    saved_steps integer     NULL CHECK (saved_steps >= 0),
    at          timestamptz NOT NULL,
    evidence    uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK (first_day <= last_day),
    UNIQUE (grant_name, first_day)
);
CREATE INDEX hub_effect_on ON hub_effect (thing, last_day DESC);
COMMENT ON TABLE hub_effect IS 'What a grant was used for in a period and what came of it, as its user reports';

CREATE TABLE hub_effect_reminder (
    grant_name text        NOT NULL,
    due_on     date        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (grant_name, due_on)
);

CREATE INDEX hub_release_at ON hub_release (at);
CREATE INDEX hub_subscription_made ON hub_subscription (made_at DESC);
