#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# busybox 1.35.0 (Debian 12): the shell's `read x <file`.
#
# The good guess: a redirected regular file is read, byte by byte, as dash and bash do;
# whether poll() finds it readable is for those who gave a time-out (-t).
# Seen: poll() without an end comes before the read() of each byte, time-out or not. So a
# file of a driver whose poll() means "something new" must say that the rest of what is
# being read, and its end, can be read, or the shell hangs in the middle of a line.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

pool=http://deb.debian.org/debian/pool/main
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for package in b/busybox/busybox-static_1.35.0-4+deb12u1+b1_amd64.deb \
	s/strace/strace_6.1-0.1_amd64.deb libu/libunwind/libunwind8_1.6.2-3_amd64.deb; do
	curl -sfO "$pool/$package" || exit 77
	dpkg-deb -x "${package##*/}" root
done

echo 42 >value
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu root/usr/bin/strace -e trace=poll,read \
	root/bin/busybox sh -c 'read -r x <value' 2>log
root/bin/busybox | sed -n 1p
grep -E '^(poll|read)' log
# Each of the three bytes is waited for.
[[ $(grep -c '^poll(.*, -1) ' log) == 3 && $(grep -c '^read(0' log) == 3 ]] || exit 1
