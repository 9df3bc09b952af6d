#!/bin/bash
# Captures the pages of tests/accuracy/pages: installs real software, runs it and fetches its pages over sockets.
#
#   sudo MIRROR=<a Debian mirror> tests/accuracy/capture/capture.sh /var/tmp/capture [name...]
#
# Needs root, debootstrap, Node and, the first time, a Debian mirror (its security archive is taken from beside it,
# at <mirror>-security); 8 GB and about 20 minutes the first time, three afterwards.
# Nothing is installed outside the folder: packages go to a chroot of Debian 12, npm's and PyPI's beside it. The
# programs run in network, process and mount name spaces of their own, so that each may have port 80 of a
# loopback address (sites.toml) and all of them end with the capture.
set -euo pipefail
HERE=$(realpath "$(dirname "$0")"); REPO=$(realpath "$HERE/../../.."); HOME_DIR=$(realpath -m "$1"); shift
ROOT=$HOME_DIR/root; PATH=$REPO/.venv/bin:$PATH
mkdir -p "$HOME_DIR"

inside() { # the name spaces, before anything listens
    mount --make-rprivate /
    ip link set lo up
    mkdir -p "$ROOT"/{proc,dev,capture}
    mount -t proc proc "$ROOT/proc"; mount --rbind /dev "$ROOT/dev"; mount --bind "$HOME_DIR/capture" "$ROOT/capture"
    python -m tests.accuracy.capture.fetch hosts >"$HOME_DIR/hosts"
    mount --bind "$HOME_DIR/hosts" /etc/hosts; cp "$HOME_DIR/hosts" "$ROOT/etc/hosts"
    cp "$HERE/serve.sh" "$ROOT/root/serve.sh"
    # Without the environment of whoever captures: some pages show it.
    chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash /root/serve.sh
    bash "$HERE/start.sh" "$HOME_DIR" &
    cd "$REPO" && python -m tests.accuracy.capture.fetch pages "$ROOT" "$HOME_DIR" "$@"
}

if [ "${INSIDE:-}" = 1 ]; then inside "$@"; exit; fi
[ -e "$ROOT/etc/debian_version" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$ROOT" "${MIRROR:?is not set: the address of a Debian mirror}"
[ -e "$ROOT/root/installed" ] || {
    printf 'deb %s bookworm%s main\n' "$MIRROR" "" "$MIRROR" "-updates" >"$ROOT/etc/apt/sources.list"
    echo "deb $MIRROR-security bookworm-security main" >>"$ROOT/etc/apt/sources.list"
    printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"; chmod +x "$ROOT/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$ROOT/etc/"
    # Java's packages cannot be set up without /proc; in name spaces of its own nothing stays mounted.
    unshare --pid --fork --kill-child --mount-proc="$ROOT/proc" chroot "$ROOT" sh -c "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(grep -v '^#' "$HERE/packages.txt" | tr '\n' ' ') && touch /root/installed"
}
[ -e "$HOME_DIR/built" ] || { bash "$HERE/build.sh" "$HOME_DIR" && touch "$HOME_DIR/built"; }
rm -rf "$HOME_DIR/capture"; mkdir -p "$HOME_DIR/capture"
cp -r "$HERE/libraries" "$HOME_DIR/static" "$HOME_DIR/capture/"
cd "$REPO" && INSIDE=1 exec unshare --net --mount --pid --fork --kill-child "$HERE/capture.sh" "$HOME_DIR" "$@"
