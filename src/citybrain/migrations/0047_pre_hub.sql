-- Destruction with certificates, legal holds, notices to who received the rows, and what a person asks for.
ALTER TABLE hub_batch
    ADD COLUMN destroyed           integer NOT NULL DEFAULT 0,
    ADD COLUMN set_aside_destroyed integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT hub_batch_destroyed_check CHECK (destroyed BETWEEN 0 AND accepted),
    ADD CONSTRAINT hub_batch_set_aside_destroyed_check CHECK (set_aside_destroyed BETWEEN 0 AND set_aside);
COMMENT ON COLUMN hub_batch.destroyed IS 'Of the accepted rows; counts are attested and stay: received = held + set aside + destroyed';

ALTER TABLE quarantine_row DROP CONSTRAINT quarantine_row_state_check;
ALTER TABLE quarantine_row ADD CONSTRAINT quarantine_row_state_check
    CHECK (state IN ('open', 'repaired', 'confirmed', 'destroyed'));

CREATE TABLE hub_legal_hold (
    id            uuid        NOT NULL PRIMARY KEY,
    number        text        NOT NULL UNIQUE,
    contract      text        NOT NULL,
    subject       bytea       NULL CHECK (length(subject) = 32),
    batch         uuid        NULL REFERENCES hub_batch (id),
    reason        text        NOT NULL CHECK (reason <> ''),
    set_by        text        NOT NULL,
    set_at        timestamptz NOT NULL,
    evidence      uuid        NOT NULL REFERENCES evidence_entry (id),
    lifted_by     text        NULL,
    lifted_at     timestamptz NULL,
    lift_reason   text        NULL,
    lift_evidence uuid        NULL REFERENCES evidence_entry (id),
    CHECK (subject IS NULL OR batch IS NULL),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_at IS NULL) = (lift_reason IS NULL)),
    CHECK ((lifted_at IS NULL) = (lift_evidence IS NULL))
);
CREATE INDEX hub_legal_hold_on ON hub_legal_hold (contract) WHERE lifted_at IS NULL;
COMMENT ON COLUMN hub_legal_hold.subject IS 'Token of the person whose rows are held; with no person and no batch all rows of the contract are';
CREATE SEQUENCE hub_legal_hold_number;

CREATE TABLE hub_destruction (
    id            uuid        NOT NULL PRIMARY KEY,
    place         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    number        text        NOT NULL UNIQUE,
    contract      text        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('person', 'retention', 'batch')),
    subject       bytea       NULL CHECK (length(subject) = 32),
    batches       uuid[]      NULL,
    arrived_before timestamptz NULL,
    reason        text        NOT NULL CHECK (reason <> ''),
    decided_by    text        NOT NULL,
    at            timestamptz NOT NULL,
    rows          bigint      NOT NULL CHECK (rows >= 0),
    places        jsonb       NOT NULL,
    before_sha256 bytea       NOT NULL CHECK (length(before_sha256) = 32),
    after_sha256  bytea       NOT NULL CHECK (length(after_sha256) = 32),
    duration_ms   integer     NOT NULL CHECK (duration_ms >= 0),
    again         boolean     NOT NULL DEFAULT false,
    evidence      uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK ((kind = 'person') = (subject IS NOT NULL)),
    CHECK ((kind = 'person') = (batches IS NULL)),
    CHECK ((kind = 'retention') = (arrived_before IS NOT NULL))
);
CREATE INDEX hub_destruction_of ON hub_destruction (contract, at DESC);
CREATE INDEX hub_destruction_whose ON hub_destruction (subject) WHERE subject IS NOT NULL;
COMMENT ON COLUMN hub_destruction.places IS 'What was destroyed by place: log, lake, set aside, disputes, exports and others';
COMMENT ON COLUMN hub_destruction.again IS 'Carried out once more in a copy that was restored from a backup made before';
CREATE SEQUENCE hub_destruction_number;

