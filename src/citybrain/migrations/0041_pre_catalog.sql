-- The catalogue: every thing of the city as a registered entry, demands, ignored proposals, lineage told by others.
CREATE TABLE hub_catalog_entry (
    ref           text        NOT NULL PRIMARY KEY,
    number        bigint      NOT NULL UNIQUE CHECK (number > 0),
    registration  text        NOT NULL UNIQUE,
    slug          text        NOT NULL,
    kind          text        NOT NULL,
    department    text        NOT NULL,
    person        text        NOT NULL,
    share         text        NOT NULL CHECK (share IN ('', 'unconditional', 'conditional', 'none')),
    open          boolean     NOT NULL,
    names         text        NOT NULL,
    search        text        NOT NULL,
    content       jsonb       NOT NULL,
    around        jsonb       NOT NULL,
    sha256        bytea       NOT NULL CHECK (length(sha256) = 32),
    around_sha256 bytea       NOT NULL CHECK (length(around_sha256) = 32),
    turtle        text        NULL,
    jsonld        text        NULL,
    registered_at timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    withdrawn_at  timestamptz NULL,
    revision      integer     NOT NULL,
    version       integer     NOT NULL DEFAULT 1 CHECK (version >= 1),
    evidence      uuid        NOT NULL REFERENCES evidence_entry (id)
);
CREATE INDEX hub_catalog_entry_slug ON hub_catalog_entry (slug);
COMMENT ON COLUMN hub_catalog_entry.names IS 'Names in both languages with pinyin, each after a line feed, for ranking';
COMMENT ON COLUMN hub_catalog_entry.evidence IS 'What attests the content as it is now, or the withdrawal';

CREATE TABLE hub_catalog_state (
    one      boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    revision integer NOT NULL
);

CREATE TABLE hub_demand (
    id         uuid        NOT NULL PRIMARY KEY,
    department text        NOT NULL,
    person     text        NOT NULL,
    words      text        NOT NULL CHECK (words <> ''),
    raised_at  timestamptz NOT NULL,
    closed_at  timestamptz NULL,
    closed_by  text        NULL,
    ref        text        NULL,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (ref IS NULL))
);
CREATE INDEX hub_demand_recent ON hub_demand (raised_at DESC);

CREATE TABLE hub_drift_ignored (
    contract   text        NOT NULL,
    field      text        NOT NULL,
    reason     text        NOT NULL CHECK (reason <> ''),
    ignored_by text        NOT NULL,
    ignored_at timestamptz NOT NULL,
    PRIMARY KEY (contract, field)
);

CREATE TABLE hub_lineage_event (
    id          uuid        NOT NULL PRIMARY KEY,
    system      text        NOT NULL,
    received_at timestamptz NOT NULL,
    event_at    timestamptz NOT NULL,
    job         text        NOT NULL,
    inputs      text[]      NOT NULL,
    outputs     text[]      NOT NULL,
    event       jsonb       NOT NULL,
    evidence    uuid        NOT NULL REFERENCES evidence_entry (id)
);
CREATE INDEX hub_lineage_event_recent ON hub_lineage_event (received_at DESC);

-- What came for one contract in a period, read from the index alone.
CREATE INDEX hub_batch_of ON hub_batch (contract, arrived_at DESC) INCLUDE (status, received, set_aside, warned, repairs);
CREATE INDEX hub_batch_unknown ON hub_batch (arrived_at) WHERE unknown_fields <> '{}';
