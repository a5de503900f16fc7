# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the programs here share: the cache, and Debian's packages unpacked without
# being installed.

# Used by those who read this in.
# shellcheck disable=SC2034
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
script=$(readlink -f "$0")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/message-slot/kernels
PATH+=:/usr/sbin:/sbin
# What apt is told beside its configuration; see use_suite().
apt=()

say() {
	echo "kernels: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# younger FILE MINUTES: it is there, and was touched within that time.
younger() {
	[[ -n $(find "$1" -maxdepth 0 -mmin "-$2" 2>/dev/null) ]]
}

# Debian's name for this machine's release; none on another distribution.
host_suite() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null
}

# suites_of NAME: which of Debian's suites have what NAME is made from, the first
# choice first: what comes from this machine's own needs no tools but those it has.
suites_of() {
	case $1 in
	tools-* | servers-*) echo "${1#*-}" ;;
	6.1 | 6.1-* | *-arm64 | *-i386) echo bookworm ;;
	6.12 | 6.12-*) first_choice bookworm trixie ;;
	[0-9]* | newest* | um*) echo trixie ;;
	*) suites_of 6.12 ;;
	esac
}

# This machine's own if it is one of these, and then the others, the newest first.
first_choice() {
	local own suite
	own=$(host_suite)
	for suite; do
		echo "$([[ $suite == "$own" ]] && echo 0 || echo 1) $suite"
	done | sort -k 1,1n -k 2,2r | cut -d ' ' -f 2
}

# use_suite SUITE [PROCESSOR]: from now on apt is asked for packages of Debian's
# SUITE, with its updates and backports, for PROCESSOR, as Debian calls it; if that is
# another than this machine's, packages of this machine's are NAME:PROCESSOR then. It
# has a state of its own in the cache, as if nothing were installed: this machine's
# apt and dpkg see nothing of it, nor it of them.
use_suite() {
	local processor=${2:-$(dpkg --print-architecture)} state
	suite=$1
	state=$cache/apt-$suite-$processor
	mkdir -p "$state"/{lists,archives}/partial
	: >>"$state/status"
	write_configuration "$state" "$processor" >"$state/apt.conf.$$"
	mv "$state/apt.conf.$$" "$state/apt.conf"
	apt=(-c "$state/apt.conf")
	asked_lately "$state" || update_lists "$state"
}

# What this machine runs after an update is for its own lists.
write_configuration() {
	local own processors
	own=$(dpkg --print-architecture)
	processors=$2
	[[ $processors == "$own" ]] || processors+=,$own
	cat <<-END
	#clear APT::Update;
	#clear APT::Default-Release;
	#clear DPkg::Post-Invoke;
	APT::Architecture "$2";
	APT::Architectures "$processors";
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	Dir::State "$1";
	Dir::State::status "$1/status";
	Dir::Cache "$1";
	Dir::Etc::sourcelist "$1/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Acquire::Languages "none";
	Acquire::GzipIndexes "true";
	Acquire::Retries "1";
	Acquire::http::Timeout "20";
	END
}

