// The schema, version by version. A version that was released is never changed: the next one changes it.
//
// Events are in the order of their arrival, whatever their session, so that their pages fill up: an order by session would
// leave a third of every page empty. A session is a small number inside, so that the index costs a few bytes an event.
// Chunks are in one tree only, because they are written ten times a second and a flush costs what pages it touches.

/** Tells a file of ours from any other SQLite database. */
export const APPLICATION_ID = 0x4361726c; // "Carl"

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    no INTEGER PRIMARY KEY,
    session TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    fence INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    append_id TEXT NOT NULL,
    status TEXT NOT NULL,
    parent TEXT,
    updated_at INTEGER NOT NULL,
    wake_at INTEGER,
    open INTEGER NOT NULL,
    words TEXT NOT NULL,
    summary TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX sessions_by_name ON sessions (owner, folder, name);
  CREATE INDEX sessions_by_age ON sessions (owner, updated_at DESC, session);
  CREATE INDEX sessions_to_wake ON sessions (wake_at) WHERE wake_at IS NOT NULL;
  CREATE INDEX sessions_open ON sessions (no) WHERE open = 1;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_in_order ON events (no, seq);

  CREATE TABLE chunks (
    no INTEGER NOT NULL,
    id INTEGER NOT NULL,
    part TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    length INTEGER NOT NULL, -- of the part up to here, UTF-16 units
    text TEXT NOT NULL,
    PRIMARY KEY (no, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ended_parts (no INTEGER NOT NULL, part TEXT NOT NULL, PRIMARY KEY (no, part)) STRICT, WITHOUT ROWID;

  CREATE TABLE commands (
    identity TEXT NOT NULL,
    id TEXT NOT NULL,
    no INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body_hash TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (identity, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    no INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT;

  CREATE TABLE blob_names (no INTEGER NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (no, blob)) STRICT, WITHOUT ROWID;
  CREATE TABLE doomed_blobs (blob BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE tombstones (session TEXT PRIMARY KEY, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE flushes (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
  INSERT INTO flushes VALUES (1, 0);
  `,
  // Tags as rows, to list by them; as a text beside their session, to see without them whether they changed.
  `
  ALTER TABLE sessions ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
  CREATE TABLE tags (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    no INTEGER NOT NULL,
    PRIMARY KEY (key, value, no)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_of_session ON tags (no);
  INSERT INTO tags SELECT tag.key, tag.value, no FROM sessions, json_each(summary, '$.tags') AS tag;
  UPDATE sessions SET tags = (
    SELECT json_group_object(key, value) FROM (SELECT key, value FROM tags WHERE tags.no = sessions.no ORDER BY key)
  ) WHERE no IN (SELECT no FROM tags);
  `,
  // Consumers of the feed, whose places are the ids of events; and where the feed was when a session was erased.
  `
  CREATE TABLE consumers (
    identity TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    place INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    acked_at INTEGER,
    PRIMARY KEY (identity, name)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE tombstones ADD COLUMN owner TEXT NOT NULL DEFAULT 'local';
  ALTER TABLE tombstones ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
  `,
];

export const LATEST_VERSION = MIGRATIONS.length;
