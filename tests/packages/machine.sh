# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
#
# A machine of a person's: a disk with Debian on it, worked on from outside at the
# processor's own speed, or booted with systemd under QEMU.

source tests/vm/machine.sh
processor=amd64 kernel=packages counting=''

# inside MOUNT COMMAND: runs it in the root that `mount MOUNT ROOT` gives, with mounts and
# processes of its own, which end with it. Packages that apt fetches stay in the cache.
inside() {
	mkdir -p "$folder/root" "$cache/packages-archives/partial"
	# shellcheck disable=SC2016,SC2086 # it is the inner shell that expands these; words
	unshare --mount --pid --fork --kill-child bash -c '
		root=$1 archives=$2 command=$3
		shift 3
		mount "$@" "$root" && mount -t proc proc "$root/proc" &&
			mount --rbind /dev "$root/dev" &&
			mount -t sysfs -o ro sys "$root/sys" &&
			mount --bind "$archives" "$root/var/cache/apt/archives" || exit
		cp /etc/resolv.conf "$root/etc/resolv.conf"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive chroot "$root" bash -c "$command"' \
		- "$folder/root" "$cache/packages-archives" "$2" $1 </dev/null
}

# The words of a mount: of a cached root with a layer of this run's, and of the disk.
layered() {
	mkdir -p "$folder/$2-layer" "$folder/$2-work"
	echo "-t overlay root -o lowerdir=$1,upperdir=$folder/$2-layer,workdir=$folder/$2-work"
}

on_disk() { echo "-o loop $disk"; }

# make_disk MOUNT: from what `mount MOUNT` shows, with the kernel's files beside it.
make_disk() {
	# shellcheck disable=SC2016,SC2086
	unshare --mount bash -c '
		root=$1 disk=$2
		shift 2
		mount "$@" "$root" && mke2fs -q -t ext4 -d "$root" "$disk" 5G' \
		- "$folder/root" "$disk" $1
}

# boot KERNEL ARGUMENT...: until it powers itself off, at most $limit seconds. KERNEL is
# a release that is on the disk, started as $loader says: by QEMU, or by firmware with
# Secure Boot. What the console said is in $console_log.
boot() {
	local release=$1 accelerator board console dir=$folder status=0 arguments words
	shift
	get_boot_files "$release" || return
	arguments="root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off cryptomgr.notests"
	arguments+=" random.trust_cpu=on systemd.show_status=0 $*"
	choose_board
	choose_accelerator
	# One processor: with two in emulation, one may run what the other has just patched,
	# and a kernel that patches itself may end there: seen in one boot of eight.
	words=(-name "packages-$suite" -smp 1 -m 2G "${accelerator[@]}" -nodefaults
		-display none -no-user-config -chardev "file,id=console,path=$console_log,append=on"
		-drive "file=$disk,format=raw,if=none,id=disk,cache=unsafe"
		-device 'virtio-blk-pci,drive=disk')
	"start_$loader" "$arguments"
	timeout -k 10 "$limit" setpriv --pdeathsig KILL "$emulator" "${words[@]}" </dev/null \
		>"$folder/qemu" 2>&1 || status=$?
	[ "$status" = 0 ] || cat "$folder/qemu"
	return "$status"
}

# What a boot loader would read.
get_boot_files() {
	inside "$(on_disk)" "cat /boot/vmlinuz-$1 2>/dev/null || cat /usr/lib/modules/$1/vmlinuz" \
		>"$folder/vmlinuz" &&
		inside "$(on_disk)" "cat /boot/initrd.img-$1" >"$folder/initrd"
}

start_direct() {
	words+=("${board[@]}" -kernel "$folder/vmlinuz" -initrd "$folder/initrd"
		-append "$1 tsc=reliable no_timer_check")
}

# Firmware that trusts Microsoft's keys, as bought; by them Debian's shim, by that GRUB and
# the kernel. prepare_firmware has the owner's key in its variables.
start_secure() {
	local efi=$folder/efi
	mkdir -p "$efi/EFI/debian"
	cp "$folder/vmlinuz" "$folder/initrd" "$efi"
	printf '%s\n' "linux /vmlinuz $1" 'initrd /initrd' boot >"$efi/EFI/debian/grub.cfg"
	words+=(-M 'q35,smm=on' -global 'driver=cfi.pflash01,property=secure,value=on'
		-drive "if=pflash,format=raw,unit=0,file=$folder/firmware,readonly=on"
		-drive "if=pflash,format=raw,unit=1,file=$folder/variables"
		-device 'isa-serial,chardev=console'
		-drive "file=fat:rw:$efi,format=raw,if=none,id=efi" -device 'ide-hd,drive=efi')
}

# prepare_firmware CERTIFICATE: as somebody did who enrolled it at the blue screen.
prepare_firmware() {
	local root efi=$folder/efi/EFI/BOOT
	root=$(cached_root packages-firmware trixie ovmf shim-signed grub-efi-amd64-signed \
		python3-virt-firmware openssl) || return
	mkdir -p "$efi" "$folder/firmware-layer"
	cp "$root/usr/share/OVMF/OVMF_CODE_4M.secboot.fd" "$folder/firmware" &&
		cp "$root/usr/lib/shim/shimx64.efi.signed" "$efi/BOOTX64.EFI" &&
		cp "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$efi/grubx64.efi" &&
		cp "$1" "$folder/firmware-layer/key" &&
		inside "$(layered "$root" firmware)" 'openssl x509 -inform der -in /key -out /key.pem &&
			virt-fw-vars -i /usr/share/OVMF/OVMF_VARS_4M.ms.fd -o /variables \
				--add-mok 605dab50-e046-4300-abb6-3dd810dd8b23 /key.pem' &&
		cp "$folder/firmware-layer/variables" "$folder/variables"
}
