-- Data subjects: consents with their receipts, and whose rows left in each release.
CREATE TABLE safeguards_consent (
    id                  uuid        NOT NULL PRIMARY KEY,
    number              text        NOT NULL UNIQUE,
    subject             bytea       NOT NULL CHECK (length(subject) = 32),
    contract            text        NOT NULL,
    version             text        NOT NULL,
    purpose             text        NOT NULL,
    department          text        NULL,
    sensitive           boolean     NOT NULL,
    fields              text[]      NOT NULL CHECK (cardinality(fields) >= 1),
    guardian            text        NULL,
    given_at            timestamptz NOT NULL,
    evidence            uuid        NOT NULL REFERENCES evidence_entry (id),
    withdrawn_at        timestamptz NULL,
    withdrawal_evidence uuid        NULL REFERENCES evidence_entry (id),
    CHECK ((withdrawn_at IS NULL) = (withdrawal_evidence IS NULL))
);
COMMENT ON TABLE safeguards_consent IS 'What a person agreed to; the person is known by a token alone';
COMMENT ON COLUMN safeguards_consent.department IS 'The body that may use the rows; none means every body with a grant';
COMMENT ON COLUMN safeguards_consent.sensitive IS 'Separate consent to fields of grade 3 and 4';
CREATE UNIQUE INDEX safeguards_consent_open
    ON safeguards_consent (subject, contract, purpose, coalesce(department, ''), sensitive) WHERE withdrawn_at IS NULL;
CREATE INDEX safeguards_consent_for ON safeguards_consent (contract, purpose) WHERE withdrawn_at IS NULL;

CREATE TABLE hub_release_subject (
    subject bytea NOT NULL CHECK (length(subject) = 32),
    release uuid  NOT NULL REFERENCES hub_release (id),
    PRIMARY KEY (subject, release)
);
COMMENT ON TABLE hub_release_subject IS 'Persons whose rows left in a release, by token';

CREATE TABLE hub_inspection_subject (
    subject    bytea NOT NULL CHECK (length(subject) = 32),
    inspection uuid  NOT NULL REFERENCES evidence_entry (id),
    PRIMARY KEY (subject, inspection)
);
COMMENT ON TABLE hub_inspection_subject IS 'Persons whose rows the operator of the hub looked at, by token';
