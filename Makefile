# SPDX-License-Identifier: GPL-2.0
#
# What a person types. `make help` lists it.

# Of tests, VMs and the demo; the module is built for the running kernel unless
# KERNEL is given.
KERNEL ?= 6.1
# The one that takes longest first.
KERNELS ?= kasan 6.1 6.12 6.12-rt 7.3 kcsan
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
# Where Debian's Python looks: below /usr for packages, below /usr/local for others.
PYTHONDIR ?= $(PREFIX)/lib/$(if $(filter /usr,$(PREFIX)),python3,$(python))/dist-packages
DESTDIR ?=
# What of the system's part is installed, of module, mount, devices and keep.
SYSTEM ?= module mount devices keep
TIME ?= 10m
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build

python = $(shell python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
# The extension is optional: without Python's headers the package does without it.
python_include = $(shell python3 -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)
extension := build/python/_reader.abi3.so
# The one place that has it. The part before the dot names the library's ABI.
VERSION := 1.6
SONAME := libmsgslot.so.$(firstword $(subst ., ,$(VERSION)))
CFLAGS ?= -O2 -g
# Programs for a kernel of another processor are built by its compiler, apart.
PROCESSOR := $(filter arm64 i386,$(lastword $(subst -, ,$(KERNEL))))
B := $(if $(PROCESSOR),build/$(PROCESSOR),build)
ifneq ($(PROCESSOR),)
CC = $(shell tests/kernels/userland $(PROCESSOR))/bin/cc
AR = $(shell tests/kernels/userland $(PROCESSOR))/bin/ar
endif
WARNINGS := -Wall -Wextra
driver := Kbuild include/message_slot.h $(wildcard driver/*.h driver/*/*.[ch])
lib_headers := $(wildcard lib/*.h lib/*.hpp) include/message_slot.h
lib_objects := $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c))
lib := $(B)/lib/libmsgslot.a $(B)/lib/libmsgslot.so $(B)/lib/msgslot.pc
msgslot := $(wildcard programs/msgslot/*.[ch])
# The bridge takes libraries that msgslot does without: it is built where they are, with the
# engines whose library is there.
bridge_sources := $(filter-out $(addprefix programs/bridge/,engine_% mqtt_% nats_%),$(wildcard programs/bridge/*.c)) \
	programs/bridge/engine_queue.c \
	$(addprefix programs/msgslot/,bridge.c command.c companion.c complaint.c duration.c fact.c failure.c message.c \
	name.c number.c slot.c text.c timestamp.c)
bridge_headers := $(wildcard programs/bridge/*.h programs/msgslot/*.h)
has_header = $(shell printf '\#include <$1>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
ifeq ($(PROCESSOR),)
bridge_engines := $(if $(call has_header,nats/nats.h),nats) $(if $(call has_header,mosquitto.h),$(if $(call has_header,openssl/ssl.h),mqtt))
bridge := $(if $(strip $(bridge_engines)),$(if $(call has_header,yaml.h),$(if $(call has_header,systemd/sd-daemon.h),$(if $(call has_header,lmdb.h),$(B)/bin/msgslot-bridge))))
endif
bridge_nats := -lnats
bridge_mqtt := -lmosquitto -lssl -lcrypto
# Likewise.
serve := $(wildcard programs/serve/*.[ch] programs/serve/page/*)
serve_shares := $(patsubst %,programs/msgslot/%.c,argument bytes complaint duration fact failure json \
	message name number slot text timestamp)
has_microhttpd := $(if $(PROCESSOR),,$(if $(call has_header,gnutls/gnutls.h),$(call has_header,microhttpd.h)))
programs := $(patsubst programs/%.c,$(B)/bin/%,$(wildcard programs/*.c)) $(B)/bin/msgslot $(bridge) \
	$(if $(has_microhttpd),$(B)/bin/msgslot-serve)
examples := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
tests := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/contract/*.c tests/races/*.c tests/faults/*.c tests/library/*.c \
	tests/hostile/*.c tests/slotfs/*.c) $(if $(PROCESSOR),,$(addprefix tests/native/,history.c mapped.c neighbour.c pace.c) \
	$(if $(bridge),tests/bridge/value.c)))
# Those of what has to look the same to 32-bit programs, where they can be built.
tests32 := $(if $(filter x86_64,$(PROCESSOR)$(shell uname -m)),$(patsubst tests/%.c,build/tests32/%, \
	$(wildcard $(addprefix tests/,contract/mapping*.c races/mapped*.c contract/lane*.c races/lane*.c)) \
	$(wildcard tests/contract/stranger*.c) $(addprefix tests/slotfs/,descriptor.c file.c name.c) \
	$(addprefix tests/contract/,commit.c counters.c frame.c read.c record.c select.c snapshot.c wait.c watch.c \
	write.c)))
# The harness is not made for types of 32 bits, of which the warnings here are.
flags32 := -D_FILE_OFFSET_BITS=64 -Wno-sign-compare -Wno-pointer-to-int-cast -Wno-psabi

.PHONY: all module lib programs examples tests demo check check-all packages-check hosts bench model plants soak bridge-soak fuzz coverage gate format test vm install install-user uninstall deb clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: lib programs module ## build the library, the programs, and the module for the running kernel

demo: ## see it work: install what is missing, build, boot a VM, play a session
	@demo/run

check: ## test everything: the quick gate, then every test on every one of KERNELS
	@tests/check $(KERNELS)

check-all: ## check, and what takes hours: other processors, histories, fuzzing
	@tests/check --all $(KERNELS)

packages-check: ## packages on Debian 12 and 13: build, install, boot, update, remove (root; long)
	@tests/packages/run bookworm trixie

HOSTS ?= bookworm trixie testing
hosts: ## demo, gate and a kernel's contract tests in fresh roots of HOSTS (root; long)
	@tests/hosts $(HOSTS)

bench: ## measure costs beside those of other IPC; writes doc/figures.md
	@bench/run

model: ## have spin go through the model of mapped reads (doc/model.md)
	@tests/model/run

plants: ## plant bugs in copies of the module: each has to be caught (twenty minutes)
	@tests/plants/run

soak: programs tests ## record and check histories for TIME=10m, on um unless KERNEL is given
	@tests/soak $(if $(filter file,$(origin KERNEL)),um,$(KERNEL)) $(TIME)

bridge-soak: programs lib ## have two machines with bridges go through faults for TIME=10m
	@tests/bridge/lab/soak $(TIME)

fuzz: tests build/fuzz/fuzz ## make up calls for TIME=10m that follow where the module has not been
	@tests/fuzz/run $(TIME)

coverage: ## which lines of the module the tests run: make coverage T=contract/
	@tests/coverage/run $(T)

gate: ## the quick gate alone: format, style, static analysis, warnings
	@tests/gate

format: ## put all C files in the kernel's format
	@clang-format --style=file:$$(tests/kernels/source)/.clang-format -i \
		$$(git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.hpp')

test: programs tests ## run tests on one kernel: make test KERNEL=6.12 T=ids
	@tests/need -w "run the tests" python3 dash busybox=busybox-static rsync inotifywait=inotify-tools \
		curl ip=iproute2 openssl promtool=prometheus
	@tests/vm/run -k $(KERNEL) -- tests/run $(T) </dev/null

vm: programs ## a shell in a VM with KERNEL, the module loaded, /dev/slot0 and /dev/slot1 there
	@tests/vm/run -k $(KERNEL) -- bash

ifeq ($(origin KERNEL),file)
module: ## build the module; with KERNEL=7.3 (6.1, 6.12-rt, newest, kasan, 6.12-arm64...) for that kernel
	@driver/build "$(KDIR)" build/host
else
module: build/$(KERNEL)/message_slot.ko
endif

lib: $(lib) $(if $(PROCESSOR),,$(if $(wildcard $(python_include)/Python.h),$(extension))) ## build libmsgslot, shared and static

programs: $(programs) ## build message_sender, message_reader, msgslot; msgslot-serve and -bridge where their libraries are
	$(if $(bridge)$(PROCESSOR),,@echo "make: without msgslot-bridge, which takes libyaml-dev, libsystemd-dev, liblmdb-dev, and libnats-dev, or libmosquitto-dev and libssl-dev" >&2)
	$(if $(has_microhttpd)$(PROCESSOR),,@echo "make: without msgslot-serve, which takes libmicrohttpd-dev and libgnutls28-dev" >&2)

examples: $(examples) ## build the examples

tests: $(tests) $(tests32) $(examples) $(lib) $(if $(PROCESSOR),,build/tests/bridge/engine build/tests/fuzz/replay build/tests/client/c11-shared $(extension) build/bin/msgslot-serve) ## build the tests

$(B)/bin/%: programs/%.c include/message_slot.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=c11 -Iinclude $(LDFLAGS) -o $@ $<

# The same objects for both.
$(B)/lib/%.o: lib/%.c $(lib_headers) Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -fPIC -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-DVERSION='"$(VERSION)"' -Iinclude -Ilib -c -o $@ $<

$(B)/lib/libmsgslot.a: $(lib_objects)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/lib/libmsgslot.so.$(VERSION): $(lib_objects) lib/libmsgslot.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs \
		-Wl,--version-script=lib/libmsgslot.map -o $@ $(lib_objects)

$(B)/lib/libmsgslot.so: $(B)/lib/libmsgslot.so.$(VERSION)
	@ln -sf $(<F) $(B)/lib/$(SONAME)
	@ln -sf $(SONAME) $@

# It has folders in it, which make does not compare: it is new only if it differs.
$(B)/lib/msgslot.pc: lib/msgslot.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		$< >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

build/python/_%.abi3.so: python/%.c lib/msgslot.h build/lib/libmsgslot.so Makefile
	@mkdir -p $(@D)
	@tests/need -w "build the Python extension" gcc libc6-dev python3-dev
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -fPIC -shared -isystem $(python_include) \
		-Iinclude -Ilib $(LDFLAGS) -o $@ $< -Lbuild/lib -lmsgslot

# Without dpkg nobody can say whether a library is there but the compiler.
$(B)/bin/msgslot: $(msgslot) $(lib_headers) $(B)/lib/libmsgslot.a Makefile
	@mkdir -p $(@D)
	@tests/need -w "build msgslot" gcc gcc=libc6-dev gcc=libjansson-dev \
		gcc=libncurses-dev gcc=nettle-dev gcc=zlib1g-dev
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -D_GNU_SOURCE \
		-Iinclude -Ilib $(LDFLAGS) -o $@ $(filter %.c %.a,$^) -ljansson -lncursesw -ltinfo -lnettle -lz

$(B)/bin/msgslot-bridge: $(bridge_sources) $(bridge_headers) $(foreach engine,$(bridge_engines),$(wildcard programs/bridge/engine_$(engine).c programs/bridge/$(engine)_*.c)) $(lib_headers) $(B)/lib/libmsgslot.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -D_GNU_SOURCE -pthread $(bridge_engines:%=-DBRIDGE_%) \
		-Iinclude -Ilib $(LDFLAGS) -o $@ $(filter %.c %.a,$^) \
		$(foreach engine,$(bridge_engines),$(bridge_$(engine))) -lyaml -lsystemd -ljansson -lnettle -llmdb

$(B)/bin/msgslot-serve: $(serve) $(msgslot) $(lib_headers) $(B)/lib/libmsgslot.a Makefile
	@mkdir -p $(@D)
	@tests/need -w "build msgslot-serve" gcc gcc=libc6-dev gcc=libjansson-dev \
		gcc=libmicrohttpd-dev gcc=libgnutls28-dev gcc=nettle-dev
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -D_GNU_SOURCE -Iinclude -Ilib -Iprograms/serve \
		-Iprograms/msgslot $(LDFLAGS) -o $@ $(filter programs/serve/%.c,$^) $(serve_shares) \
		$(B)/lib/libmsgslot.a -lmicrohttpd -lgnutls -ljansson -lnettle

$(B)/examples/%: examples/%.c $(lib_headers) $(B)/lib/libmsgslot.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -std=gnu11 -Iinclude -Ilib -o $@ $< $(B)/lib/libmsgslot.a

$(filter $(B)/tests/library/%,$(tests)): $(B)/lib/libmsgslot.so lib/msgslot.h
$(B)/tests/library/%: LDLIBS := -L$(B)/lib -lmsgslot -Wl,-rpath,'$$ORIGIN/../../lib'

# For a kernel of 32 bits all of them are such programs.
$(B)/tests/%: FLAGS := $(if $(filter i386,$(PROCESSOR)),$(flags32))
$(B)/tests/%: tests/%.c include/message_slot.h $(wildcard tests/lib/*)
	@tests/need -w "build the tests" gcc libc6-dev liburing-dev
	$(build_test)

$(filter $(B)/tests/native/%,$(tests)): $(addprefix tests/native/,native.h neighbour.h threads.h pace.h)
$(B)/tests/native/%: FLAGS := -Itests/native
$(B)/tests/native/pace: $(B)/lib/libmsgslot.a lib/msgslot.h
$(B)/tests/native/pace: LDLIBS := $(B)/lib/libmsgslot.a

# What travels between bridges, without the rest of them.
value := $(addprefix programs/,$(addprefix bridge/,envelope.c key.c term.c) \
	$(addprefix msgslot/,complaint.c duration.c number.c timestamp.c))
$(B)/tests/bridge/value: $(value) $(wildcard programs/bridge/*.h)
$(B)/tests/bridge/value: LDLIBS := $(value) -lnettle
$(B)/tests/bridge/value: FLAGS := -D_GNU_SOURCE

$(filter %/contract/stranger_long %/contract/stranger_number %/contract/stranger_pointer,$(tests) $(tests32)): \
	tests/contract/stranger.c

build/tests32/%: FLAGS := -m32 $(flags32)
build/tests32/%: tests/%.c include/message_slot.h $(wildcard tests/lib/*)
	@tests/need -w "build 32-bit tests" gcc gcc-multilib
	$(build_test)

# They are many, and -O1 takes a third less to build.
define build_test
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -O1 $(WARNINGS) -Werror -std=gnu11 -pthread -Iinclude -Ilib \
		-Itests/lib -I$$(tests/kernels/source)/tools/testing/selftests -o $@ $< $(LDLIBS)
endef

# Somebody else's programs, against the library as it is installed.
build/tests/client/c11-shared: $(wildcard tests/client/*) README.md $(lib_headers) $(lib) \
		$(programs) packaging/install_user
	@tests/need -w "build programs against the library" gcc g++ libc6-dev pkg-config
	@rm -rf build/tests/client
	@packaging/install_user "$(CURDIR)/build/tests/client/root" "$(PREFIX)" "$(LIBDIR)" \
		"$(PYTHONDIR)" >/dev/null
	tests/client/build "$(CURDIR)/build/tests/client/root" build/tests/client

$(addprefix $(B)/tests/,$(addprefix contract/,uring uring_command uring_link uring_record) races/passing hostile/rings): LDLIBS := -luring

# An engine of the bridge's by itself.
build/tests/bridge/engine: tests/bridge/lab/engine.c $(wildcard programs/bridge/*.[ch]) \
		$(addprefix programs/msgslot/,complaint.c complaint.h timestamp.c timestamp.h)
	@mkdir -p $(@D)
	@tests/need -w "build the bridge's tests" gcc libc6-dev gcc=libnats-dev \
		gcc=libmosquitto-dev gcc=libssl-dev gcc=libjansson-dev
	$(CC) $(CFLAGS) $(WARNINGS) -std=gnu11 -D_GNU_SOURCE -DBRIDGE_nats -DBRIDGE_mqtt \
		-pthread -Iinclude -Ilib -o $@ $< $(wildcard $(addprefix programs/bridge/,engine*.c mqtt_*.c nats_*.c)) \
		$(addprefix programs/msgslot/,complaint.c timestamp.c) \
		-lnats -lmosquitto -lssl -lcrypto -ljansson

# The same acts for both: replay runs inputs, fuzz looks for new ones.
fuzz := $(filter-out tests/fuzz/coverage.c tests/fuzz/fuzzer.c tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
fuzz_flags := $(CFLAGS) $(WARNINGS) -Werror -std=gnu11 -D_GNU_SOURCE -pthread -Iinclude -Ilib

build/tests/fuzz/replay: tests/fuzz/replay.c $(fuzz) $(wildcard tests/fuzz/*.h) $(lib_headers) build/lib/libmsgslot.a
	@mkdir -p $(@D)
	@tests/need -w "build the tests" gcc libc6-dev liburing-dev
	$(CC) $(fuzz_flags) -o $@ $(filter %.c %.a,$^) -luring

build/fuzz/fuzz: tests/fuzz/fuzzer.c tests/fuzz/coverage.c $(fuzz) $(wildcard tests/fuzz/*.h) $(lib_headers) build/lib/libmsgslot.a
	@mkdir -p $(@D)
	@tests/need -w "build the fuzzer" clang libclang-rt-dev libc6-dev liburing-dev
	clang $(fuzz_flags) -fsanitize=fuzzer -o $@ $(filter %.c %.a,$^) -luring

# What requests are taken apart by, for tests/serve/fuzz.
serve_fuzz := tests/serve/fuzz.c $(addprefix programs/serve/,access.c address.c condition.c route.c)
build/fuzz/serve: $(serve_fuzz) $(wildcard programs/serve/*.h) $(msgslot)
	@mkdir -p $(@D)
	@tests/need -w "build the fuzzer" clang libclang-rt-dev gcc=nettle-dev
	clang $(CFLAGS) $(WARNINGS) -Werror -std=gnu11 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
		-Iinclude -Ilib -Iprograms/serve -Iprograms/msgslot -o $@ $(serve_fuzz) \
		$(patsubst %,programs/msgslot/%.c,argument complaint duration number) -lnettle

# What the bridge takes apart: values of stores, and configurations.
bridge_fuzz_value := $(addprefix programs/bridge/,envelope.c key.c term.c)
bridge_fuzz_config := $(addprefix programs/bridge/,config.c engine.c key.c problem.c rule.c) \
	-Wl,--wrap=complain
build/fuzz/bridge_%: tests/bridge/lab/fuzz_%.c $(wildcard programs/bridge/*.[ch]) $(msgslot) build/lib/libmsgslot.a
	@mkdir -p $(@D)
	@tests/need -w "build the fuzzer" clang libclang-rt-dev gcc=nettle-dev gcc=libyaml-dev
	clang $(CFLAGS) $(WARNINGS) -Werror -std=gnu11 -D_GNU_SOURCE -DBRIDGE_nats -DBRIDGE_mqtt \
		-fsanitize=fuzzer,address,undefined -Iinclude -Ilib -Iprograms/bridge -o $@ $< \
		$(bridge_fuzz_$*) $(patsubst %,programs/msgslot/%.c,complaint duration number timestamp) \
		build/lib/libmsgslot.a -lnettle -lyaml

build/bench/%: bench/%.c $(wildcard bench/*.h bench/means/*.h) $(lib_headers) build/lib/libmsgslot.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -Werror -std=gnu11 -pthread -Iinclude -Ilib -Ibench -o $@ $< \
		build/lib/libmsgslot.a $(LDLIBS)

# A plugin of QEMU's.
build/bench/%.so: bench/%.c bench/mark.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -Werror -std=gnu11 -shared -fPIC -o $@ $<

build/bench/uring: LDLIBS := -luring
build/bench/redis: LDLIBS := -lhiredis
build/bench/zeromq: LDLIBS := -lzmq
build/bench/mqtt: LDLIBS := -lmosquitto
build/bench/bridge: LDLIBS := -lnats -lmosquitto
build/bench/iceoryx build/bench/pingpong: CFLAGS += -isystem /usr/include/iceoryx/v2.0.3
build/bench/iceoryx build/bench/pingpong: LDLIBS := -liceoryx_binding_c

# Kbuild leaves its objects beside the sources, so every kernel gets a tree of
# links to them. make can't know whether that kernel is still the newest one:
# Kbuild is always asked, and copies nothing that did not change.
build/%/message_slot.ko: $(driver) FORCE
	@kernel=$$(tests/kernels/kernel $*) && driver/build "$$kernel/build" build/$*

# Says which of its lines and branches were run.
build/coverage/message_slot.ko: export KBUILD_OPTIONS := GCOV_PROFILE=y KCOV_INSTRUMENT=y

install: lib programs ## install module, library, programs, and what has it there at boot (root)
	@driver/build "$(KDIR)" build/host
	@packaging/install "$(KVER)" "$(DESTDIR)" "$(PREFIX)" "$(LIBDIR)" "$(PYTHONDIR)"
	@packaging/install_system "$(DESTDIR)" "$(PREFIX)" $(SYSTEM)

install-user: lib programs ## all of install but the module: for containers and build machines
	@packaging/install_user "$(DESTDIR)" "$(PREFIX)" "$(LIBDIR)" "$(PYTHONDIR)"

uninstall: ## undo install (root)
	@packaging/uninstall "$(KVER)" "$(DESTDIR)" "$(PREFIX)" "$(LIBDIR)" "$(PYTHONDIR)"

deb: ## build Debian packages of what is in this folder, into build/deb
	@packaging/deb build/deb

clean: ## remove what was built (kernels stay in the cache)
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
