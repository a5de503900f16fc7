#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's kernel headers 7.3.4, and sparse on a module of one's own: make C=2.
#
# The good guess: with sparse installed, make -C HEADERS M=MODULE C=2 checks the module's
# sources, as it does with Debian's headers for 6.12; if it can't, make fails, and a gate
# that asks for it is safe.
# Seen: the Makefile asks scripts/checker-valid.sh whether the checker works, and that
# script is in none of the packages. What is missing is taken for "not available or not
# up to date": a warning, C is set to 0, and make goes on and succeeds with nothing
# checked, whatever the checker is.
#
# Status: 0 it is as told, 1 it has changed, 77 the packages are gone.
set -euo pipefail

release=7.3.4+deb13
version=7.3.4-1~bpo13+1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for package in "headers-$release-common_${version}_all" "headers-$release-amd64_${version}_amd64" \
	"kbuild-${release}_${version}_amd64"; do
	curl -sfO "http://deb.debian.org/debian/pool/main/l/linux/linux-$package.deb" || exit 77
	dpkg-deb -x "linux-$package.deb" root
done
headers=root/usr/src/linux-headers-$release-amd64
# Its names are absolute, as if it were installed.
sed -i "s|/usr/src|$folder/root/usr/src|" "$headers/Makefile"

# A checker that is there, and works.
printf '#!/bin/sh\nexit 0\n' >checker
chmod +x checker
mkdir module
echo 'obj-m := example.o' >module/Makefile

status=0
make -C "$headers" M="$folder/module" C=2 CHECK="$folder/checker" clean >log 2>&1 || status=$?
echo "linux-headers-$release-amd64 $version, status $status:"
sed "s|$folder/||g" log | grep 'checker-valid\|specified' | sort -u
echo "checker-valid.sh in the packages: $(find root -name 'checker-valid.sh' | grep . || echo none)"
[[ $status == 0 && -z $(find root -name 'checker-valid.sh') ]] || exit 1
grep -q 'C=2 specified, but .* is not available' log || exit 1
