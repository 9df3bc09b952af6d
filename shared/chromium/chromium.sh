#!/bin/sh
# Chromium with a bound on each process's own memory, in KiB: who starts it can often set no limits of its own.
ulimit -d "$OUTSEND_CHROMIUM_MEMORY" || exit 70
exec "$OUTSEND_CHROMIUM" "$@"
