-- Sessions of people; only digests of what their browsers hold.
CREATE TABLE web_session (
    secret_hash bytea       NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    id          uuid        NOT NULL UNIQUE,
    person      text        NOT NULL,
    csrf        text        NOT NULL,
    started_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX web_session_expiry ON web_session (expires_at);
