#!/usr/bin/env bash
# Installs Chromium where that is ours to do. Run by `make test`, never by `make demo` or `make up`: it takes minutes.
set -uo pipefail

command -v chromium >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "chromium: not installed, and not ours to install: tests of screenshots are skipped"
    exit 0
fi
echo "chromium: installing (a minute or two, once)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null ||
    echo "chromium: apt-get could not install it: tests of screenshots are skipped"
