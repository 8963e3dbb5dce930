export const sql = `
-- A process that has the store open. It is alive as long as it holds the lock on sessions/<id>.lock.
CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('window', 'job', 'cli')),
  pid        INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at   TEXT
) STRICT;

CREATE TABLE runs (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id      TEXT NOT NULL REFERENCES sessions (id),
  started_at      TEXT NOT NULL,
  ended_at        TEXT,
  status          TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  task            TEXT,
  model           TEXT NOT NULL,
  recipe          TEXT NOT NULL,
  board           TEXT NOT NULL,
  quick           INTEGER NOT NULL,
  parameters      TEXT NOT NULL, -- JSON
  error           TEXT,          -- JSON
  provenance      TEXT NOT NULL CHECK (provenance IN ('hardware', 'emulated', 'estimated', 'host')),
  clock_hz        REAL NOT NULL,
  firmware_sha256 TEXT NOT NULL,
  seed            INTEGER NOT NULL,
  thimble_version TEXT NOT NULL
) STRICT;
CREATE INDEX runs_running ON runs (session_id) WHERE status = 'running';

CREATE TABLE stages (
  run_id   INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name     TEXT NOT NULL,
  status   TEXT NOT NULL,
  ms       REAL,
  facts    TEXT NOT NULL, -- JSON
  PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

-- A value over time. The last row of a name is the run's figure.
CREATE TABLE metrics (
  id         INTEGER PRIMARY KEY,
  run_id     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  unit       TEXT NOT NULL,
  step       INTEGER NOT NULL,
  elapsed_ms REAL NOT NULL, -- since the run started
  value      REAL NOT NULL,
  provenance TEXT NOT NULL
) STRICT;
CREATE INDEX metrics_by_name ON metrics (run_id, name, id);

-- Inferences in the order they were executed, many to a row: samples.ts says how they are packed.
CREATE TABLE samples (
  run_id      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  first_index INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  data        BLOB NOT NULL,
  PRIMARY KEY (run_id, first_index)
) STRICT;

-- The file is artifacts/<first two digits>/<other digits> in the store's folder.
CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY,
  bytes  INTEGER NOT NULL
) STRICT;

CREATE TABLE run_artifacts (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name   TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES artifacts (sha256),
  PRIMARY KEY (run_id, name)
) STRICT;
CREATE INDEX run_artifacts_by_hash ON run_artifacts (sha256);

CREATE TABLE models (
  file         TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  file_bytes   INTEGER NOT NULL,
  dtype        TEXT NOT NULL,
  last_used_at TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL -- JSON
) STRICT;
`
