-- name: patience
-- A rehearsal never holds others up for long.
SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '20s', true);

-- name: numbers
-- Task numbers of the rehearsal, far beyond the city's own, whose sequence is left alone.
CREATE TEMPORARY SEQUENCE IF NOT EXISTS task_number MINVALUE 4000000000 START 4000000000;

-- name: head
-- Log positions of the rehearsal, far beyond the city's own.
CREATE TEMPORARY TABLE IF NOT EXISTS hub_head (one boolean PRIMARY KEY, position bigint NOT NULL) ON COMMIT DROP;

-- name: place
-- Where they begin.
INSERT INTO pg_temp.hub_head (one, position) VALUES (true, 4000000000000000) ON CONFLICT DO NOTHING;

-- name: dissents
-- Numbers of dissents in the rehearsal, far beyond the city's own.
CREATE TEMPORARY TABLE IF NOT EXISTS governance_dissent_number (year integer PRIMARY KEY, last integer NOT NULL)
ON COMMIT DROP;

-- name: dissents_begin
-- Where they begin.
INSERT INTO pg_temp.governance_dissent_number (year, last)
SELECT year, 900000 FROM generate_series(2000, 2199) AS year ON CONFLICT DO NOTHING;

-- name: persons_key
-- A key of its own for the persons of a rehearsal; the city's, which may be wrapped, is left alone.
INSERT INTO safeguards_purpose_key (purpose, key, wrapped) VALUES (%(purpose)s, %(key)s, false)
ON CONFLICT (purpose) DO UPDATE SET key = excluded.key, wrapped = false;

-- name: certificates
-- Numbers of certificates in the rehearsal; the city's own sequences are left alone.
CREATE TEMPORARY SEQUENCE IF NOT EXISTS hub_destruction_number MINVALUE 4000000000 START 4000000000;

-- name: holds
-- Numbers of legal holds in the rehearsal.
CREATE TEMPORARY SEQUENCE IF NOT EXISTS hub_legal_hold_number MINVALUE 4000000000 START 4000000000;
