#!/bin/bash
set -e
echo started >>/tmp/starts
cp /bin/sleep /tmp/unpacked
exec /tmp/unpacked infinity
