-- Things people must do: tasks with their course, and the runs of scenarios they belong to.
CREATE SEQUENCE task_number;

CREATE TABLE scenario_run (
    id           uuid             NOT NULL PRIMARY KEY,
    scenario     text             NOT NULL,
    revision     integer          NOT NULL,
    split        text             NOT NULL,
    key          text             NOT NULL,
    alert        uuid             NULL REFERENCES alert (id),
    indicator    text             NOT NULL,
    state        text             NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    started_at   timestamptz      NOT NULL,
    closed_at    timestamptz      NULL,
    value_before double precision NULL,
    value_after  double precision NULL,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX scenario_run_open ON scenario_run (scenario, key) WHERE state = 'open';
CREATE INDEX scenario_run_recent ON scenario_run (scenario, started_at DESC);

CREATE TABLE task (
    id           uuid             NOT NULL PRIMARY KEY,
    number       text             NOT NULL UNIQUE,
    title        text             NOT NULL,
    note         text             NOT NULL DEFAULT '',
    department   text             NOT NULL,
    issuer       text             NOT NULL,
    issuer_dept  text             NOT NULL,
    issued_at    timestamptz      NOT NULL,
    due_at       timestamptz      NOT NULL,
    due_words    text             NOT NULL,
    state        text             NOT NULL CHECK (state IN ('issued', 'signed', 'reported', 'closed', 'returned')),
    urgency      text             NOT NULL DEFAULT 'normal' CHECK (urgency IN ('normal', 'warning', 'alarm')),
    indicator    text             NULL,
    split        text             NOT NULL DEFAULT '',
    key          text             NOT NULL DEFAULT '',
    value_before double precision NULL,
    value_after  double precision NULL,
    alert        uuid             NULL REFERENCES alert (id),
    run          uuid             NULL REFERENCES scenario_run (id),
    step         text             NULL,
    closed_at    timestamptz      NULL,
    once         text             NULL UNIQUE,
    CHECK ((state IN ('closed', 'returned')) = (closed_at IS NOT NULL))
);
CREATE INDEX task_of ON task (department, due_at) WHERE closed_at IS NULL;
CREATE INDEX task_by ON task (issuer_dept, issued_at DESC);
CREATE INDEX task_about ON task (indicator, issued_at DESC);
CREATE INDEX task_run ON task (run);

CREATE TABLE task_event (
    place  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task   uuid        NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    at     timestamptz NOT NULL,
    act    text        NOT NULL CHECK (act IN ('issued', 'signed', 'reported', 'closed', 'returned', 'urged')),
    person text        NOT NULL,
    words  text        NOT NULL DEFAULT ''
);
CREATE INDEX task_event_of ON task_event (task, place);
