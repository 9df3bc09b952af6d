#!/usr/bin/env bash
# Installs the pinned Lighthouse beside the Python environment, where npm is there to do it. A no-op when up to date.
# Run by `make lighthouse` and `make test`, never by `make up`: it is for OUTSEND_PAGESPEED_ENGINE=lighthouse alone.
set -uo pipefail
cd "$(dirname "$0")/.."

target=.venv/lighthouse
stamp=$target/.installed
files=(deploy/lighthouse/package.json deploy/lighthouse/package-lock.json deploy/lighthouse/.npmrc)
wanted=$(cat "${files[@]}" deploy/lighthouse.sh | sha256sum)

[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "lighthouse: not installed, there is no npm: the tests that run it are skipped"
    exit 0
fi
echo "lighthouse: installing (half a minute, once)"
rm -f "$stamp"
mkdir -p "$target" && cp "${files[@]}" "$target/" &&
    npm ci --prefix "$target" --omit=dev --silent --no-progress && echo "$wanted" >"$stamp" ||
    echo "lighthouse: npm could not install it: the tests that run it are skipped"
