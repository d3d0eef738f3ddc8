#!/bin/bash
# As the official image: root prepares the folders, walks all data for files of others, and steps down with gosu;
# then the server's user makes the database, if there is none, with the server on the socket alone.
set -Eeo pipefail

prepare_folders() {
    mkdir -p "$PGDATA"
    chmod 00700 "$PGDATA" || :
    mkdir -p /var/run/postgresql || :
    chmod 03775 /var/run/postgresql || :
    if [ "$(id -u)" = 0 ]; then
        # After the first start only the server may enter its data: here a start without the right to read fails.
        find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
        find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    fi
}

make_database() {
    : "${POSTGRES_PASSWORD:?must be set for the first start}"
    initdb --username=postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    printf "\nlisten_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    pg_ctl -D "$PGDATA" -m fast -w stop
}

if [ "$1" = postgres ]; then
    prepare_folders
    if [ "$(id -u)" = 0 ]; then
        exec gosu postgres "$0" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        make_database
    fi
fi
exec "$@"
