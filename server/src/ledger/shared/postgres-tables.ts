/**
 * The tables of a log in PostgreSQL, step by step from one version to the next. What was shipped is
 * never changed. Record keys lie in one table for each log and UTC day, which the vault makes when
 * a day begins: `keys_<log>_<day>`. There are no foreign keys to `log`: it is written by each batch,
 * never deleted from, and a look at it for every row would cost more than the row.
 */
export const ledgerTables: readonly string[] = [
  `
  CREATE TABLE sekisho.log (
    log_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text NOT NULL UNIQUE,
    epoch bigint NOT NULL CHECK (epoch > 0),
    size bigint NOT NULL CHECK (size >= 0)
  ) WITH (fillfactor = 20);

  CREATE TABLE sekisho.batch (
    log_id integer NOT NULL,
    first_index bigint NOT NULL CHECK (first_index >= 0),
    entry_count integer NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    entries bytea NOT NULL,
    crc bigint NOT NULL,
    epoch bigint NOT NULL,
    PRIMARY KEY (log_id, first_index)
  );
  -- Entries are mostly digests, which no compression makes smaller.
  ALTER TABLE sekisho.batch ALTER COLUMN entries SET STORAGE EXTERNAL;

  CREATE TABLE sekisho.checkpoint (
    log_id integer PRIMARY KEY,
    size bigint NOT NULL,
    note text NOT NULL
  ) WITH (fillfactor = 20);

  CREATE TABLE sekisho.kek (
    log_id integer NOT NULL,
    grp text NOT NULL,
    class text NOT NULL,
    day integer NOT NULL,
    wrapped bytea,
    PRIMARY KEY (log_id, grp, class, day)
  );

  CREATE TABLE sekisho.record (
    log_id integer NOT NULL,
    record_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    day integer NOT NULL,
    PRIMARY KEY (log_id, record_id)
  );
  CREATE INDEX record_order ON sekisho.record (log_id, seq);

  CREATE TABLE sekisho.held_key (
    log_id integer NOT NULL,
    record_id uuid NOT NULL,
    grp text NOT NULL,
    day integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (log_id, record_id, grp)
  );

  -- Tables that still hold bytes of destroyed keys, between the destruction and the rewriting.
  CREATE TABLE sekisho.scrub (table_name text PRIMARY KEY);
  `,
];
