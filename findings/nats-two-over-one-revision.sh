#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nats-server 2.9.10 (Debian 12): a stream, or key-value bucket, with three replicas, and two
# clients who both put a value over the same revision of a key
# (Nats-Expected-Last-Subject-Sequence, by which kvStore_Update() and kvStore_Create() work).
#
# The good guess: JetStream is a replicated log with one leader, so one of them is taken, and
# the other is told that the revision is wrong. That is what makes locks, elections and
# read-change-write loops of a bucket.
# Seen: where both come within the time that a write takes to be replicated, most times both
# are taken, acknowledged with different revisions, and the second is the value. With one
# replica never. (2.10.27 and 2.15.1, Debian 13 and testing, refuse one: 0 of 10,000.)
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
package=nats-server_2.9.10-1+b3_amd64.deb
curl -sfO "http://deb.debian.org/debian/pool/main/n/nats-server/$package" || exit 77
dpkg-deb -x "$package" root
root/usr/sbin/nats-server --version
for i in 1 2 3; do
	root/usr/sbin/nats-server -a 127.0.0.1 -p "1423$i" -js -sd "$folder/store$i" -n "n$i" \
		--cluster_name box --cluster "nats://127.0.0.1:1424$i" \
		--routes nats://127.0.0.1:14241,nats://127.0.0.1:14242,nats://127.0.0.1:14243 \
		2>"log$i" &
done
for ((i = 0; i < 300; i++)); do
	! grep -q 'new metadata leader' log* || break
	sleep 0.1
done
sleep 1

cat >client.py <<'END_OF_CLIENT'
import json
import socket
import time

ROUNDS = 2000


class Client:
    def __init__(self, port):
        for _ in range(100):
            try:
                connection = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = connection.makefile("rwb")
        self.server.readline()
        self.answers = b"answer.%d" % port
        self.server.write(b'CONNECT {"headers":true,"verbose":false,"pedantic":false}\r\n'
                          b"SUB %s 1\r\n" % self.answers)

    def send(self, subject, value, header=b""):
        if header:
            header = b"NATS/1.0\r\n" + header + b"\r\n\r\n"
            self.server.write(b"HPUB %s %s %d %d\r\n" % (subject, self.answers, len(header),
                                                         len(header + value)))
        else:
            self.server.write(b"PUB %s %s %d\r\n" % (subject, self.answers, len(value)))
        self.server.write(header + value + b"\r\n")
        self.server.flush()

    def answer(self):
        while True:
            line = self.server.readline().split()
            if line[0] == b"PING":
                self.server.write(b"PONG\r\n")
                self.server.flush()
            elif line[0] in (b"MSG", b"HMSG"):
                text = self.server.read(int(line[-1]) + 2)
                return json.loads(text) if line[0] == b"MSG" else {"error": "no leader"}

    def until_done(self, *request):
        for _ in range(100):
            self.send(*request)
            answer = self.answer()
            if "error" not in answer:
                return answer
            time.sleep(0.2)
        raise SystemExit(f"no cluster: {answer}")


def rounds(clients, key, replicas):
    """In how many both puts were taken."""
    bucket = {"name": f"KV_{key}", "subjects": [f"$KV.{key}.>"], "max_msgs_per_subject": 1,
              "retention": "limits", "storage": "file", "num_replicas": replicas,
              "discard": "new", "allow_rollup_hdrs": True}
    clients[0].until_done(b"$JS.API.STREAM.CREATE.KV_%s" % key.encode(),
                          json.dumps(bucket).encode())
    subject = b"$KV.%s.key" % key.encode()
    last = clients[0].until_done(subject, b"first")["seq"]
    both = 0
    for i in range(ROUNDS):
        header = b"Nats-Expected-Last-Subject-Sequence: %d" % last
        pair = clients[i % 3], clients[(i + 1) % 3]
        for client in pair:
            client.send(subject, client.answers, header)
        taken = [answer["seq"] for answer in [client.answer() for client in pair]
                 if "error" not in answer]
        both += len(taken) == 2
        last = max(taken) if taken else clients[0].until_done(subject, b"again")["seq"]
    print(f"{replicas} replica(s), {ROUNDS} times two puts over one revision: "
          f"both were taken {both} times")
    return both


clients = [Client(port) for port in (14231, 14232, 14233)]
raise SystemExit(0 if rounds(clients, "three", 3) and not rounds(clients, "one", 1) else 1)
END_OF_CLIENT
timeout 120 python3 client.py
