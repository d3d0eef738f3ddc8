#!/bin/sh
# Writes the settings of this container into index.html, so that one image serves test and production.
set -eu

index=/usr/share/nginx/html/index.html

sed -i \
    -e "s|__API_BASE_URL__|${API_BASE_URL:-/api}|g" \
    -e "s|__WS_URL__|${WS_URL:-/ws}|g" \
    -e "s|__ENVIRONMENT__|${ENVIRONMENT:-production}|g" \
    "$index"
