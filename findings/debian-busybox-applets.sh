#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# busybox-static 1.35.0 (Debian 12): `busybox install`.
#
# The good guess: Debian's static busybox is the one with everything in it, for rescue
# and initramfs, so a test that runs a tool of coreutils also by busybox finds it there.
# Seen: `install` is no applet of it ("applet not found", status 127); cp, dd, head, mv,
# stat, tee and truncate are.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

package=busybox-static_1.35.0-4+deb12u1+b1_amd64.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/b/busybox/$package" || exit 77
dpkg-deb -x "$package" root

root/bin/busybox | sed -n 1p
status=0
root/bin/busybox install --help >log 2>&1 || status=$?
echo "busybox install: status $status: $(cat log)"
[[ $status == 127 ]] || exit 1
for applet in cp dd head mv stat tee truncate; do
	root/bin/busybox --list | grep -x "$applet" >/dev/null || exit 1
done
