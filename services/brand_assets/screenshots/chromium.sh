#!/bin/sh
# Chromium with a bound on each process's own memory, in KiB: Playwright can start a program, but set it no limits.
ulimit -d "$OUTSEND_CHROMIUM_MEMORY" || exit 70
exec "$OUTSEND_CHROMIUM" "$@"