CREATE TABLE hub_destroyed_payload (
    destruction uuid    NOT NULL REFERENCES hub_destruction (id),
    batch       uuid    NOT NULL REFERENCES hub_batch (id),
    rows        integer NOT NULL CHECK (rows >= 0),
    set_aside   integer NOT NULL CHECK (set_aside >= 0),
    salt        bytea   NOT NULL CHECK (length(salt) = 16),
    before      bytea   NULL CHECK (length(before) = 32),
    after       bytea   NULL CHECK (length(after) = 32),
    PRIMARY KEY (batch, destruction)
);
COMMENT ON COLUMN hub_destroyed_payload.before IS 'SHA-256 of salt and digest of the payload as it was; none where the batch had no payload';
COMMENT ON COLUMN hub_destroyed_payload.after IS 'Digest of the payload that was left in the log; none where none was left, or the lake holds the batch';

CREATE TABLE hub_leftover (
    path        text NOT NULL PRIMARY KEY,
    destruction uuid NOT NULL REFERENCES hub_destruction (id)
);
COMMENT ON TABLE hub_leftover IS 'Files and folders of destroyed rows that nothing names any more and that are yet to be removed';

CREATE TABLE hub_deletion_notice (
    id           uuid        NOT NULL PRIMARY KEY,
    destruction  uuid        NOT NULL REFERENCES hub_destruction (id),
    system       text        NOT NULL,
    department   text        NOT NULL,
    contract     text        NOT NULL,
    made_at      timestamptz NOT NULL,
    told_at      timestamptz NULL,
    confirmed_at timestamptz NULL,
    confirmed_by text        NULL,
    words        text        NULL,
    evidence     uuid        NULL REFERENCES evidence_entry (id),
    UNIQUE (destruction, system),
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CHECK ((confirmed_at IS NULL) = (evidence IS NULL))
);
CREATE INDEX hub_deletion_notice_to ON hub_deletion_notice (system, made_at DESC);
COMMENT ON COLUMN hub_deletion_notice.told_at IS 'When the system fetched it, or a push of it was taken';

CREATE TABLE hub_deletion_place (
    destruction uuid   NOT NULL REFERENCES hub_destruction (id),
    position    bigint NOT NULL,
    row         integer NULL,
    UNIQUE NULLS NOT DISTINCT (destruction, position, row)
);
COMMENT ON TABLE hub_deletion_place IS 'Places of destroyed rows, which consumers know as ids of events; a whole batch where no row is named';

CREATE SEQUENCE governance_person_request_number;
CREATE TABLE governance_person_request (
    id           uuid        NOT NULL PRIMARY KEY,
    number       text        NOT NULL UNIQUE,
    kind         text        NOT NULL CHECK (kind IN ('delete', 'explain')),
    subject      bytea       NOT NULL CHECK (length(subject) = 32),
    contract     text        NOT NULL,
    provider     text        NOT NULL,
    words        text        NOT NULL,
    use          uuid        NULL REFERENCES hub_release (id),
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'granted', 'refused', 'answered', 'withdrawn')),
    made_at      timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    reminded_at  timestamptz NULL,
    escalated_at timestamptz NULL,
    decided_at   timestamptz NULL,
    decided_by   text        NULL,
    answer       text        NULL,
    ground       text        NULL,
    destruction  uuid        NULL REFERENCES hub_destruction (id) DEFERRABLE INITIALLY DEFERRED,
    evidence     uuid        NOT NULL REFERENCES evidence_entry (id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK (state <> 'granted' OR destruction IS NOT NULL),
    CHECK (state <> 'refused' OR (answer <> '' AND ground <> ''))
);
CREATE UNIQUE INDEX governance_person_request_once
    ON governance_person_request (subject, contract) WHERE state = 'open' AND kind = 'delete';
CREATE INDEX governance_person_request_by ON governance_person_request (subject, made_at DESC);
CREATE INDEX governance_person_request_due ON governance_person_request (due_at) WHERE state = 'open';
COMMENT ON COLUMN governance_person_request.ground IS 'Legal ground of a refusal, such as a duty to keep';

CREATE TABLE blueprint_backup (
    id        uuid        NOT NULL PRIMARY KEY,
    made_at   timestamptz NOT NULL,
    head      text        NOT NULL,
    destroyed bigint      NOT NULL CHECK (destroyed >= 0),
    erased_at timestamptz NULL,
    evidence  uuid        NOT NULL REFERENCES evidence_entry (id)
);
COMMENT ON COLUMN blueprint_backup.destroyed IS 'How many destructions its snapshot had seen; what came later it still holds';
COMMENT ON COLUMN blueprint_backup.erased_at IS 'When its key was destroyed; nothing of it can be read from then on';
