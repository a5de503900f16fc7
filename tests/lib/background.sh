# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of programs that go on: they run in the background, under a name, and
# what they print is waited for. To be sourced instead of tap.sh.

. tests/lib/tap.sh

declare -A process
trap 'finish "${!process[@]}"; rm -rf "$temporary" /dev/slot-test-$$-*' EXIT

# start NAME COMMAND...
start() {
	local name=$1
	shift
	"$@" >"$temporary/$name" 2>&1 </dev/null &
	process[$name]=$!
	disown $!
}

# signal SIGNAL NAME
signal() {
	kill -s "$1" "${process[$2]}"
}

# Kills them, and waits until they are gone.
finish() {
	local name
	for name; do
		kill -KILL "${process[$name]}" 2>/dev/null
		soon is_gone "${process[$name]}"
		unset "process[$name]"
	done
}

is_gone() {
	[[ ! -e /proc/$1 ]]
}

# Tries for 20 seconds.
soon() {
	local i
	for ((i = 0; i < 400; i++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

# told NAME PATTERN: soon it has printed such a line.
told() {
	soon grep -qE "$2" "$temporary/$1" || show "$1"
}

untold() {
	! grep -qE "$2" "$temporary/$1" || show "$1"
}

# Soon its last line is such a one.
last_told() {
	soon last_line_is "$@" || show "$1"
}

last_line_is() {
	tail -n 1 "$temporary/$1" | grep -qE "$2"
}

# Shows what it printed, for a check that fails.
show() {
	sed "s/^/# $1: /" "$temporary/$1"
	return 1
}
