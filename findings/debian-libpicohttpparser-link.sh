#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libpicohttpparser1 1.2+ds-2 (Debian testing), which mosquitto 2.1.2 is linked with.
#
# The good guess: as Debian's policy (8.1) has it, and as all the other packages of libraries
# that mosquitto takes do, it has the file and the link that programs ask for, by its soname.
# Seen: there is only the file, libpicohttpparser.so.1.2. The link is made by ldconfig, when
# the package is installed; in a folder that it was unpacked to, mosquitto does not start
# before ldconfig -n has been run there.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

package=libpicohttpparser1_1.2+ds-2_amd64.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/libp/libpicohttpparser/$package" || exit 77
dpkg-deb -x "$package" root
library=root/usr/lib/x86_64-linux-gnu
soname=$(objdump -p "$library"/libpicohttpparser.so.1.2 | awk '$1 == "SONAME" { print $2 }')
echo "its soname: $soname; in the package:" "$(ls "$library")"
[[ ! -e $library/$soname ]] || exit 1
/sbin/ldconfig -n "$library"
[[ -e $library/$soname ]] || exit 1
