# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of commands: results in TAP, virgin slots, and what a command gave.
# Sourced by scripts in tests/programs, whose last command is done_testing.
# Starting a program is slow under emulation, so the shell does what it can.

tests=0
failures=0
temporary=$(mktemp -d)
trap 'rm -rf "$temporary" /dev/slot-test-$$-*' EXIT

# check NAME COMMAND...: passes when the command does.
check() {
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@"; then
		echo "ok $tests $name"
	else
		echo "not ok $tests $name"
		failures=$((failures + 1))
		explain
	fi
}

# What the last command that was given to run had to say.
explain() {
	local stream
	echo "# exit status ${status-none}"
	for stream in stdout stderr; do
		[[ -s $temporary/$stream ]] || continue
		echo "# its $stream:"
		od -c "$temporary/$stream" | sed 's/^/#   /'
	done
}

done_testing() {
	echo "1..$tests"
	[[ $failures -eq 0 ]]
}

# Sets slot to the path of one that nobody has used: tests/lib/slot.h counts
# minors by the size of the same file.
fresh_slot() {
	local taken=/tmp/message-slot.minors
	printf x >>"$taken"
	local minor=$((0x1000 + $(stat -c %s "$taken")))
	slot=/dev/slot-test-$$-$minor
	mknod -m 0666 "$slot" c 235 "$minor"
}

# Runs a command, and keeps its status, stdout and stderr.
run() {
	"$@" >"$temporary/stdout" 2>"$temporary/stderr"
	status=$?
}

quiet_success() {
	[[ $status -eq 0 && ! -s $temporary/stdout && ! -s $temporary/stderr ]]
}

# Exactly this text, which has no zero bytes, and not a word beside it.
printed() {
	local text
	IFS= read -r -d '' text <"$temporary/stdout"
	[[ $status -eq 0 && ! -s $temporary/stderr && $text == "$1" ]]
}

# Exactly these bytes, which are a printf format.
printed_bytes() {
	# shellcheck disable=SC2059
	printf -- "$1" >"$temporary/wanted"
	[[ $status -eq 0 && ! -s $temporary/stderr ]] &&
		cmp -s "$temporary/wanted" "$temporary/stdout"
}

# Exit status 1, or another, and one whole line to tell why, which has this word
# in it: complained WORD [STATUS]
complained() {
	local line rest
	[[ $status -eq ${2:-1} && ! -s $temporary/stdout ]] || return
	{ IFS= read -r line && ! IFS= read -r rest; } <"$temporary/stderr" || return
	[[ -z $rest && ${line,,} == *"${1,,}"* ]]
}
