# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For scripts that are told how long they may take.

# seconds_of TIME: 30s, 10m or 2h in seconds; ends the script if it is none of these.
seconds_of() {
	[[ $1 =~ ^[1-9][0-9]*[smh]?$ ]] || {
		echo "${0##*/}: TIME=$1: not such as 30s, 10m, 2h" >&2
		exit 2
	}
	case $1 in
	*h) echo $((${1%h} * 3600)) ;;
	*m) echo $((${1%m} * 60)) ;;
	*) echo "${1%s}" ;;
	esac
}
