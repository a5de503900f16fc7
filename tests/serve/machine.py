# SPDX-License-Identifier: GPL-2.0
"""A virtual machine's commands, and its servers' ports, for a program outside.

Run as a program it is the half inside. Both talk over the machine's link in lines of JSON:
{"open": NUMBER, "port": PORT} connects there; what comes from a connection is {"bytes":
NUMBER, "data": BASE64}, its end that without data; {"run": SCRIPT, "data": BASE64} is
answered with {"status", "output"}, as is its beginning; {"end": true} ends it. To each the
half inside first says {"taken": true}: the link loses what more than fits in its terminal.
"""

import base64
import io
import json
import os
import queue
import socket
import subprocess
import threading


# Of a connection's bytes in one line: a terminal keeps 4095.
MOST = 2048


class Line:
    """What one half says to the other."""

    def __init__(self, file) -> None:
        self._file = file
        self._lock = threading.Lock()

    def say(self, **words) -> None:
        with self._lock:
            self._file.write((json.dumps(words) + "\n").encode())
            self._file.flush()

    def __iter__(self):
        return (json.loads(text) for text in self._file)


class CarefulLine(Line):
    """One that says something when what was said before has been taken."""

    def __init__(self, file) -> None:
        super().__init__(file)
        self._taken = threading.Semaphore()

    def say(self, **words) -> None:
        if not self._taken.acquire(timeout=900):
            raise RuntimeError("the machine does not listen")
        super().say(**words)

    def taken(self) -> None:
        self._taken.release()


class Connections:
    """Sockets that have a number, and are read for the other half."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sockets: "dict[int, socket.socket]" = {}

    def add(self, number: int, connection: socket.socket) -> None:
        self._sockets[number] = connection
        threading.Thread(target=self._read, args=(number, connection), daemon=True).start()

    def _read(self, number: int, connection: socket.socket) -> None:
        data = b"x"
        while data:
            try:
                data = connection.recv(MOST)
            except OSError:
                data = b""
            self._line.say(bytes=number, data=base64.b64encode(data).decode())

    def take(self, number: int, data: str) -> None:
        connection = self._sockets.get(number)
        try:
            if connection and data:
                connection.sendall(base64.b64decode(data))
            elif connection:
                connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            data = ""
        if not data:
            self._sockets.pop(number, None)


class Machine:
    """The half outside: a machine that has the module."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._vm = subprocess.Popen(
            ["tests/vm/run", "-k", "um", "-t", "3600", "--", "python3", "-B", __file__],
            env={**os.environ, "VM_LINK": str(theirs.fileno())}, pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, stdout=2)
        theirs.close()
        self._line = CarefulLine(ours.makefile("rwb"))
        ours.close()
        self._answers: "queue.Queue[dict]" = queue.Queue()
        self._connections = Connections(self._line)
        self._opened = 0
        threading.Thread(target=self._listen, daemon=True).start()
        # What is said before the other half listens would be lost.
        self._answer()

    def _listen(self) -> None:
        for said in self._line:
            if "taken" in said:
                self._line.taken()
            elif "bytes" in said:
                self._connections.take(said["bytes"], said["data"])
            else:
                self._answers.put(said)
        self._answers.put({"status": None, "output": "the machine has ended"})

    def _answer(self) -> str:
        answer = self._answers.get(timeout=900)
        if answer["status"] != 0:
            raise RuntimeError(f"not done: {answer}")
        return answer["output"]

    def run(self, script: str, data: bytes = b"") -> str:
        """What a shell's script prints there; that it fails is an error."""
        self._line.say(run=script, data=base64.b64encode(data).decode())
        return self._answer()

    def forward(self, port: int) -> int:
        """Return: a port here that leads to that one there."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(listener, port), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener: socket.socket, port: int) -> None:
        while True:
            connection, _ = listener.accept()
            self._opened += 1
            self._line.say(open=self._opened, port=port)
            self._connections.add(self._opened, connection)

    def close(self) -> int:
        """Return: the exit status of tests/vm/run, which says what the kernel complained of."""
        self._line.say(end=True)
        return self._vm.wait()


def run(script: str, data: str) -> dict:
    done = subprocess.run(["sh", "-c", script], input=base64.b64decode(data), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return {"status": done.returncode, "output": done.stdout.decode()}


def inside() -> None:
    link = [io.FileIO(os.environ["VM_LINK"], mode) for mode in ("r", "w")]
    line = Line(io.BufferedRWPair(*link))
    connections = Connections(line)
    line.say(status=0, output="")
    for said in line:
        line.say(taken=True)
        if "run" in said:
            line.say(**run(said["run"], said["data"]))
        elif "bytes" in said:
            connections.take(said["bytes"], said["data"])
        elif "open" in said:
            try:
                connection = socket.create_connection(("127.0.0.1", said["port"]))
            except OSError:
                line.say(bytes=said["open"], data="")
            else:
                connections.add(said["open"], connection)
        else:
            break


if __name__ == "__main__":
    inside()
