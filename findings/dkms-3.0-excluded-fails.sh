#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dkms 3.0.10 (Debian 12): a module whose BUILD_EXCLUSIVE_KERNEL leaves a kernel out, when
# that kernel is installed (`dkms autoinstall`). Takes root, as that does.
#
# The good guess: BUILD_EXCLUSIVE_KERNEL is there to turn a module off where it can't be
# built, "not for this kernel" (status 77) is no error, and a new kernel installs.
# Seen: `dkms autoinstall` knows no 77: the module counts as failed, it ends with status
# 11, and so does the kernel package's hook: apt leaves the kernel half configured. With
# AUTOINSTALL empty for that kernel it ends with 0. 3.2.2 (Debian 13) tells it as skipped.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone or this is not root.
set -euo pipefail

[[ $EUID == 0 ]] || exit 77
package=dkms_3.0.10-8+deb12u1_all.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/d/dkms/$package" || exit 77
dpkg-deb -x "$package" dkms

release=7.3.4+deb13-amd64
mkdir -p src/example-1.0 state headers/include "modules/$release"
: >headers/include/.keep
echo 'all: ;' >src/example-1.0/Makefile

# autoinstall LINE: dkms's exit status for a module whose dkms.conf has it.
autoinstall() {
	local status=0 trees
	trees=(--dkmstree "$folder/state" --sourcetree "$folder/src" --installtree "$folder/modules")
	rm -rf state/example
	cat >src/example-1.0/dkms.conf <<-END
	PACKAGE_NAME="example"
	PACKAGE_VERSION="1.0"
	BUILT_MODULE_NAME[0]="example"
	DEST_MODULE_LOCATION[0]="/updates"
	MAKE[0]="true"
	BUILD_EXCLUSIVE_KERNEL="^6[.]"
	$1
	END
	bash dkms/usr/sbin/dkms add "${trees[@]}" -m example -v 1.0 >log 2>&1
	bash dkms/usr/sbin/dkms autoinstall "${trees[@]}" --kernelsourcedir "$folder/headers" \
		-k "$release" >>log 2>&1 || status=$?
	echo "$status"
}

wanted=$(autoinstall 'AUTOINSTALL="yes"')
said=$(grep -m 1 'BUILD_EXCLUSIVE' log || true)
unwanted=$(autoinstall 'AUTOINSTALL=""')
bash dkms/usr/sbin/dkms --version
echo "autoinstall for $release of a module for 6.x only: status $wanted; said: ${said:-nothing}"
echo "with AUTOINSTALL empty: status $unwanted"
[[ $wanted == 11 && -n $said && $unwanted == 0 ]] || exit 1
