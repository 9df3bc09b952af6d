#!/usr/bin/env bash
# Makes .venv with everything pinned and hashed. Run by `make setup`; does nothing when it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
stamp=.venv/.installed

fail() {
    echo "setup: $*" >&2
    exit 1
}

wanted=$(cat pyproject.toml requirements-dev.lock deploy/setup.sh | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

command -v "$python" >/dev/null || fail "there is no $python: install Python 3.11 or later, or say PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: Python 3.11 or later is needed; say PYTHON=/path/to/python3.11"

# Debian's python comes without what makes a venv; as root we can add it.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "setup: installing $package"
        apt-get update -qq && apt-get install -y -qq "$package" >/dev/null || fail "apt-get could not install $package"
    else
        fail "this Python cannot make a virtual environment: install $package (or your system's like) and try again"
    fi
fi

echo "setup: installing into .venv (a minute the first time)"
[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
rm -f "$stamp"

# uv itself comes through pip, with the hashes of the same lock.
if ! .venv/bin/uv --version >/dev/null 2>&1; then
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements-dev.lock >.venv/uv.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
fi
export VIRTUAL_ENV=$PWD/.venv
export UV_SYSTEM_CERTS=1 # as pip does: networks with an authority of their own are common
# uv does not know what pip was configured with (mirrors, proxies' certificates): where it cannot, pip can.
.venv/bin/uv pip install --quiet --require-hashes -r requirements-dev.lock ||
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock ||
    fail "the dependencies could not be installed"
.venv/bin/uv pip install --quiet --offline --no-deps --no-build-isolation --editable . ||
    fail "the checkout could not be installed into .venv"
echo "$wanted" >"$stamp"
