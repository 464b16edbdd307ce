#!/bin/sh
# The checkpoint's own user: it owns its schema, and is not the administrator of the server.
set -eu
psql --username postgres --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
  --set password="$SEKISHO_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE sekisho LOGIN PASSWORD :'password';
GRANT CREATE, TEMPORARY ON DATABASE sekisho TO sekisho;
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO sekisho;
GRANT pg_checkpoint TO sekisho;
SQL
