#!/bin/sh
# Chromium reads its debugging pipe (--remote-debugging-pipe) from descriptor 3 and ends when that is closed.
exec "$(dirname "$0")/chromium.sh" "$@" 3<&0 4>/dev/null
