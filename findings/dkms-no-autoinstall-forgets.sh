#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dkms 3.2.2 (Debian 13): /etc/dkms/no-autoinstall, and then a package with a module is
# installed. Takes root, and what mounts an overlay.
#
# The good guess: the file is there lest modules are built of themselves; one that a package
# brings is known to dkms all the same, to be built by hand or once the file is gone.
# Seen: what all such packages call when they are installed, common.postinst, ends with 0
# before it adds the module. When the file is gone, dkms status and autoinstall know of
# no module, and a new kernel comes without it and without a word; only to install the
# package again helps.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone or there is no overlay.
set -euo pipefail

[[ $EUID == 0 ]] || exit 77
package=dkms_3.2.2-1~deb13u1_all.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/d/dkms/$package" || exit 77
mkdir layers root
unshare --mount bash -euo pipefail -c '
	mount -t tmpfs none layers && mkdir layers/changes layers/work &&
		mount -t overlay none -o lowerdir=/,upperdir=layers/changes,workdir=layers/work root ||
		exit 77
	mount -t proc none root/proc
	mount --bind /dev root/dev
	rm -rf root/usr/sbin/dkms root/usr/lib/dkms root/var/lib/dkms root/etc/dkms
	dpkg-deb -x "$1" root
	mkdir -p root/usr/src/example-1.0
	cat >root/usr/src/example-1.0/dkms.conf <<-END
	PACKAGE_NAME="example"
	PACKAGE_VERSION="1.0"
	BUILT_MODULE_NAME[0]="example"
	DEST_MODULE_LOCATION[0]="/updates"
	MAKE[0]="true"
	AUTOINSTALL="yes"
	END
	: >root/etc/dkms/no-autoinstall
	chroot root bash -c "sh /usr/lib/dkms/common.postinst example 1.0 /usr/share/example; echo status \$?" >installed
	rm root/etc/dkms/no-autoinstall
	chroot root dkms status >known
	chroot root dkms --version >version
	chroot root bash -c "dkms add -m example -v 1.0 >/dev/null && dkms status" >added' - "$package" ||
	exit "$(($? == 77 ? 77 : 1))"
cat version
echo "common.postinst with the file there: $(paste -sd ' ' installed)"
echo "dkms status without it: $(paste -sd ' ' known | grep . || echo nothing)"
echo "dkms status after dkms add: $(cat added)"
[[ $(tail -n 1 installed) == 'status 0' && ! -s known ]] && grep -q '^example/1.0' added || exit 1
