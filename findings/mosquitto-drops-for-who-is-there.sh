#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mosquitto 2.0.11 (Debian 12): a subscriber by QoS 1 that is connected and reads nothing for
# a few seconds, while another publishes to 5,000 topics, each retained, and gets its
# acknowledgements.
#
# The good guess: QoS 1 is "at least once", so of a connection that stays each of the topics
# comes in the end, or the broker closes the connection so that the client knows.
# Seen: above 1,000 messages that wait (max_queued_messages) the broker drops what comes, also
# to a topic of which the subscriber has nothing yet. Both connections stay, and neither
# client is told. With max_queued_messages 0 all come.
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

cat >clients.py <<'END_OF_CLIENTS'
import socket
import sys

TOPICS = 5000


def text(what):
    return len(what).to_bytes(2, "big") + what


def packet(kind, body):
    size, length = b"", len(body)
    while True:
        length, low = divmod(length, 128)
        size += bytes([low | (128 if length else 0)])
        if not length:
            return bytes([kind]) + size + body


class Client:
    def __init__(self, name):
        self.socket = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        self.file = self.socket.makefile("rb")
        self.send(0x10, text(b"MQTT") + b"\4\2\0\0" + text(name))
        assert self.take() == (0x20, b"\0\0")

    def send(self, kind, body):
        self.socket.sendall(packet(kind, body))

    def take(self):
        kind, length, shift = self.file.read(1)[0], 0, 0
        while True:
            low = self.file.read(1)[0]
            length |= (low & 127) << shift
            shift += 7
            if low < 128:
                return kind, self.file.read(length)


there, other = Client(b"there"), Client(b"other")
there.send(0x82, b"\0\1" + text(b"x/#") + b"\1")
there.take()
for i in range(TOPICS):
    # Retained, by QoS 1; each waits for its acknowledgement.
    other.send(0x33, text(b"x/%d" % i) + (i + 1).to_bytes(2, "big") + bytes(5000))
    assert other.take()[0] == 0x40
got = set()
there.send(0xc0, b"")
while len(got) < TOPICS:
    there.socket.settimeout(5)
    try:
        kind, body = there.take()
    except TimeoutError:
        break
    if kind >> 4 != 3:
        continue
    size = int.from_bytes(body[:2], "big")
    got.add(body[2:2 + size])
    there.send(0x40, body[2 + size:4 + size])
there.socket.settimeout(5)
other.send(0xc0, b"")
assert other.take()[0] == 0xd0
print(f"{len(got)} of {TOPICS} topics came")
raise SystemExit(0 if len(got) == TOPICS else 3)
END_OF_CLIENTS

# lost PORT LINE...: runs the clients with such a broker. Return: whether something was lost.
lost() {
	local port=$1 status=0
	shift
	printf '%s\n' "listener $port 127.0.0.1" 'allow_anonymous true' 'user root' "$@" >"$port.conf"
	root/usr/sbin/mosquitto -c "$port.conf" 2>"$port.log" &
	for ((i = 0; i < 100; i++)); do
		! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
		sleep 0.1
	done
	python3 clients.py "$port" || status=$?
	case $status in
	0) return 1 ;;
	3) return 0 ;;
	*) exit 1 ;;
	esac
}

echo 'as it is installed:'
lost 18831 || exit 1
echo 'with max_queued_messages 0:'
! lost 18832 'max_queued_messages 0' || exit 1
