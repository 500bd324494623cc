-- name: known
-- Every entry that was ever registered, with what decides whether it must be written anew.
SELECT ref, number, registration, sha256, around_sha256, withdrawn_at IS NOT NULL, registered_at FROM hub_catalog_entry;

-- name: state
-- Which revision the catalogue shows.
SELECT revision FROM hub_catalog_state;

-- name: remember
-- The catalogue shows another revision now.
INSERT INTO hub_catalog_state (revision) VALUES (%(revision)s)
ON CONFLICT (one) DO UPDATE SET revision = excluded.revision;

-- name: attest
-- Evidence of one act on many entries.
INSERT INTO evidence_entry (id, act, subject, body, sha256, at)
SELECT given.id, given.act, given.subject, given.body, given.sha256, %(at)s
FROM unnest(%(id)s::uuid[], %(act)s::text[], %(subject)s::text[], %(body)s::text[], %(sha256)s::bytea[])
    AS given (id, act, subject, body, sha256);

-- name: write
-- New entries and changed ones; number, registration and first day are never touched again.
INSERT INTO hub_catalog_entry AS entry (
    ref, number, registration, slug, kind, department, person, share, open, names, search, content, around, sha256,
    around_sha256, turtle, jsonld, evidence, registered_at, changed_at, revision
)
SELECT given.*, %(at)s, %(at)s, %(revision)s
FROM unnest(
    %(ref)s::text[], %(number)s::bigint[], %(registration)s::text[], %(slug)s::text[], %(kind)s::text[],
    %(department)s::text[], %(person)s::text[], %(share)s::text[], %(open)s::boolean[], %(names)s::text[],
    %(search)s::text[], %(content)s::jsonb[], %(around)s::jsonb[], %(sha256)s::bytea[], %(around_sha256)s::bytea[],
    %(turtle)s::text[], %(jsonld)s::text[], %(evidence)s::uuid[]
) AS given
ON CONFLICT (ref) DO UPDATE SET
    slug = excluded.slug, kind = excluded.kind, department = excluded.department, person = excluded.person,
    share = excluded.share, open = excluded.open, names = excluded.names, search = excluded.search,
    content = excluded.content, around = excluded.around, sha256 = excluded.sha256,
    around_sha256 = excluded.around_sha256, turtle = excluded.turtle, jsonld = excluded.jsonld,
    evidence = excluded.evidence, changed_at = excluded.changed_at, revision = excluded.revision,
    version = entry.version + 1, withdrawn_at = NULL;

-- name: withdraw
-- Entries that are no longer declared; their numbers stay theirs.
UPDATE hub_catalog_entry AS entry
SET withdrawn_at = %(at)s, changed_at = %(at)s, revision = %(revision)s, evidence = given.evidence,
    version = entry.version + 1
FROM unnest(%(refs)s::text[], %(evidence)s::uuid[]) AS given (ref, evidence) WHERE entry.ref = given.ref;

-- name: surround
-- What rests on an entry, or may use it, is another now; the entry itself is not.
UPDATE hub_catalog_entry AS entry SET around = given.around, around_sha256 = given.digest
FROM unnest(%(refs)s::text[], %(arounds)s::jsonb[], %(digests)s::bytea[]) AS given (ref, around, digest)
WHERE entry.ref = given.ref;
