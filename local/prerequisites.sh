#!/usr/bin/env bash
# Say what is missing on this machine, all of it at once, and how to get it. Exit code 1 when something is.
# Usage: prerequisites.sh PYTHON
set -u
missing=()

if ! "${1:-python3.11}" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
  missing+=("Python 3.11 (Debian 12: apt-get install python3 python3-venv; elsewhere: make PYTHON=/path/to/python3.11)")
elif ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=("Python's venv module (Debian, Ubuntu: apt-get install python3-venv)")
fi

java_version=$(java -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -n 1)
if [ -z "$java_version" ] || [ "$java_version" -lt 17 ]; then
  missing+=("Java 17 or newer, found: ${java_version:-none} (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)")
fi

if ! command -v mvn >/dev/null; then
  missing+=("Maven (Debian, Ubuntu: apt-get install maven)")
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "error: this machine lacks:" >&2
  printf '  - %s\n' "${missing[@]}" >&2
  exit 1
fi
