-- Dissents about data with their course, corrections as new versions, marks "in dispute", scores of quality.
CREATE TABLE hub_correction (
    batch     uuid        NOT NULL REFERENCES hub_batch (id),
    row       integer     NOT NULL CHECK (row >= 1),
    contract  text        NOT NULL,
    corrected uuid        NOT NULL UNIQUE REFERENCES hub_batch (id),
    reason    text        NOT NULL,
    person    text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (batch, row)
);
CREATE INDEX hub_correction_of ON hub_correction (contract);
COMMENT ON COLUMN hub_correction.corrected IS 'Batch of one row that is read in place of the row it corrects';

CREATE TABLE hub_dispute (
    id        uuid        NOT NULL PRIMARY KEY,
    number    text        NOT NULL,
    contract  text        NOT NULL,
    keys      jsonb       NULL,
    batch     uuid        NULL,
    field     text        NULL,
    marked_at timestamptz NOT NULL,
    lifted_at timestamptz NULL
);
CREATE INDEX hub_dispute_open ON hub_dispute (contract) WHERE lifted_at IS NULL;

CREATE TABLE governance_dissent_number (
    year integer NOT NULL PRIMARY KEY,
    last integer NOT NULL CHECK (last >= 1)
);

CREATE TABLE governance_dissent (
    id                uuid        NOT NULL PRIMARY KEY,
    number            text        NOT NULL UNIQUE,
    tracking_hash     bytea       NOT NULL UNIQUE CHECK (length(tracking_hash) = 32),
    kind              text        NOT NULL CHECK (kind IN ('value', 'score')),
    contract          text        NOT NULL,
    provider          text        NOT NULL,
    keys              jsonb       NULL,
    batch             uuid        NULL REFERENCES hub_batch (id),
    field             text        NULL,
    day               date        NULL,
    seen              text        NOT NULL,
    claimed           text        NOT NULL,
    grounds           text        NOT NULL,
    attachment_sha256 bytea       NULL CHECK (length(attachment_sha256) = 32),
    raiser_kind       text        NOT NULL CHECK (raiser_kind IN ('person', 'system', 'citizen', 'outsider')),
    raiser            text        NOT NULL,
    raiser_department text        NULL,
    channel           text        NOT NULL CHECK (channel IN ('console', 'system', 'portal', 'letter', 'phone', 'counter')),
    raised_at         timestamptz NOT NULL,
    due_at            timestamptz NOT NULL,
    state             text        NOT NULL
        CHECK (state IN ('open', 'answered', 'appealed', 'ordered', 'closed', 'lapsed', 'withdrawn')),
    verdict           text        NULL CHECK (verdict IN ('upheld', 'rejected')),
    answered_at       timestamptz NULL,
    answer            text        NOT NULL DEFAULT '',
    was_late          boolean     NOT NULL DEFAULT false,
    appealed_at       timestamptz NULL,
    reaction_due_at   timestamptz NULL,
    escalated_at      timestamptz NULL,
    corrected         uuid        NULL REFERENCES hub_batch (id),
    finished_at       timestamptz NULL,
    revision          integer     NOT NULL,
    CHECK ((state IN ('closed', 'lapsed', 'withdrawn')) = (finished_at IS NOT NULL)),
    CHECK (kind = 'score' OR keys IS NOT NULL OR batch IS NOT NULL),
    CHECK (kind = 'value' OR day IS NOT NULL)
);
CREATE INDEX governance_dissent_open ON governance_dissent (due_at) WHERE finished_at IS NULL;
CREATE INDEX governance_dissent_of ON governance_dissent (contract, raised_at DESC);
COMMENT ON COLUMN governance_dissent.raiser IS 'Person, system or opaque name of a citizen; never the name of somebody outside';

CREATE TABLE governance_dissent_event (
    place   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dissent uuid        NOT NULL REFERENCES governance_dissent (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    act     text        NOT NULL,
    person  text        NOT NULL,
    words   text        NOT NULL DEFAULT ''
);
CREATE INDEX governance_dissent_event_of ON governance_dissent_event (dissent, place);

CREATE TABLE governance_dissent_outsider (
    dissent uuid NOT NULL PRIMARY KEY REFERENCES governance_dissent (id) ON DELETE CASCADE,
    name    text NOT NULL,
    contact text NOT NULL DEFAULT ''
);
COMMENT ON TABLE governance_dissent_outsider IS 'Who wrote or called: kept apart, never in evidence, lists or logs';

CREATE TABLE governance_redecision (
    dissent    uuid        NOT NULL REFERENCES governance_dissent (id) ON DELETE CASCADE,
    department text        NOT NULL,
    basis      text        NOT NULL,
    noted_at   timestamptz NOT NULL,
    done_at    timestamptz NULL,
    done_by    text        NULL,
    words      text        NOT NULL DEFAULT '',
    PRIMARY KEY (dissent, department, basis)
);

CREATE TABLE governance_score (
    day       date             NOT NULL,
    subject   text             NOT NULL,
    dimension text             NOT NULL,
    version   integer          NOT NULL CHECK (version >= 1),
    share     double precision NULL CHECK (share >= 0 AND share <= 1),
    rows      bigint           NOT NULL CHECK (rows >= 0),
    grade     text             NULL,
    reason    text             NOT NULL DEFAULT '',
    made_at   timestamptz      NOT NULL,
    PRIMARY KEY (subject, day, dimension, version)
);
CREATE INDEX governance_score_day ON governance_score (day, dimension);
COMMENT ON COLUMN governance_score.subject IS 'Contract or department; the newest version of a day counts, older ones are kept';

CREATE TABLE governance_score_exclusion (
    day     date NOT NULL,
    subject text NOT NULL,
    batch   uuid NULL,
    rule    text NULL,
    dissent uuid NOT NULL REFERENCES governance_dissent (id),
    CHECK ((batch IS NULL) <> (rule IS NULL))
);
CREATE INDEX governance_score_exclusion_of ON governance_score_exclusion (subject, day);
