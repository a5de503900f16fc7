#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libmosquitto 2.0.11 (Debian 12): a client without a thread, whose program polls its socket
# itself and calls mosquitto_loop_read(), mosquitto_loop_write() and mosquitto_loop_misc().
#
# The good guess: a message that is published is one write() to the broker. A pair of sockets
# that wakes mosquitto_loop() out of its select() is only for who calls that, or has a thread.
# Seen: each packet is also a byte written to such a pair, from which only mosquitto_loop()
# reads. It fills up, and is then tried in vain, for each packet, for ever: a system call more
# that nobody needs.
#
# Status: 0 it is as told, 1 it has changed, 77 a package is gone.
set -euo pipefail

pool=http://deb.debian.org/debian/pool/main
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
for package in m/mosquitto/{mosquitto,libmosquitto1}_2.0.11-1.2+deb12u2_amd64.deb \
	t/tcp-wrappers/libwrap0_7.6.q-32_amd64.deb d/dlt-daemon/libdlt2_2.18.8-6_amd64.deb \
	libe/libev/libev4_4.33-1_amd64.deb \
	libw/libwebsockets/libwebsockets17_4.1.6-3_amd64.deb \
	c/cjson/libcjson1_1.7.15-1+deb12u4_amd64.deb; do
	curl -sfO "$pool/$package" || exit 77
	dpkg-deb -x "${package##*/}" root
done
export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu:$folder/root/lib/x86_64-linux-gnu
printf '%s\n' 'listener 18831 127.0.0.1' 'allow_anonymous true' 'user root' >conf
root/usr/sbin/mosquitto -c conf 2>log &
for ((i = 0; i < 100; i++)); do
	! (: <>/dev/tcp/127.0.0.1/18831) 2>/dev/null || break
	sleep 0.1
done

cat >client.py <<'END_OF_CLIENT'
import os
import select
import socket
from ctypes import CDLL, c_bool, c_void_p

lib = CDLL("libmosquitto.so.1")
lib.mosquitto_new.restype = c_void_p
lib.mosquitto_want_write.restype = c_bool
lib.mosquitto_lib_init()
client = c_void_p(lib.mosquitto_new(None, c_bool(True), None))
assert lib.mosquitto_connect(client, b"127.0.0.1", 18831, 60) == 0


def turn():
    """Of a loop of the program's own."""
    broker = lib.mosquitto_socket(client)
    if select.select([broker], [], [], 0.05)[0]:
        assert lib.mosquitto_loop_read(client, 1) == 0
    if lib.mosquitto_want_write(client):
        assert lib.mosquitto_loop_write(client, 1) == 0
    assert lib.mosquitto_loop_misc(client) == 0


def unread():
    """Bytes that wait in sockets of this process's own."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as one:
                if one.family == socket.AF_UNIX:
                    count += len(one.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            pass
    return count


turn()
before = unread()
for _ in range(100):
    assert lib.mosquitto_publish(client, None, b"a", 1, b"x", 0, c_bool(False)) == 0
    turn()
after = unread()
print(f"bytes that nobody reads: {before} before, {after} after 100 messages")
for _ in range(2000):
    assert lib.mosquitto_publish(client, None, b"a", 1, b"x", 0, c_bool(False)) == 0
print(f"and {unread()} after 2,100")
raise SystemExit(0 if after - before == 100 and unread() < 2100 else 1)
END_OF_CLIENT
python3 client.py
