#!/usr/bin/env bash
# Make the image debian:bookworm-slim where no image registry can be reached: Debian's own minimal system, and this
# machine's certificates, so that package installs inside a build work as they do outside.
# Usage: base-image.sh FOLDER    a folder for the work, deleted again; DOCKER_HOST says which engine. Needs root.
set -euo pipefail
root="$1/debian"
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
cp --recursive --no-target-directory /usr/local/share/ca-certificates "$root/usr/local/share/ca-certificates"
chroot "$root" update-ca-certificates
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
tar --create --directory "$root" . | docker import - debian:bookworm-slim
