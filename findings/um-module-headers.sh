#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Linux 7.3.4 (Debian's source): the kernel's own script that packs what it takes to
# build modules, scripts/package/install-extmod-build, and ARCH=um.
#
# The good guess: it packs that for the architecture it is called for; deb-pkg and
# rpm-pkg make their packages of headers by it, and distributions theirs.
# Seen: of a tree for ARCH=um only arch/um is packed. Its Makefile includes
# arch/x86/Makefile.um, and its headers those of arch/x86, so no module can be built
# there, and nothing says so before. With arch/x86's headers and makefiles beside it, the
# same module builds.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone. A few minutes.
set -euo pipefail

package=linux-source-7.3_7.3.4-1~bpo13+1_all.deb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sfO "http://deb.debian.org/debian/pool/main/l/linux/$package" || exit 77
dpkg-deb -x "$package" .
rm "$package"
mkdir tree packed module
tar -xf usr/src/linux-source-7.3.tar.xz -C tree --strip-components=1
rm -r usr

in_tree() {
	make -s -C tree ARCH=um "$@" >>log 2>&1
}

# Without the kernel itself nobody can link against it, but packing needs no more.
in_tree tinyconfig
tree/scripts/config --file tree/.config --enable MODULES
in_tree olddefconfig
in_tree -j2 modules_prepare
: >tree/Module.symvers
in_tree run-command \
	KBUILD_RUN_COMMAND="\$(srctree)/scripts/package/install-extmod-build $folder/packed"

cat >module/hello.c <<'END'
#include <linux/module.h>
MODULE_DESCRIPTION("nothing");
MODULE_LICENSE("GPL");
END
echo 'obj-m := hello.o' >module/Kbuild

build() {
	make -s -C packed ARCH=um "M=$folder/module" modules 2>&1
}

echo "Linux $(make -s -C tree ARCH=um kernelversion)"
echo "as it was packed:"
said=$(build) && as_packed=0 || as_packed=$?
grep -m 3 x86 <<<"$said" || true
(cd tree && find arch/x86 -name '*.h' -o -name 'Makefile*') | tar -c -C tree -T - |
	tar -x -C packed
build >>log && with_x86=0 || with_x86=$?
echo "status $as_packed; with arch/x86 beside it: status $with_x86"
[[ $as_packed != 0 && $with_x86 == 0 ]] || exit 1
