#!/usr/bin/env bash
# Install the browser that tests/browser needs on a Debian machine of continuous integration, where it is missing. Needs root.
set -euo pipefail
if ! dpkg --status chromium >/dev/null 2>&1; then
  echo "Installing chromium"
  apt-get update --quiet --quiet
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
