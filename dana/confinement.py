"""Confinement: limits that the system itself keeps for a process, so that even a fault of the interpreter is held.

Everywhere that `resource` is: address space, time, files. On Linux also Landlock (Linux 5.13 and later; files can be
read where the interpreter and its libraries are, and nowhere else) and seccomp (of the system's calls, only those that
an interpreter needs which reads files and runs threads: no other process, no signal to one, no network). `confine`
tells what holds. Numbers are those of the kernel's headers linux/landlock.h, linux/seccomp.h, linux/filter.h and
asm/unistd.h.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 2 | 1 << 3

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""For each machine: its column in the tables of calls, and the number by which the kernel knows it."""

_NONE = -1

_ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "lseek": (8, 62),
    "close": (3, 57), "fstat": (5, 80), "newfstatat": (262, 79), "stat": (4, _NONE), "lstat": (6, _NONE),
    "statx": (332, 291), "access": (21, _NONE), "faccessat": (269, 48), "faccessat2": (439, 439),
    "readlink": (89, _NONE), "readlinkat": (267, 78), "open": (2, _NONE), "openat": (257, 56), "getdents64": (217, 61),
    "getcwd": (79, 17), "dup": (32, 23), "dup2": (33, _NONE), "dup3": (292, 24), "pipe": (22, _NONE),
    "pipe2": (293, 59), "eventfd2": (290, 19), "poll": (7, _NONE), "ppoll": (271, 73), "select": (23, _NONE),
    "pselect6": (270, 72), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, _NONE),
    "epoll_pwait": (281, 22), "recvfrom": (45, 207), "sendto": (44, 206), "shutdown": (48, 210),
    "getsockname": (51, 204), "getsockopt": (55, 209), "setsockopt": (54, 208),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233),
    "brk": (12, 214), "membarrier": (324, 283),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    "futex": (202, 98), "futex_waitv": (449, 449), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "set_tid_address": (218, 96), "rseq": (334, 293), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "getcpu": (309, 168), "arch_prctl": (158, _NONE), "prctl": (157, 167),
    "exit": (60, 93), "exit_group": (231, 94), "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "getpgrp": (111, _NONE),
    "getpgid": (121, 155), "getsid": (124, 156), "getrusage": (98, 165), "times": (100, 153), "uname": (63, 160),
    "sysinfo": (99, 179), "getrlimit": (97, 163), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, _NONE),
    "getrandom": (318, 278),
}  # fmt: skip
"""The calls that are allowed whatever they are given: nothing that reaches another process or changes a file."""

_CLONE, _TGKILL, _PRLIMIT, _SOCKETPAIR = (56, 220), (234, 131), (302, 261), (53, 199)
_FCNTL, _IOCTL = (72, 25), (16, 29)
_THREAD = 0x10000
"""The flag of clone that makes a thread of this process, and no process."""

_PLAIN_FCNTL = (0, 1, 2, 3, 4, 1030)
"""Copies and flags of a file that is open; not who gets its signals, and which."""

_PLAIN_IOCTL = (0x5421, 0x5450, 0x5451)
"""Waiting or not, and whether another program would get the file."""

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


def confine(readable: Iterable[str]) -> list[str]:
    """Give up, for this process and for good, all that a program does not need; what of it the system keeps.

    Files can be read below these places only ("landlock"), and there is no other process and no network ("seccomp").
    What the kernel does not offer is left out. Raises OSError when it offers one and then refuses it.
    """
    if sys.platform != "linux":
        return []
    libc = _libc()
    _done(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")
    held = ["landlock"] if _restrict_files(libc, (*_PLACES, *readable)) else []
    return [*held, "seccomp"] if _restrict_calls(libc) else held


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> int:
    """The result of a call of the system; raises OSError when it has failed."""
    if result < 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, f"the system refused {what}: {os.strerror(number)}")
    return result


def _restrict_files(libc: Any, readable: Iterable[str]) -> bool:
    import ctypes

    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version <= 0:
        return False
    accesses = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    network, others = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    handled = (ctypes.c_uint64 * 3)((1 << accesses) - 1, network, others)
    size = 8 * (1 + (version >= 4) + (version >= 6))
    rules = _done(libc.syscall(_CREATE_RULESET, ctypes.byref(handled), size, 0), "Landlock's rules")

    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))

    for place in readable:
        try:
            parent = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # not on this machine
            continue
        allowed = _READ if os.path.isdir(place) else 1 << 2
        rule = Beneath(allowed, parent)
        _done(libc.syscall(_ADD_RULE, rules, 1, ctypes.byref(rule), 0), "one of Landlock's rules")
        os.close(parent)
    _done(libc.syscall(_RESTRICT_SELF, rules, 0), "Landlock")
    os.close(rules)
    return True


def _restrict_calls(libc: Any) -> bool:
    import ctypes

    machine = os.uname().machine
    if machine not in _MACHINES:
        return False

    class Instruction(ctypes.Structure):
        _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(Instruction)))

    lines = _filter(*_MACHINES[machine], os.getpid())
    code = (Instruction * len(lines))(*(Instruction(*line) for line in lines))
    program = Program(len(lines), code)
    result = libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)
    if result < 0 and ctypes.get_errno() == errno.EINVAL:  # a kernel without it
        return False
    return _done(result, "seccomp") == 0


def _filter(column: int, machine: int, process: int) -> list[tuple[int, int, int, int]]:
    """The program that the kernel runs at each call: what is not allowed is answered as a kernel that has no such call.

    So the C library falls back to an older call where there is one.
    """
    load, equal, above, some, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse = (give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | errno.ENOSYS)

    def where(call: tuple[int, int], *tests: tuple[int, int, tuple[int, ...]]) -> list[tuple[int, int, int, int]]:
        """Allow a call when each argument that is tested, by its place, passes for one of the numbers."""
        body: list[tuple[int, int, int, int]] = []
        for place, test, numbers in tests:
            body.append((load, 0, 0, 16 + 8 * place))
            body += [(test, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
            body.append(refuse)
        return [(equal, 0, len(body) + 1, call[column]), *body, allow]

    lines = [(load, 0, 0, 4), (equal, 1, 0, machine), refuse]
    lines += [(load, 0, 0, 0), (above, 0, 1, 1 << 30), refuse]  # the calls of another machine's programs
    for call in _ALLOWED.values():
        if call[column] != _NONE:
            lines += [(equal, 0, 1, call[column]), allow]
    return [
        *lines,
        *where(_FCNTL, (1, equal, _PLAIN_FCNTL)),
        *where(_IOCTL, (1, equal, _PLAIN_IOCTL)),
        *where(_CLONE, (0, some, (_THREAD,))),
        *where(_TGKILL, (0, equal, (process,))),
        *where(_PRLIMIT, (0, equal, (0,))),
        *where(_SOCKETPAIR, (0, equal, (1,)), (1, equal, (1, 1 | 0o2000000, 1 | 0o2004000))),  # a pair of streams
        refuse,
    ]
