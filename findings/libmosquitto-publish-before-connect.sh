#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libmosquitto and mosquitto 2.0.11 (Debian 12): mosquitto_publish() of a message that is to
# be retained, by a client that has not connected yet.
#
# The good guess: it returns MOSQ_ERR_NO_CONN, so nothing was published and nothing will be;
# or, as what is published during a later loss of the connection is kept and sent, this is
# kept too, and sent as it was given.
# Seen: it returns the error, and the message is sent all the same once the client has
# connected, but is not retained: who is there gets it, and who comes later finds nothing.
# Of the same call by a client that has its connection the message is retained.
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
printf '%s\n' 'listener 18830 127.0.0.1' 'allow_anonymous true' 'user root' >conf
root/usr/sbin/mosquitto -c conf 2>log &
for ((i = 0; i < 100; i++)); do
	! (: <>/dev/tcp/127.0.0.1/18830) 2>/dev/null || break
	sleep 0.1
done

cat >client.py <<'END_OF_CLIENT'
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int, c_void_p

lib = CDLL("libmosquitto.so.1")
lib.mosquitto_new.restype = c_void_p


class Message(Structure):
    _fields_ = [("mid", c_int), ("topic", c_char_p), ("payload", c_void_p),
                ("payloadlen", c_int), ("qos", c_int), ("retain", c_bool)]


@CFUNCTYPE(None, c_void_p, c_void_p, POINTER(Message))
def on_message(client, data, message):
    got.append((message[0].topic.decode(), bool(message[0].retain)))


def client():
    new = c_void_p(lib.mosquitto_new(None, c_bool(True), None))
    lib.mosquitto_message_callback_set(new, on_message)
    return new


def connect(one):
    assert lib.mosquitto_connect(one, b"127.0.0.1", 18830, 60) == 0


def loop(one):
    for _ in range(30):
        lib.mosquitto_loop(one, 20, 1)


def publish(one, topic):
    return lib.mosquitto_publish(one, None, topic, 1, b"x", 1, c_bool(True))


got = []
lib.mosquitto_lib_init()
there, early, late = client(), client(), client()
connect(there)
lib.mosquitto_subscribe(there, None, b"#", 1)
loop(there)
print("before it connects:", publish(early, b"before"), "(4 is MOSQ_ERR_NO_CONN)")
connect(early)
loop(early)
print("afterwards:", publish(early, b"after"))
loop(early)
loop(there)
told, got = sorted(topic for topic, _ in got), []
print("told to who is there:", ", ".join(told))
connect(late)
lib.mosquitto_subscribe(late, None, b"#", 1)
loop(late)
print("retained for who comes later:", ", ".join(topic for topic, _ in got))
raise SystemExit(0 if told == ["after", "before"] and got == [("after", True)] else 1)
END_OF_CLIENT
python3 client.py
