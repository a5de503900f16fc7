#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's linux-image-7.3.4+deb13-amd64, and where the kernel is.
#
# The good guess: linux-image-RELEASE has boot/vmlinuz-RELEASE, boot/config-RELEASE and
# lib/modules/RELEASE, as it has had in every Debian that people remember: unpack it,
# and there is the kernel.
# Seen: from 7.2 on it has no file of the kernel's, only dependencies: on linux-binary-*
# (the image), linux-modules-* and linux-base-* (configuration, list of built-in
# modules); and there is nothing for /boot in any of them, the image is
# usr/lib/modules/RELEASE/vmlinuz. `apt-get download linux-image-...` and dpkg-deb -x
# succeed, with nothing to boot.
#
# Status: 0 it is as told, 1 it has changed, 77 the packages are gone.
set -euo pipefail

release=7.3.4+deb13-amd64
version=7.3.4-1~bpo13+1
pool=http://deb.debian.org/debian/pool/main/l
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for package in linux-signed-amd64/linux-image linux-signed-amd64/linux-binary; do
	curl -sfO "$pool/$package-${release}_${version}_amd64.deb" || exit 77
done

dpkg-deb -f linux-image-*.deb Package Version Depends
dpkg-deb -x linux-image-*.deb image
dpkg-deb -x linux-binary-*.deb binary
echo "files of linux-image outside usr/share: $(find image -type f ! -path '*/usr/share/*' | wc -l)"
echo "the kernel in linux-binary: $(find binary -name 'vmlinuz*')"
[[ -z $(find image -type f ! -path '*/usr/share/*') && ! -e binary/boot &&
	-e binary/usr/lib/modules/$release/vmlinuz ]] || exit 1
