# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Roots of Debian's releases, kept in the cache for a week as kernels are. For those
# who read in tests/kernels/common.sh before.
# shellcheck disable=SC2154

# What builds the packages, as debian/control has it, and what looks at them.
build_packages=(build-essential debhelper dh-dkms dh-python python3-dev
	libgnutls28-dev libjansson-dev liblmdb-dev libmicrohttpd-dev libmosquitto-dev libnats-dev
	libncurses-dev libssl-dev libsystemd-dev libyaml-dev nettle-dev pkg-config zlib1g-dev
	lintian fakeroot)
# A machine of a person's: its kernel, its init, what DKMS asks for; the libraries whose names
# each release has others for come with what they are developed with.
machine_packages=(systemd-sysv udev dbus kmod initramfs-tools linux-image-amd64
	linux-headers-amd64 dkms openssl python3 libjansson4 libmicrohttpd-dev libmosquitto1
	libnats-dev libyaml-0-2 liblmdb0 man-db bash-completion gcc libc6-dev)

# How this machine's apt gets at packages is how the root's does.
root_options() {
	local line
	apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy) ' |
		while read -r line; do
			echo "--aptopt=$line"
		done
}

# make_root SUITE FOLDER PACKAGE...: with the suite's backports to choose from, whose
# packages nobody gets who does not ask for them.
make_root() {
	local suite=$1 folder=$2 options site
	shift 2
	mapfile -t options < <(root_options)
	site=$(site_of_debian)
	# A small initramfs: emulated processors are slow to unpack it.
	mmdebstrap --quiet "${options[@]}" --variant=minbase \
		--include="$(IFS=,; echo "$*")" \
		--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" &&
			echo MODULES=list >"$1/etc/initramfs-tools/conf.d/small" &&
			printf "%s\n" virtio_pci virtio_blk ext4 >"$1/etc/initramfs-tools/modules"' \
		--skip=cleanup/apt/lists \
		"$suite" "$folder" "deb $site $suite main" "deb $site $suite-backports main"
}

# cached_root NAME SUITE PACKAGE...: prints the folder of such a root in the cache.
cached_root() {
	local name suite=$2 new
	name=$1-$(cksum <<<"${*:3}" | cut -d ' ' -f 1)
	shift 2
	current "$name" || {
		lock_cache "$name"
		current "$name" || {
			say "making a root of Debian's $suite for $name (some hundred MB)"
			begin_entry
			make_root "$suite" "$new/root" "$@" >&2 || die "$name could not be made"
			finish_entry "$name-$(date +%Y%m%d)"
			set_current "$name" "$name-$(date +%Y%m%d)"
		}
	}
	echo "$(readlink -f "$cache/$name")/root"
}

build_root() { cached_root "packages-build-$1" "$1" "${build_packages[@]}"; }
machine_root() { cached_root "packages-machine-$1" "$1" "${machine_packages[@]}"; }
