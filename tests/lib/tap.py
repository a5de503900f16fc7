# SPDX-License-Identifier: GPL-2.0
"""For tests of the Python package: virgin slots, and unittest's results in TAP."""

import ctypes
import importlib.util
import os
import stat
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What was built, not what is installed. A library that is loaded already is found
# by its name.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "python"))
ctypes.CDLL(os.path.join(ROOT, "build/lib/libmsgslot.so"), mode=ctypes.RTLD_GLOBAL)


def _load_extension() -> None:
    """It is not where the package is: that is the source's folder."""
    name = "msgslot._reader"
    path = os.path.join(ROOT, "build/python/_reader.abi3.so")
    if not os.path.isdir(os.path.dirname(path)):
        # For another processor than the machine's it is not built.
        sys.modules[name] = None  # type: ignore[assignment]
    elif name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


_load_extension()

# tests/lib/slot.h grows the same file.
_MINORS_TAKEN = "/tmp/message-slot.minors"
_MAJOR = 235


def fresh_slot() -> str:
    """The path of a slot that nobody has used."""
    with open(_MINORS_TAKEN, "ab") as taken:
        taken.write(b"x")
        taken.flush()
        minor = 0x1000 + taken.tell()
    path = f"/dev/slot-test-{os.getpid()}-{minor}"
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(_MAJOR, minor))
    return path


def child_environment() -> "dict[str, str]":
    """Where a Python of its own finds what was built."""
    return {**os.environ, "PYTHONPATH": os.path.join(ROOT, "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": os.path.join(ROOT, "build/lib")}


class SlotCase(unittest.TestCase):
    """Each test has the path of a virgin slot."""

    def setUp(self) -> None:
        self.path = fresh_slot()
        self.addCleanup(os.unlink, self.path)


class _Result(unittest.TestResult):
    def _tell(self, verdict: str, test: unittest.TestCase, why: str = "") -> None:
        print(f"{verdict} {self.testsRun} {test.id()}")
        for line in why.splitlines():
            print("#", line)
        sys.stdout.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print("#      SKIP     ", reason)
        print(f"ok {self.testsRun} {test.id()} # SKIP")
        sys.stdout.flush()

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._tell("not ok", test, self.errors[-1][1])


def main() -> None:
    """Runs the tests of the program."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = _Result()
    suite.run(result)
    sys.exit(not result.wasSuccessful())
