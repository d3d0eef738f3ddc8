#!/bin/sh
# As the official image: before the server starts, the executable scripts of a folder run, as the same user.
set -e
if [ "$1" = nginx ]; then
    for script in /docker-entrypoint.d/*.sh; do
        [ -e "$script" ] || continue
        if [ -x "$script" ]; then
            echo "$0: running $script"
            "$script"
        else
            echo "$0: $script is not executable and is left out"
        fi
    done
fi
exec "$@"
