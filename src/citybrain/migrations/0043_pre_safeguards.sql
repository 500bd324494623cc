-- Safeguards: keys of purposes, and what the contents of fields suggest about their kind.
CREATE TABLE safeguards_purpose_key (
    purpose text    NOT NULL PRIMARY KEY,
    key     bytea   NOT NULL,
    wrapped boolean NOT NULL
);
COMMENT ON TABLE safeguards_purpose_key IS 'Keys under which tokens of a purpose are made; without one they cannot be';
COMMENT ON COLUMN safeguards_purpose_key.key IS '32 bytes; nonce, ciphertext and tag where wrapped under the key file';

CREATE TABLE safeguards_scan (
    contract   text        NOT NULL,
    version    text        NOT NULL,
    batch      uuid        NULL,
    rows       bigint      NOT NULL CHECK (rows >= 0),
    scanned_at timestamptz NOT NULL,
    PRIMARY KEY (contract, version)
);
COMMENT ON TABLE safeguards_scan IS 'Which contract version was looked at for kinds, on which batch';

CREATE TABLE safeguards_proposal (
    contract     text             NOT NULL,
    field        text             NOT NULL,
    version      text             NOT NULL,
    kind         text             NOT NULL,
    share        double precision NOT NULL CHECK (share BETWEEN 0 AND 1),
    sample_count bigint           NOT NULL CHECK (sample_count >= 0),
    said_kind    text             NULL,
    why          text             NOT NULL,
    state        text             NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'refused')),
    found_at     timestamptz      NOT NULL,
    decided_by   text             NULL,
    decided_at   timestamptz      NULL,
    reason       text             NULL,
    PRIMARY KEY (contract, field, kind),
    CHECK ((state = 'open') = (decided_at IS NULL))
);
COMMENT ON COLUMN safeguards_proposal.share IS 'Part of the values that are of the kind; no value is ever stored here';
CREATE INDEX safeguards_proposal_open ON safeguards_proposal (contract) WHERE state <> 'refused';
