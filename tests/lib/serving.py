# SPDX-License-Identifier: GPL-2.0
"""For tests of msgslot serve with many clients: two slots, and a server of them."""

import contextlib
import os
import re
import resource
import selectors
import signal
import socket
import subprocess
import tempfile
import time
import unittest

CLIENTS = int(os.environ.get("TEST_CLIENTS", "1000"))
CHANNELS = 100
# Of the server, in KiB: what its connections may have (32 KiB each), and the rest.
MOST_MEMORY = (CLIENTS + 200) * 48 + 32768
MINUTES = 60 * float(os.environ.get("TEST_MINUTES", "4"))


def watch(slot: str) -> str:
    """A request."""
    return f"GET /v1/slots/{slot}/watch HTTP/1.1\r\nHost: localhost\r\n\r\n"


def write_all(fds: list) -> None:
    """A message to each."""
    for i, fd in enumerate(fds):
        os.write(fd, b"%0120d" % i)


@contextlib.contextmanager
def beside(act, *arguments):
    """Meanwhile a process does this, which has no end."""
    pid = os.fork()
    if not pid:
        try:
            act(*arguments)
        finally:
            os._exit(1)
    try:
        yield
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            raise AssertionError("what was to have no end has ended")
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def soon(condition) -> bool:
    end = time.monotonic() + MINUTES
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


class ServerCase(unittest.TestCase):
    """One server for all tests, of the slots robot and other."""

    OPTIONS: "tuple[str, ...]" = ()

    @classmethod
    def setUpClass(cls) -> None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        folder = tempfile.mkdtemp()
        os.environ["MSGSLOT_DIR"] = cls.slots = folder
        subprocess.run(["mount", "-t", "slotfs", "-o", "mode=1777", "none", folder], check=True)
        cls.channels = {slot: cls.make(slot) for slot in ("robot", "other")}
        cls.server = subprocess.Popen(
            ["build/bin/msgslot-serve", "--listen", "127.0.0.1:0", *cls.OPTIONS, "robot", "other"],
            stdout=subprocess.PIPE, text=True)
        cls.port = int(re.search(r":(\d+)/", cls.server.stdout.readline()).group(1))

    @classmethod
    def make(cls, slot: str) -> list:
        folder = f"{cls.slots}/{slot}"
        os.mkdir(folder)
        return [os.open(f"{folder}/joint{i}", os.O_WRONLY | os.O_CREAT) for i in range(CHANNELS)]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.terminate()
        cls.server.communicate()
        for channels in cls.channels.values():
            for channel in channels:
                os.close(channel)
        subprocess.run(["umount", cls.slots], check=False)

    def connect(self, request: str, room: int = 0) -> socket.socket:
        """One whose socket has little room, if said so, sends and takes nothing by itself."""
        client = socket.socket()
        self.addCleanup(client.close)
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.connect(("127.0.0.1", self.port))
        client.sendall(request.encode())
        return client

    def links(self) -> list:
        """What the server has open."""
        folder = f"/proc/{self.server.pid}/fd/"
        links = []
        for fd in os.listdir(folder):
            try:
                links.append(os.readlink(folder + fd))
            except OSError:
                continue
        return links

    def watches(self) -> int:
        return sum("watch" in link for link in self.links())

    def connections(self) -> int:
        """Besides the one that listens."""
        return sum(link.startswith("socket:") for link in self.links()) - 1

    def memory(self) -> int:
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))

    def read_until(self, clients: list, pattern: bytes) -> int:
        """How many of them were told the pattern, in bounded time."""
        selector = selectors.DefaultSelector()
        tails = {client: b"" for client in clients}
        for client in clients:
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ)
        end = time.monotonic() + MINUTES
        told = 0
        while selector.get_map() and time.monotonic() < end:
            for key, _ in selector.select(1):
                data = key.fileobj.recv(65536)
                text = tails[key.fileobj] + data
                tails[key.fileobj] = text[-len(pattern):]
                if not data or pattern in text:
                    told += pattern in text
                    selector.unregister(key.fileobj)
        selector.close()
        return told

    def tell(self, channel: str, message: str) -> None:
        with open(f"{self.slots}/robot/{channel}", "wb", buffering=0) as file:
            file.write(message.encode())
