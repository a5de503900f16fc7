# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The machine that tests/vm/run boots, in the words of QEMU's command line: for
# each $processor, as Debian calls it, an emulator, a board and a console. A kernel
# that is a program is one in the words of its own.

# Used by those who read this in.
# shellcheck disable=SC2034,SC2154

is_program() {
	[[ $kernel == um* ]]
}

choose_board() {
	case $processor in
	arm64)
		emulator=qemu-system-aarch64
		package=qemu-system-arm
		# One with atomic instructions, and without those that sign pointers,
		# which take long to emulate.
		board=(-M virt -cpu neoverse-n1 -serial chardev:console)
		console=ttyAMA0 ;;
	*)
		emulator=qemu-system-x86_64
		[[ $processor != i386 ]] || emulator=qemu-system-i386
		package=qemu-system-x86
		# What hotplug adds to the ACPI tables is most of what there is to interpret.
		board=(-M pc
			-global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off
			-global PIIX4_PM.acpi-root-pci-hotplug=off
			-device 'isa-serial,chardev=console')
		console=ttyS0 ;;
	esac
}

find_tools() {
	local tool tools=("$emulator" busybox cpio) packages=("$emulator=$package")
	! is_program || { tools=(busybox cpio) && packages=(); }
	for tool in "${tools[@]}"; do
		command -v "$tool" >/dev/null || {
			"$here/../need" -w "boot a virtual machine" \
				"${packages[@]}" busybox=busybox-static cpio
			return
		}
	done
}

# A boot sector that leaves through the debug-exit port, with status 85.
write_probe() {
	{
		printf '\xb0\x2a\xe6\xf4\xf4'
		head -c 505 /dev/zero
		printf '\x55\xaa'
	} >"$1"
}

# That /dev/kvm is there does not mean that guests start: nested machines often
# promise what they don't have, and some that run a boot sector run no kernel.
kvm_works() {
	local status=0
	grep -qwE 'vmx|svm' /proc/cpuinfo && [[ -w /dev/kvm ]] || return 1
	write_probe "$dir/probe"
	timeout 10 "$emulator" -accel kvm -nodefaults -display none \
		-device isa-debug-exit,iobase=0xf4,iosize=1 \
		-drive "file=$dir/probe,format=raw" </dev/null >/dev/null 2>&1 || status=$?
	[[ $status == 85 ]]
}

choose_accelerator() {
	if [[ -n $counting ]]; then
		# A copy by "rep movsb" would count as one instruction.
		accelerator=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off'
			-cpu 'max,-erms,-fsrm,-la57')
	elif [[ $processor == arm64 ]]; then
		accelerator=(-accel 'tcg,thread=multi')
	elif kvm_works; then
		accelerator=(-accel kvm -cpu host)
	elif [[ $processor == i386 ]]; then
		# As AMD's, "max" would be an Athlon that is not made for SMP.
		accelerator=(-accel 'tcg,thread=multi' -cpu 'max,vendor=GenuineIntel')
	else
		# The five-level page tables of "max" make every miss dearer.
		accelerator=(-accel 'tcg,thread=multi' -cpu 'max,-la57')
	fi
}

# What every kernel is told.
common_arguments() {
	local arguments=(
		loglevel=5
		# Whatever goes wrong ends the machine.
		panic=-1 oops=panic panic_on_warn=1 softlockup_panic=1
		# Under emulation on a busy machine a processor may stand for long.
		watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120
		# A merged slab cache would hide that the module's still has objects.
		slab_nomerge
		rdinit=/init
	)
	echo "${arguments[*]}"
}

boot_arguments() {
	local arguments=("console=$console" "$(common_arguments)"
		# What costs time at boot and finds nothing here.
		mitigations=off cryptomgr.notests random.trust_cpu=on)
	[[ $processor == arm64 ]] || arguments+=(tsc=reliable cpu_init_udelay=0
		no_timer_check 8250.nr_uarts=1)
	# One of 32 bits puts devices where there are none without it.
	[[ $processor != amd64 ]] || arguments+=(pci=noacpi)
	# The time stamp counter is the instruction counter then; and as idle time
	# flies, whoever waits for the host would seem to hang.
	[[ -z $counting ]] || arguments+=(tsc_early_khz=1000000 nowatchdog
		rcupdate.rcu_cpu_stall_suppress=1 sysctl.kernel.hung_task_timeout_secs=0)
	echo "${arguments[*]}"
}

port() {
	devices+=(-chardev "$2,id=$1" -device "virtserialport,chardev=$1,name=$1")
}

# A folder of this machine's, for the guest to read.
share() {
	devices+=(-fsdev "local,id=$1,path=$2,security_model=none,readonly=on,multidevs=remap"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# A file of this machine's that the guest has as memory, on a PCI card.
keep_memory() {
	devices+=(-object "memory-backend-file,id=record,mem-path=$1,size=1M,share=on"
		-device 'ivshmem-plain,memdev=record')
}

describe_machine() {
	local devices=(-device 'virtio-serial-pci,max_ports=8')
	port verdict "file,path=$dir/verdict"
	port log "file,path=$dir/log"
	port control "pipe,path=$dir/control"
	[[ -z ${VM_RECORD:-} ]] || keep_memory "$VM_RECORD"
	if [[ -n $terminal ]]; then
		devices+=(-chardev 'stdio,id=terminal,signal=off,mux=on'
			-echr 29 -device 'virtconsole,chardev=terminal')
	else
		port stdin stdio
		port stdout "file,path=$dir/stdout"
		port stderr "file,path=$dir/stderr"
	fi
	share root "$root"
	[[ $root == / ]] || share host /
	machine=(-name "message-slot-$kernel"
		-smp "$cpus" -m "$memory" "${accelerator[@]}"
		-nodefaults -display none -no-reboot -no-user-config
		-chardev "file,id=console,path=$dir/console" "${board[@]}"
		-kernel "$image/vmlinux" -initrd "$dir/initramfs.cpio"
		-append "$(boot_arguments)"
		"${devices[@]}")
}

# A line that goes to the machine or comes from it: NAME and the file descriptors of
# this shell's. The guest finds it by that name.
line() {
	local number=${#lines[@]}
	lines+=("ssl$number=$2,$3")
	ln -s "/dev/ttyS$number" "$dir/job/vm/ports/$1"
}

# More than one processor goes by seccomp alone. What the kernel says goes to standard
# error until there are lines; to restart is to begin the program anew.
describe_program() {
	local lines=() terminal_line=null
	rm -rf "$dir/job/vm/ports"
	mkdir -p "$dir/job/vm/ports" "$dir/um"
	line console null "fd:$messages"
	line verdict null "fd:$verdict"
	line control "fd:$control" null
	line log null "fd:$log"
	# Each half of it a descriptor of its own.
	if [[ -n ${VM_LINK:-} ]]; then
		exec {link}>&"$VM_LINK"
		line link "fd:$VM_LINK" "fd:$link"
	fi
	if [[ -n $terminal ]]; then
		terminal_line=fd:0,fd:1
		ln -s /dev/tty0 "$dir/job/vm/ports/terminal"
	else
		line stdout null "fd:$stdout"
		line stderr null "fd:$stderr"
		ln -s /run/vm/stdin "$dir/job/vm/ports/stdin"
	fi
	# shellcheck disable=SC2207 # words
	machine=("mem=$memory" "ncpus=$cpus" seccomp=on noreboot "uml_dir=$dir/um"
		stderr=1 console=ttyS0
		"initrd=$dir/initramfs.cpio" "con0=$terminal_line" con=null ssl=null
		"${lines[@]}" $(common_arguments))
}
