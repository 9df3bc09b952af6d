#!/usr/bin/env bash
# Installs Postfix and Dovecot where that is ours to do: the tests run them with configurations of their own. Nothing is
# started or enabled, and no mail server that is there already is replaced. Run by `make test`.
set -uo pipefail

missing=()
PATH=$PATH:/usr/sbin
command -v postfix >/dev/null || missing+=(postfix)
[ -x /usr/lib/dovecot/imap ] || missing+=(dovecot-imapd)
[ ${#missing[@]} = 0 ] && exit 0
skipped="tests of real mail servers are skipped"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "${missing[*]}: not installed, and not ours to install: $skipped"
    exit 0
fi
echo "${missing[*]}: installing (half a minute, once)"
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then # which Debian asks whether a package may start its service
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
apt-get update -qq &&
    apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}" >/dev/null 2>&1 ||
    echo "${missing[*]}: apt-get could not install it: $skipped"
for service in "${missing[@]%-imapd}"; do
    systemctl disable "$service" >/dev/null 2>&1
done
exit 0
