# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the programs here share: the cache, and Debian's packages unpacked without
# being installed.

# Used by those who read this in.
# shellcheck disable=SC2034
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/message-slot/kernels
PATH+=:/usr/sbin:/sbin
lists=/var/lib/apt/lists
# What apt is told beside its configuration; see use_architecture().
apt=()

say() {
	echo "kernels: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# use_architecture PROCESSOR: from now on apt is asked for packages of PROCESSOR, as
# Debian calls it. If that is not this machine's, it has a state of its own in the
# cache, as if nothing were installed: nothing of it is seen by this machine's apt
# and dpkg. Packages of this machine's are NAME:PROCESSOR then.
use_architecture() {
	local own state=$cache/apt-$1
	own=$(dpkg --print-architecture)
	[[ $1 != "$own" ]] || return 0
	mkdir -p "$state"/{lists,archives}/partial
	: >>"$state/status"
	apt=(-o "APT::Architecture=$1" -o "APT::Architectures=$1,$own"
		-o "Dir::State=$state" -o "Dir::State::status=$state/status"
		-o "Dir::Cache=$state" -o APT::Sandbox::User=root)
	[[ $state/updated -nt $lists ]] || update_lists
}

# Names of the packages apt can download that match an extended regex.
offered() {
	apt-cache "${apt[@]}" search --names-only "$1" | cut -d ' ' -f 1 | grep -xE "$1" | sort -V
}

# Like offered, but with a look at the network before giving up.
find_packages() {
	local found
	found=$(offered "$1") || {
		say "no package matches $1: asking apt for newer lists"
		update_lists
		found=$(offered "$1") || return 1
	}
	echo "$found"
}

update_lists() {
	local sudo=()
	[[ ${#apt[@]} == 0 ]] || {
		update_own_lists
		return
	}
	[[ $EUID == 0 ]] || sudo=(sudo)
	"${sudo[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 ||
		say "apt-get update failed"
}

# Kernels of one processor share it.
update_own_lists() {
	local state
	state=$(apt-config "${apt[@]}" shell dir Dir::State/f | sed "s/^dir='\(.*\)'$/\1/")
	flock "$state/status" apt-get -qq "${apt[@]}" update >&2 || say "apt-get update failed"
	touch "$state/updated"
}

version_of() {
	apt-cache "${apt[@]}" show --no-all-versions "$1" | awk '/^Version:/ { version = $2 } END { print version }'
}

megabytes_of() {
	apt-cache "${apt[@]}" show --no-all-versions "$@" |
		awk '/^Size:/ { sum += $2 } END { printf "%d", sum / 1e6 + 1 }'
}

# begin_entry and finish_entry ENTRY: in between, the folder $new fills up that
# becomes the cache's ENTRY once it is complete. The caller holds the lock.
begin_entry() {
	new=$cache/.new.$$
	rm -rf "$new"
	mkdir -p "$new"
	# A half-made kernel must not stay behind when the person gives up.
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT TERM HUP
}

finish_entry() {
	touch "$new/complete"
	mv -T "$new" "$cache/$1"
	trap - EXIT INT TERM HUP
}

names_of() {
	[[ $# -le 9 ]] && echo "$*" || echo "$# packages"
}

# Being offline is no error yet: there may be an older kernel to use.
download() {
	mkdir -p "$new/debs"
	say "downloading $(names_of "$@") ($(megabytes_of "$@") MB)"
	(cd "$new/debs" && apt-get -qq "${apt[@]}" -o APT::Sandbox::User=root download "$@" >&2)
}

unpack() {
	local deb
	for deb in "$new"/debs/*.deb; do
		dpkg-deb -x "$deb" "$1"
	done
	rm -r "$new/debs"
}

# Two runs may want the same kernel at once: the second one waits, then finds it.
lock_cache() {
	mkdir -p "$cache"
	exec {lock_fd}>"$cache/.lock.$1"
	flock -n "$lock_fd" || {
		say "another run is preparing $1: waiting for it"
		flock "$lock_fd"
	}
}

# The cache's entry NAME stands for is current until apt's lists change.
current() {
	[[ -e $cache/$1/complete && ! $lists -nt $cache/.checked.$1 ]]
}

set_current() {
	ln -sfnT "$2" "$cache/$1"
	touch "$cache/.checked.$1"
	forget_old
}

# Nobody names an entry any more once its successor has come.
forget_old() {
	local entry
	while read -r entry; do
		[[ -n $(find "$cache" -maxdepth 1 -type l -lname "$(basename "$entry")") ]] ||
			rm -rf "$entry"
	done < <(find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +30)
}

# provide NAME FIND MAKE: prints the folder of the cache's entry for NAME. If
# it is missing or old, FIND says which it should be ($entry) and of which
# packages, and MAKE fills $new from them. The script that calls this defines
# up_to_date and need_tools. Without a network an older entry has to do.
provide() {
	up_to_date "$1" || {
		lock_cache "$1"
		up_to_date "$1" || renew "$@"
	}
	readlink -f "$cache/$1"
}

renew() {
	local name=$1 find=$2 make=$3 entry packages
	command -v apt-cache >/dev/null ||
		die "$name comes from Debian's packages: this needs apt and dpkg"
	need_tools
	if "$find" "$name"; then
		[[ ! -e $cache/$entry/complete ]] || {
			set_current "$name" "$entry"
			return
		}
		begin_entry
		if download "${packages[@]}"; then
			"$make"
			finish_entry "$entry"
			set_current "$name" "$entry"
			return
		fi
	fi
	[[ -e $cache/$name/complete ]] || die "apt's sources offer no $name"
	say "making do with $(basename "$(readlink "$cache/$name")")"
}
