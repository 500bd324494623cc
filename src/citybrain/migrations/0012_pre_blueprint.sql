-- Revisions of the city: what was declared, when, by whom, and what that changed.
CREATE TABLE city_revision (
    number   integer     NOT NULL PRIMARY KEY CHECK (number > 0),
    digest   bytea       NOT NULL CHECK (length(digest) = 32),
    contents jsonb       NOT NULL,
    stages   jsonb       NOT NULL,
    plan     text        NOT NULL,
    made_by  text        NOT NULL,
    made_at  timestamptz NOT NULL,
    back_to  integer     NULL REFERENCES city_revision (number)
);
