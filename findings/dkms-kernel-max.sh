#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dkms 3.2.2 (Debian 13): BUILD_EXCLUSIVE_KERNEL_MAX="7.3" and the kernel 7.3.4.
#
# The good guess: 7.3.4 is a 7.3, as 7.3-rc1 and 7.3.0 are, so it is built for; the
# bound names a series, as "up to Linux 7.3" does in anybody's release notes.
# Seen: whole releases are compared, 7.3.4 comes after 7.3, and the module is skipped for
# every stable update of the series, with status 77 ("not for this kernel"). 7.3.999 as
# the bound lets 7.3.4 through.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

package=dkms_3.2.2-1~deb13u1_all.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/d/dkms/$package" || exit 77
dpkg-deb -x "$package" dkms

mkdir -p src/example-1.0 state modules headers/include
: >headers/include/.keep
echo 'all: ;' >src/example-1.0/Makefile

# build_for KERNEL MAX: dkms's exit status. What is built is no module: where dkms gets
# as far as that it ends with another status than 77.
build_for() {
	local status=0
	cat >src/example-1.0/dkms.conf <<-END
	PACKAGE_NAME="example"
	PACKAGE_VERSION="1.0"
	BUILT_MODULE_NAME[0]="example"
	DEST_MODULE_LOCATION[0]="/updates"
	MAKE[0]="true"
	BUILD_EXCLUSIVE_KERNEL_MAX="$2"
	END
	bash dkms/usr/sbin/dkms build --dkmstree "$folder/state" --sourcetree "$folder/src" \
		--installtree "$folder/modules" --kernelsourcedir "$folder/headers" \
		-m example -v 1.0 -k "$1" >"log-$1-$2" 2>&1 || status=$?
	echo "$status"
}

excluded=$(build_for 7.3.4+deb13-amd64 7.3)
allowed=$(build_for 7.3.4+deb13-amd64 7.3.999)
echo "dkms $(bash dkms/usr/sbin/dkms --version)"
echo "7.3.4+deb13-amd64 with a maximum of 7.3: status $excluded; of 7.3.999: status $allowed"
grep -h -i 'exclusive\|skip' log-*-7.3 || true
[[ $excluded == 77 && $allowed != 77 ]] || exit 1
