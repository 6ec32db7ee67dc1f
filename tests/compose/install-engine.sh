#!/usr/bin/env bash
# Install what tests/compose needs on a Debian machine of continuous integration, where it is missing. Needs root.
set -euo pipefail
missing=()
for package in docker.io docker-compose debootstrap iptables; do
  dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing ${missing[*]}"
  apt-get update --quiet --quiet
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" >/dev/null
fi
