-- What follows an emergency: its review, and what its consumers say of their copies.
ALTER TABLE hub_emergency ADD COLUMN ended_by text NULL;
CREATE INDEX hub_grant_emergency ON hub_grant (emergency) WHERE emergency IS NOT NULL;

CREATE TABLE hub_emergency_review (
    emergency  text        NOT NULL PRIMARY KEY REFERENCES hub_emergency (name),
    outcome    text        NOT NULL CHECK (outcome IN ('proper', 'partly', 'improper')),
    findings   text        NOT NULL CHECK (findings <> ''),
    follows    text        NOT NULL DEFAULT '',
    person     text        NOT NULL,
    department text        NOT NULL,
    at         timestamptz NOT NULL,
    evidence   uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK (outcome = 'proper' OR follows <> '')
);

CREATE TABLE hub_emergency_report (
    place      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    emergency  text        NOT NULL REFERENCES hub_emergency (name),
    department text        NOT NULL,
    kept       boolean     NOT NULL,
    words      text        NOT NULL CHECK (words <> ''),
    ground     text        NOT NULL DEFAULT '',
    person     text        NOT NULL,
    at         timestamptz NOT NULL,
    evidence   uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK (kept = (ground <> ''))
);
CREATE INDEX hub_emergency_report_of ON hub_emergency_report (emergency, department, place);
CREATE UNIQUE INDEX hub_emergency_report_final ON hub_emergency_report (emergency, department) WHERE NOT kept;
COMMENT ON COLUMN hub_emergency_report.kept IS 'Parts are kept on a legal ground; a later report may say that they are gone too';

CREATE TABLE hub_emergency_notice (
    emergency  text        NOT NULL REFERENCES hub_emergency (name),
    department text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('review', 'reminder', 'report')),
    at         timestamptz NOT NULL,
    PRIMARY KEY (emergency, department, kind)
);
COMMENT ON TABLE hub_emergency_notice IS 'What a body was told once: that a review or a deletion report is overdue, or soon due';