# Where this machine's apt gets Debian from, or else where everybody does; with
# -security for that part. It is not asked who a site says it is: that takes lists,
# and a fresh machine has none.
site_of_debian() {
	local releases='bookworm|trixie|forky|sid|oldstable|stable|testing|unstable' site
	site=$(apt-get indextargets --no-release-info --format '$(SITE) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		sed -nE "s#^(https?:[^ ]*) ($releases)${1-} main\$#\1#p" | head -n 1)
	echo "${site:-http://deb.debian.org/debian${1-}}"
}

write_sources() {
	local site security keyring=/usr/share/keyrings/debian-archive-keyring
	site=$(site_of_debian)
	security=$(site_of_debian -security)
	[[ -e $keyring.gpg ]] && keyring+=.gpg || keyring+=.pgp
	[[ -e $keyring ]] ||
		"$here/../need" -w "know Debian's packages by their signature" debian-archive-keyring
	printf "deb [signed-by=$keyring] %s main\n" "$site $suite" "$site $suite-updates" \
		"$security $suite-security"
	# Testing has none.
	[[ $suite == forky ]] ||
		printf "deb [signed-by=$keyring] %s main\n" "$site $suite-backports"
}

# Kernels of one suite share its lists, for an hour. That nobody answers is no error
# yet; but it is kept in mind, so that not every kernel waits for it again. Where a mirror
# is amid an update of one of its parts, the others have to do.
update_lists() {
	local state=$1 said lock
	exec {lock}>"$state/lock"
	flock "$lock"
	asked_lately "$state" || {
		write_sources >"$state/sources.list"
		say "fetching the lists of Debian's packages for $suite (up to 12 MB)"
		rm -f "$state/unreachable"
		said=$(LC_ALL=C apt-get -q "${apt[@]}" update 2>&1) || {
			say "not all lists for $suite: $(grep -m 1 '^[EW]:' <<<"$said")"
			grep -qE "^(Get|Hit):.* $suite InRelease" <<<"$said" ||
				touch "$state/unreachable"
		}
		touch "$state/asked" "$state"
	}
	exec {lock}>&-
}

asked_lately() {
	younger "$1/asked" "$([[ -e $1/unreachable ]] && echo 5 || echo 60)"
}

# look_in SUITE [PROCESSOR]: use_suite, if it can be reached; or else what is in the
# cache has to do.
look_in() {
	use_suite "$@"
	[[ ! -e $cache/apt-$1-${2:-$(dpkg --print-architecture)}/unreachable ]] || {
		reached=
		return 1
	}
}

# Names of the packages apt can download that match an extended regex.
offered() {
	apt-cache "${apt[@]}" search --names-only "$1" | cut -d ' ' -f 1 | grep -xE "$1" | sort -V
}

# What debug kernels and the tests' headers come from.
find_source() {
	local suites
	mapfile -t suites < <(suites_of source)
	for suite in "${suites[@]}"; do
		look_in "$suite" || return
		packages=(linux-source-6.12)
		[[ -z $(offered 'linux-source-6\.12') ]] || return 0
	done
	return 1
}

# Each package that the machine would have, as if nothing were installed yet.
# "Inst NAME (VERSION ...": as apt says it.
resolve() {
	apt-get "${apt[@]}" -s -qq --no-install-recommends install "$@" |
		sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1 \2/p'
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

# Another run may have made the same for another name.
finish_entry() {
	touch "$new/complete"
	[[ -e $cache/$1/complete ]] || mv -T "$new" "$cache/$1"
	rm -rf "$new"
	trap - EXIT INT TERM HUP
}

names_of() {
	[[ $# -le 9 ]] && echo "$*" || echo "$# packages"
}

# Being offline is no error yet: there may be an older kernel to use.
download() {
	local said
	mkdir -p "$new/debs"
	say "downloading $(names_of "$@") of Debian's $suite ($(megabytes_of "$@") MB)"
	said=$(cd "$new/debs" && apt-get -qq "${apt[@]}" download "$@" 2>&1) || {
		say "that failed: $(grep -m 1 '^[EW]:' <<<"$said")"
		return 1
	}
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

# The cache's entry NAME stands for is current for a week.
current() {
	[[ -e $cache/$1/complete ]] && younger "$cache/.checked.$1" 10080
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

# What the script that calls provide() may define in another way: what an entry is made by beside
# its packages, which its name ends with; whether it is up to date; what has to be there to
# make it.
recipe() {
	sha256sum <"$script" | head -c 12
}

up_to_date() {
	current "$1" && [[ $(readlink "$cache/$1") == *_$(recipe) ]]
}

need_tools() {
	:
}

# provide NAME FIND MAKE: prints the folder of the cache's entry for NAME. If
# it is missing or old, FIND says which it should be ($entry) and of which
# packages, and MAKE fills $new from them. Without a network an older entry has to do.
provide() {
	up_to_date "$1" || {
		lock_cache "$1"
		up_to_date "$1" || renew "$@"
	}
	readlink -f "$cache/$1"
}

renew() {
	local name=$1 find=$2 make=$3 entry packages suite reached=yes
	command -v apt-cache >/dev/null ||
		die "$name comes from Debian's packages: this needs apt and dpkg"
	if "$find" "$name"; then
		[[ ! -e $cache/$entry/complete ]] || {
			set_current "$name" "$entry"
			return
		}
		need_tools
		begin_entry
		if download "${packages[@]}"; then
			"$make"
			finish_entry "$entry"
			set_current "$name" "$entry"
			return
		fi
	fi
	[[ -e $cache/$name/complete ]] ||
		die "there is no $name in the cache, and $(why_not "$name")"
	say "making do with $(basename "$(readlink "$cache/$name")")"
}

why_not() {
	local suites
	suites=$(suites_of "$1" | paste -sd ' ')
	if [[ -z $reached ]]; then
		echo "Debian can't be reached"
	elif [[ -n ${packages[*]-} ]]; then
		echo "Debian does not give it"
	else
		echo "Debian has none any more (${suites// /, })"
	fi
}

# programs_in FOLDER: what this machine would start of it without an interpreter.
programs_in() {
	find "$1" -type f -perm -1 | while read -r file; do
		[[ $(head -c 4 "$file" | od -An -tx1) != *"7f 45 4c 46" ]] || echo "$file"
	done
}

# wrap TOOLS PROGRAM: from now on PROGRAM starts by the C library in the folder TOOLS;
# for itself and for those it calls it is where it was.
wrap() {
	local folder=${2%/*} name=${2##*/}
	mkdir -p "$folder/.wrapped"
	mv "$2" "$folder/.wrapped/$name"
	cat >"$2" <<-END
	#!/bin/sh
	exec "$1/ld.so" --library-path "$1/lib" --argv0 "\$0" "\${0%/*}/.wrapped/$name" "\$@"
	END
	chmod +x "$2"
}
