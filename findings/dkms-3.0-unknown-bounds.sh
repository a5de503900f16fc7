#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dkms 3.0.10 (Debian 12): BUILD_EXCLUSIVE_KERNEL_MIN="8.0" and the kernel 7.3.4.
#
# The good guess: dkms.conf is read by its directives, and one that a version does not
# know is refused or at least named, so that a module with bounds is either kept from
# kernels outside of them or its packager is told.
# Seen: dkms.conf is a script that is sourced; 3.0.10 has never heard of _MIN and _MAX,
# says nothing and builds for each kernel. Of the same file newer versions say "not for
# this kernel" (status 77). The regular expression BUILD_EXCLUSIVE_KERNEL is what both
# know.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

package=dkms_3.0.10-8+deb12u1_all.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/d/dkms/$package" || exit 77
dpkg-deb -x "$package" dkms

mkdir -p src/example-1.0 state modules headers/include
: >headers/include/.keep
echo 'all: ;' >src/example-1.0/Makefile

# build_with LINE: dkms's exit status with it in dkms.conf. What is built is no module:
# where dkms gets as far as that it ends with another status than 77.
build_with() {
	local status=0
	cat >src/example-1.0/dkms.conf <<-END
	PACKAGE_NAME="example"
	PACKAGE_VERSION="1.0"
	BUILT_MODULE_NAME[0]="example"
	DEST_MODULE_LOCATION[0]="/updates"
	MAKE[0]="true"
	$1
	END
	bash dkms/usr/sbin/dkms build --dkmstree "$folder/state" --sourcetree "$folder/src" \
		--installtree "$folder/modules" --kernelsourcedir "$folder/headers" \
		-m example -v 1.0 -k 7.3.4+deb13-amd64 >log 2>&1 || status=$?
	echo "$status"
}

bounded=$(build_with 'BUILD_EXCLUSIVE_KERNEL_MIN="8.0"')
said=$(grep -i 'unknown\|EXCLUSIVE\|directive' log || true)
matched=$(build_with 'BUILD_EXCLUSIVE_KERNEL="^8[.]"')
bash dkms/usr/sbin/dkms --version
echo "7.3.4+deb13-amd64 with a minimum of 8.0: status $bounded, said of it: ${said:-nothing}"
echo "with the regular expression ^8[.]: status $matched"
[[ $bounded != 77 && -z $said && $matched == 77 ]] || exit 1
