-- Governance: what was seen of each duty of the laws, and when.
CREATE TABLE compliance_round (
    id          uuid        NOT NULL PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    duration_ms bigint      NOT NULL CHECK (duration_ms >= 0),
    holds       integer     NOT NULL CHECK (holds >= 0),
    broken      integer     NOT NULL CHECK (broken >= 0),
    not_yet     integer     NOT NULL CHECK (not_yet >= 0)
);
CREATE INDEX compliance_round_recent ON compliance_round (started_at DESC);

CREATE TABLE compliance_result (
    pack        text        NOT NULL,
    row         text        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('holds', 'broken', 'not_yet')),
    checked_at  timestamptz NOT NULL,
    since       timestamptz NOT NULL,
    evidence_zh text        NOT NULL,
    evidence_en text        NOT NULL,
    answers     text        NULL,
    duration_ms bigint      NOT NULL CHECK (duration_ms >= 0),
    PRIMARY KEY (row, checked_at),
    CHECK (since <= checked_at)
);
COMMENT ON COLUMN compliance_result.answers IS 'Department that answers while the duty is broken';
