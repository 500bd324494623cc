-- Systems: what was delivered by files and services, and how far each source has been asked.
CREATE TABLE system_delivery (
    id             uuid        NOT NULL PRIMARY KEY,
    source         text        NOT NULL,
    contract       text        NOT NULL,
    system         text        NOT NULL,
    name           text        NOT NULL,
    digest         text        NOT NULL,
    size_bytes     bigint      NOT NULL CHECK (size_bytes >= 0),
    batch_rows     integer     NOT NULL CHECK (batch_rows >= 1),
    state          text        NOT NULL CHECK (state IN ('running', 'admitted', 'refused')),
    parts          integer     NOT NULL DEFAULT 0,
    received       bigint      NOT NULL DEFAULT 0,
    accepted       bigint      NOT NULL DEFAULT 0,
    set_aside      bigint      NOT NULL DEFAULT 0,
    warned         bigint      NOT NULL DEFAULT 0,
    passed_by      bigint      NOT NULL DEFAULT 0,
    broken         jsonb       NOT NULL DEFAULT '{}',
    unused         text[]      NOT NULL DEFAULT '{}',
    refused_code   text        NULL,
    refused_params jsonb       NULL,
    started_at     timestamptz NOT NULL,
    finished_at    timestamptz NULL,
    CHECK (received = accepted + set_aside),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    UNIQUE (source, digest)
);
CREATE INDEX system_delivery_recent ON system_delivery (started_at DESC);
COMMENT ON COLUMN system_delivery.batch_rows IS 'Cut of the parts; an interrupted delivery goes on with the cut it began with';
COMMENT ON COLUMN system_delivery.passed_by IS 'Rows of the file that are meant for another contract';

CREATE TABLE system_poll (
    source      text        NOT NULL PRIMARY KEY,
    position    text        NULL,
    anchor      date        NULL,
    etag        text        NULL,
    modified    text        NULL,
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz NULL,
    next_at     timestamptz NOT NULL,
    failures    integer     NOT NULL DEFAULT 0 CHECK (failures >= 0),
    error_code  text        NULL,
    error_params jsonb      NULL
);
COMMENT ON COLUMN system_poll.position IS 'Largest cursor value seen, or the instant up to which a replay was played';
COMMENT ON COLUMN system_poll.anchor IS 'Day on which the first day of a replay is played';
