# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of msgslot serve, by curl: a slot that has names, robot, and what a server was
# asked and answered. To be sourced instead of background.sh.

. tests/lib/background.sh

export MSGSLOT_DIR=$temporary/slots
mkdir "$MSGSLOT_DIR"
chmod 755 "$temporary"
mount -t slotfs -o mode=1777 none "$MSGSLOT_DIR" || exit 1
trap 'finish "${!process[@]}"; umount "$MSGSLOT_DIR"; rm -rf "$temporary" /dev/slot-test-$$-*' EXIT
robot=$MSGSLOT_DIR/robot
mkdir "$robot"
ip link set lo up

# serve NAME OPTION...: a server at a port that is free, whose address is in $url.
serve() {
	local name=$1
	shift
	start "$name" msgslot serve --listen 127.0.0.1:0 "$@"
	told "$name" '^msgslot serve: http' || return
	url=$(sed -n 's/^msgslot serve: //p' "$temporary/$name")
	url=${url%/}
}

# ask STATUS ARGUMENT...: what curl was answered is in body and head, below $temporary.
ask() {
	local wanted=$1 got
	shift
	: >"$temporary/body"
	got=$(curl -sS -m 20 -o "$temporary/body" -D "$temporary/head" -w '%{http_code}' "$@" \
		2>"$temporary/stderr")
	[[ $got == "$wanted" ]] && return
	echo "# curl $*: $got: $(head -c 500 "$temporary/body")"
	return 1
}

# Exactly these bytes; a pattern in the body, or in the headers.
body_is() { [[ $(<"$temporary/body") == "$1" ]]; }
body_has() { grep -qE "$1" "$temporary/body"; }
head_has() { grep -qiE "^$1"$'\r?$' "$temporary/head"; }
is_problem() { head_has 'content-type: application/problem\+json' && body_has "\"status\":$1,.*$2"; }
# refused STATUS WORD ARGUMENT...
refused() {
	local status=$1 word=$2
	shift 2
	ask "$status" "$@" && is_problem "$status" "$word"
}

# raw REQUEST: as it is
raw() {
	local port=${url##*:}
	exec 7<>"/dev/tcp/127.0.0.1/$port" || return
	# The server may have answered, and be gone, before it is all there.
	(trap '' PIPE && printf '%b' "$1" >&7) 2>/dev/null
	timeout 20 cat <&7 >"$temporary/body"
	exec 7>&-
}

# bad STATUS WORD ARGUMENT...
bad() {
	local status=$1 word=$2
	shift 2
	run msgslot serve "$@"
	complained "$word" "$status"
}
