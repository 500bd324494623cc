-- Numbers of the city: values of indicators with what they rest on, their states and alerts.
CREATE TABLE insight_value (
    indicator  text             NOT NULL,
    grain      text             NOT NULL,
    split      text             NOT NULL,
    key        text             NOT NULL,
    bucket     timestamptz      NOT NULL,
    value      double precision NULL,
    rows       bigint           NOT NULL,
    PRIMARY KEY (indicator, grain, split, key, bucket)
);
CREATE INDEX insight_value_newest ON insight_value (indicator, grain, split, bucket DESC);
COMMENT ON COLUMN insight_value.split IS 'Field the value is split by; empty for the whole';

CREATE TABLE insight_progress (
    indicator    text        NOT NULL PRIMARY KEY,
    definition   bytea       NOT NULL,
    position     bigint      NOT NULL,
    as_of        timestamptz NULL,
    refreshed_at timestamptz NOT NULL,
    revision     integer     NOT NULL,
    received     bigint      NOT NULL,
    accepted     bigint      NOT NULL,
    batches      bigint      NOT NULL
);

CREATE TABLE insight_state (
    indicator text             NOT NULL,
    split     text             NOT NULL,
    key       text             NOT NULL,
    state     text             NOT NULL CHECK (state IN ('normal', 'warning', 'alarm')),
    since     timestamptz      NOT NULL,
    bucket    timestamptz      NOT NULL,
    value     double precision NULL,
    usual     double precision NULL,
    pending   text             NOT NULL DEFAULT 'normal',
    periods   integer          NOT NULL DEFAULT 0,
    PRIMARY KEY (indicator, split, key)
);

CREATE TABLE alert (
    id        uuid             NOT NULL PRIMARY KEY,
    indicator text             NOT NULL,
    split     text             NOT NULL,
    key       text             NOT NULL,
    state     text             NOT NULL CHECK (state IN ('warning', 'alarm')),
    opened_at timestamptz      NOT NULL,
    bucket    timestamptz      NOT NULL,
    value     double precision NOT NULL,
    usual     double precision NULL,
    worst     double precision NOT NULL,
    closed_at timestamptz      NULL,
    revision  integer          NOT NULL
);
CREATE UNIQUE INDEX alert_open ON alert (indicator, split, key) WHERE closed_at IS NULL;
CREATE INDEX alert_recent ON alert (opened_at DESC);
