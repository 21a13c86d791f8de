"""Confinement: limits that the system itself keeps for a process, so that even a fault of the interpreter is held.

Everywhere that `resource` is: address space, time, files. On Linux also Landlock (Linux 5.13 and later; files can be
read where the interpreter and its libraries are, and nowhere else) and seccomp (no sockets, no other programs). What
the kernel does not offer is left out; `offered` tells. Numbers are those of the kernel's headers linux/landlock.h,
linux/seccomp.h, linux/filter.h and asm/unistd.h.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 2 | 1 << 3
_MACHINES = {
    "x86_64": (0xC000003E, (41, 57, 58, 59, 62, 101, 310, 311, 322, 425)),
    "aarch64": (0xC00000B7, (198, 117, 129, 221, 270, 271, 281, 425)),
}
"""For each machine: its number, and those of the calls that are refused: socket, fork, vfork, execve, kill, ptrace,
process_vm_readv, process_vm_writev, execveat, io_uring_setup."""

_PLACES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom", "/proc/self")


def bound(limits: dict[str, int]) -> None:
    """Set limits of `resource` by their names, such as RLIMIT_AS; those that the system does not know are left out."""
    import resource

    for name, most in limits.items():
        number = getattr(resource, name, None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(number, (most, most))


def offered() -> list[str]:
    """What the kernel offers beside `resource`: "landlock", "seccomp"."""
    found = []
    if sys.platform == "linux":
        libc = _libc()
        if libc.syscall(_CREATE_RULESET, None, 0, 1) > 0:
            found.append("landlock")
        if os.uname().machine in _MACHINES and os.path.exists("/proc/sys/kernel/seccomp"):
            found.append("seccomp")
    return found


def confine(readable: Iterable[str]) -> None:
    """Give up, for this process and for good, files but those that can be read below these places, and the network."""
    if sys.platform != "linux":
        return
    libc = _libc()
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _restrict_files(libc, (*_PLACES, *readable))
    _refuse_calls(libc)


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _restrict_files(libc: Any, readable: Iterable[str]) -> None:
    import ctypes

    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version <= 0:
        return
    accesses = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    handled = (ctypes.c_uint64 * 2)((1 << accesses) - 1, 3 if version >= 4 else 0)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(handled), 16 if version >= 4 else 8, 0)
    if rules < 0:
        return

    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))

    for place in readable:
        try:
            parent = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = _READ if os.path.isdir(place) else 1 << 2
        rule = Beneath(allowed, parent)
        libc.syscall(_ADD_RULE, rules, 1, ctypes.byref(rule), 0)
        os.close(parent)
    libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _refuse_calls(libc: Any) -> None:
    import ctypes

    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        return
    number, calls = machine

    class Instruction(ctypes.Structure):
        _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(Instruction)))

    load, equal, above, give = 0x20, 0x15, 0x35, 0x06
    refuse, allow = 0x00050001, 0x7FFF0000  # EPERM; go on
    count = len(calls)
    lines = [(load, 0, 0, 4), (equal, 0, count + 3, number), (load, 0, 0, 0), (above, count + 1, 0, 1 << 30)]
    lines += [(equal, count - at, 0, call) for at, call in enumerate(calls)]
    lines += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = (Instruction * len(lines))(*(Instruction(*line) for line in lines))
    program = Program(len(lines), code)
    libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)
