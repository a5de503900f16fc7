# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of the bridge: a server, and machines, which are slots with a bridge each.
# Sourced by scripts in tests/bridge. TEST_BRIDGE: another program. TEST_SUITE: of which Debian
# the servers are (bookworm).

. tests/lib/tap.sh
export LAB=$temporary/lab
servers=tests/bridge/lab/servers
export SUITE=${TEST_SUITE:-bookworm}
declare -A bridges=()
# The server that is there, and where bridges find it.
server=nats
declare -A addresses=(
	[nats]='nats: "nats://127.0.0.1:4222"'
	[mosquitto]='mqtt: "mqtt://127.0.0.1:1883"'
)
trap 'finish; rm -rf "$temporary" /dev/slot-test-$$-*' EXIT
mkdir "$LAB"
ip link set lo up

finish() {
	local bridge
	for bridge in "${bridges[@]}"; do
		kill -KILL "$bridge"
	done
	"$servers" kill "$server"
}

# by_each COMMAND: with a NATS server, and with an MQTT broker.
by_each() {
	for server in nats mosquitto; do
		"$1"
		"$servers" stop "$server"
	done
}

# checked NAME COMMAND...: as check does, and says by which server.
checked() {
	check "$server: $1" "${@:2}"
}

# soon COMMAND...: tries for half a minute.
soon() {
	local tries=0
	until "$@"; do
		[[ $((tries++)) -lt 300 ]] || return
		sleep 0.1
	done
}

# config NAME RULE-LINE...: what the bridge of a machine has for its only rule.
config() {
	printf '%s\n' "machine: $1" 'lease: 2s' \
		"engines: { site: { ${addresses[$server]} } }" 'rules:' \
		"- { engine: site, bucket: robots, slot: ${slots[$1]}, $2 }" >"$temporary/$1.yaml"
}

start() {
	"${TEST_BRIDGE:-build/bin/msgslot-bridge}" "$temporary/$1.yaml" 2>>"$temporary/$1.log" &
	bridges[$1]=$!
}

# end SIGNAL NAME
end() {
	kill "-$1" "${bridges[$2]}"
	wait "${bridges[$2]}" 2>/dev/null
	unset "bridges[$2]"
}

has() {
	[[ $(msgslot get "${slots[$1]}" "$2" 2>/dev/null) == "$3" ]]
}

has_none() {
	msgslot get "${slots[$1]}" "$2" >/dev/null 2>&1
	[[ $? -eq 3 ]]
}

put() { msgslot put "${slots[$1]}" "${@:2}"; }

# What is put on one machine is soon on the other.
arrives() {
	put a "$1" "$2" && soon has b "$1" "$2"
}

explain() {
	sed "s/^/# a: /" "$temporary/a.log"
	sed "s/^/# b: /" "$temporary/b.log"
}

# machines NAME...: each has a slot that nobody has used.
declare -A slots=()
machines() {
	local machine
	for machine; do
		fresh_slot
		slots[$machine]=$slot
		: >"$temporary/$machine.log"
	done
}
