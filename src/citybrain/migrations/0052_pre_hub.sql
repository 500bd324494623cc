-- What a test report was about, and how the fields of an export file left.
ALTER TABLE hub_conformance ADD COLUMN described bytea NULL CHECK (length(described) = 32);
COMMENT ON COLUMN hub_conformance.described IS 'SHA-256 of the description that was tested; nothing where the report is older than this column';

ALTER TABLE hub_export ADD COLUMN masks jsonb NULL;
COMMENT ON COLUMN hub_export.masks IS 'How the fields that are not in clear stand in the file; a file of which nothing is known counts as all in clear';
