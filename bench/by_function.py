#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""by_function.py PRINTED COUNTS [MODULE | --groups]: instructions by function.

PRINTED is what build/bench/breakdown printed, COUNTS what the plugin wrote
(bench/instructions.c). With MODULE, its instructions are listed too. With
--groups the sums over related functions are printed, a line for each.
"""
import bisect
import re
import subprocess
import sys

KERNEL = 1 << 63

# The first that matches counts.
GROUPS = (
    ("the program", r"\(the program\)"),
    ("the driver", r".*\[message_slot\]"),
    ("entry and exit", r"entry_|do_syscall|x64_sys|syscall_|exit_to_user|fpregs_|"
     r"amd_clear|arch_exit"),
    ("system call and file", r"__x64_sys|ksys_|vfs_|_*fdget|_*fget|rw_verify|fsnotify|"
     r"__fsnotify|new_sync"),
    ("security modules", r"security_|apparmor_|aa_|bpf_lsm|__rcu_read|common_file_perm"),
    ("user copies and their checks", r"_?_?copy_|rep_|memcpy|__memcpy|memset|__memset|"
     r"__check_object|check_stack|clear_user|__clear_user|_copy"),
    ("the call itself, other", r""),
)


def read_printed(path):
    """Returns [(means, operation, calls)] and {name: address} of functions."""
    calls, symbols, past = [], {}, False
    for line in open(path):
        words = line.split()
        if words == ["symbols"]:
            past = True
        elif not past:
            calls.append((words[0], words[1], int(words[2])))
        elif int(words[0], 16) >= KERNEL and words[1] in "tTwW":
            symbols[" ".join(words[2:])] = int(words[0], 16)
    return calls, symbols


def read_counts(path):
    """Returns one {address: count} for each pair of marks."""
    windows = []
    for line in open(path):
        if line == "window\n":
            windows.append({})
        else:
            address, count = line.split()
            windows[-1][int(address, 16)] = int(count)
    return windows


class Functions:
    def __init__(self, symbols):
        self.starts = sorted((address, name) for name, address in symbols.items())

    def at(self, address):
        """Returns the name of the function and where it starts."""
        if address < KERNEL:
            return "(the program)", None
        start, name = self.starts[
            bisect.bisect_right(self.starts, (address, "\xff")) - 1]
        return name, start


def by_function(window, functions):
    """Returns [(name, instructions, times entered)], most instructions first."""
    sums = {}
    for address, count in window.items():
        name, start = functions.at(address)
        entry = sums.setdefault(name, [0, 0])
        entry[0] += count
        if address == start:
            entry[1] += count
    return sorted(((name, *entry) for name, entry in sums.items()),
                  key=lambda row: -row[1])


def print_functions(title, rows, calls):
    total = sum(row[1] for row in rows)
    print(f"\n{title}: {total / calls:.0f} instructions a call")
    for name, count, entered in rows:
        if count >= calls / 2:
            print(f"{count / calls:8.1f}  {entered / calls:4.1f} x  {name}")


def group_of(name):
    return next(group for group, pattern in GROUPS if re.match(pattern, name))


def print_groups(means, operation, rows, calls):
    sums = dict.fromkeys((group for group, _ in GROUPS), 0)
    for name, count, _ in rows:
        sums[group_of(name)] += count
    for group, count in sums.items():
        print(f"{means}\t{operation}\t{group}\t{count / calls:.1f}")


def disassemble(module):
    """Yields (function, [(offset, instruction)])."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", module],
                             capture_output=True, text=True, check=True).stdout
    for text in listing.split("\n\n"):
        head = re.match(r"([0-9a-f]+) <(\S+)>:\n", text.lstrip("\n"))
        if head:
            start = int(head[1], 16)
            yield head[2], [(int(offset, 16) - start, instruction) for
                            offset, instruction in
                            re.findall(r"^ *([0-9a-f]+):\t(.*)", text, re.M)]


def print_instructions(window, symbols, module, calls):
    for function, listing in disassemble(module):
        start = symbols.get(f"{function} [message_slot]")
        if start is None or start not in window:
            continue
        print(f"\n  {function}")
        for offset, instruction in listing:
            count = window.get(start + offset, 0) / calls
            if count:
                print(f"{count:8.1f}  {offset:4x}: {instruction}")


def main():
    printed, counts, *module = sys.argv[1:]
    calls, symbols = read_printed(printed)
    functions = Functions(symbols)
    for (means, operation, n), window in zip(calls, read_counts(counts)):
        rows = by_function(window, functions)
        if module == ["--groups"]:
            print_groups(means, operation, rows, n)
            continue
        print_functions(f"{means} {operation}", rows, n)
        if module and means.startswith("slot"):
            print_instructions(window, symbols, module[0], n)


main()
