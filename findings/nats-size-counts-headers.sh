#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nats-server 2.9.10 (Debian 12): a stream, or key-value bucket, whose messages have a
# largest size (max_msg_size, by which kvConfig.MaxValueSize is kept).
#
# The good guess: it bounds values. What is as large as that can be put, and a key can always
# be deleted, for what deletes it has no value.
# Seen: headers count. So what is put plainly may be that large, and the same value is refused
# when its last revision is given, which is a header; where the limit is small enough, no key
# can be deleted any more, for to delete is a header, too. What is there stays there.
#
# Status: 0 it is as told, 1 it has changed, 77 the package is gone.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
package=nats-server_2.9.10-1+b3_amd64.deb
curl -sfO "http://deb.debian.org/debian/pool/main/n/nats-server/$package" || exit 77
dpkg-deb -x "$package" root
root/usr/sbin/nats-server --version
root/usr/sbin/nats-server -a 127.0.0.1 -p 14222 -js -sd "$folder/store" 2>log &
for ((i = 0; i < 100; i++)); do
	! grep -q 'Server is ready' log || break
	sleep 0.1
done

cat >client.py <<'END_OF_CLIENT'
import json
import socket

LIMIT = 20
server = socket.create_connection(("127.0.0.1", 14222)).makefile("rwb")


def ask(subject, value, header=b""):
    """Requests, as the protocol has it: HPUB counts the header, and all."""
    if header:
        header = b"NATS/1.0\r\n" + header + b"\r\n\r\n"
        server.write(b"HPUB %s answer %d %d\r\n" % (subject, len(header), len(header + value)))
    else:
        server.write(b"PUB %s answer %d\r\n" % (subject, len(value)))
    server.write(header + value + b"\r\n")
    server.flush()
    while True:
        line = server.readline().split()
        if line[0] == b"PING":
            server.write(b"PONG\r\n")
        elif line[0] == b"MSG":
            return json.loads(server.read(int(line[-1]) + 2))


def put(what, value, header=b""):
    answer = ask(b"$KV.box.key", value, header)
    verdict = answer.get("error", {}).get("description", "taken")
    print(f"{what}, {len(value)} bytes of {LIMIT}: {verdict}")
    return verdict == "taken"


server.readline()
server.write(b'CONNECT {"headers":true,"verbose":false,"pedantic":false}\r\nSUB answer 1\r\n')
bucket = {"name": "KV_box", "subjects": ["$KV.box.>"], "max_msg_size": LIMIT,
          "max_msgs_per_subject": 1, "retention": "limits", "storage": "memory",
          "num_replicas": 1, "discard": "new", "allow_rollup_hdrs": True}
made = ask(b"$JS.API.STREAM.CREATE.KV_box", json.dumps(bucket).encode())
assert "error" not in made, made
seen = [put("put", b"x" * LIMIT),
        put("put over revision 1", b"x" * LIMIT, b"Nats-Expected-Last-Subject-Sequence: 1"),
        put("delete", b"", b"KV-Operation: DEL")]
raise SystemExit(0 if seen == [True, False, False] else 1)
END_OF_CLIENT
python3 client.py
