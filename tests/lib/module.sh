# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For scripts that build the module.

# build_module KERNEL [FOLDER]: of the repository in FOLDER, or this one. Kbuild does not
# stop at a warning, which is a failure, too; what the harness says is none.
build_module() {
	local said status=0
	said=$(make -s -C "${2:-.}" module KERNEL="$1" 2>&1) || status=$?
	said=$(grep -vE '^(kernels|need): ' <<<"$said")
	[ -z "$said" ] || printf '%s\n' "$said"
	[ "$status" = 0 ] && [ -z "$said" ]
}
