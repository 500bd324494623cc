-- Limits of lawful use: how much may leave under a grant, second approvals, and reads that are unusually large.
ALTER TABLE hub_grant
    ADD COLUMN most_uses         bigint NULL CHECK (most_uses >= 1),
    ADD COLUMN most_rows_per_day bigint NULL CHECK (most_rows_per_day >= 1),
    ADD COLUMN most_rows_per_use bigint NULL CHECK (most_rows_per_use >= 1),
    ADD COLUMN assessment        text   NULL;
COMMENT ON COLUMN hub_grant.assessment IS 'Record of the assessment that a use outside of the country rests on';

ALTER TABLE hub_request
    ADD COLUMN most_uses         bigint NULL CHECK (most_uses >= 1),
    ADD COLUMN most_rows_per_day bigint NULL CHECK (most_rows_per_day >= 1),
    ADD COLUMN most_rows_per_use bigint NULL CHECK (most_rows_per_use >= 1),
    ADD COLUMN assessment        text   NULL,
    ADD COLUMN agreed_by         text   NULL,
    ADD COLUMN agreed            jsonb  NULL;
COMMENT ON COLUMN hub_request.agreed IS 'What the provider agreed to, while a higher approval is waited for';
ALTER TABLE hub_request DROP CONSTRAINT hub_request_state_check;
ALTER TABLE hub_request ADD CONSTRAINT hub_request_state_check CHECK (state IN (
    'checking', 'providing', 'approving', 'returned', 'granted', 'refused', 'appealed', 'withdrawn'));

CREATE TABLE hub_grant_use (
    name text   NOT NULL PRIMARY KEY,
    uses bigint NOT NULL DEFAULT 0 CHECK (uses >= 0),
    day  date   NOT NULL,
    rows bigint NOT NULL DEFAULT 0 CHECK (rows >= 0)
);
COMMENT ON TABLE hub_grant_use IS 'What was used under a limited grant, over all its versions; held by who uses it now';
COMMENT ON COLUMN hub_grant_use.rows IS 'Rows that left on that day';

CREATE TABLE hub_bulk_read (
    id           uuid        NOT NULL PRIMARY KEY,
    hub_grant    uuid        NOT NULL REFERENCES hub_grant (id),
    name         text        NOT NULL,
    thing        text        NOT NULL,
    department   text        NOT NULL,
    bound        text        NOT NULL CHECK (bound IN ('hour', 'day', 'persons', 'usual')),
    span         timestamptz NOT NULL,
    seen         bigint      NOT NULL CHECK (seen > most),
    most         bigint      NOT NULL CHECK (most >= 0),
    noted_at     timestamptz NOT NULL,
    evidence     uuid        NOT NULL REFERENCES evidence_entry (id),
    closed_at    timestamptz NULL,
    closed_by    text        NULL,
    outcome      text        NULL CHECK (outcome IN ('lawful', 'unlawful')),
    reason       text        NULL,
    UNIQUE (name, bound, span),
    CHECK ((closed_at IS NULL) = (outcome IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK ((closed_at IS NULL) = (reason IS NULL))
);
COMMENT ON COLUMN hub_bulk_read.span IS 'When the hour or day begins in which so much was read';
CREATE INDEX hub_release_subject_of ON hub_release_subject (release);
CREATE INDEX hub_release_when ON hub_release USING brin (at);
CREATE INDEX hub_bulk_read_open ON hub_bulk_read (noted_at DESC) WHERE closed_at IS NULL;
