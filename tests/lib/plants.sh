# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For scripts that plant bugs, each of which must be caught.

# plant_all LOGS PATCH...: calls "plant PATCH" for each, which returns whether its bug was
# caught, and prints what more there is to say of it; of one that was not, LOGSNAME.log is
# shown. Ends with `N passed, N failed`.
plant_all() {
	local logs=$1 patch name said passed=0 failed=0
	shift
	for patch; do
		name=$(basename "$patch" .patch)
		if said=$(plant "$patch"); then
			passed=$((passed + 1))
			echo "planted $name: caught${said:+: $said}"
		else
			failed=$((failed + 1))
			[ -z "$said" ] || echo "$said"
			cat "$logs$name.log"
			echo "planted $name: not caught"
		fi
	done
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
