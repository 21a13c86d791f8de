"""Runs a target for a while in child processes that may die, makes what is found smaller, and keeps it.

A child writes each input to a file before it uses it, so that the input which ended it is known. An input that takes
longer than SLOW ends its child by the watchdog of faulthandler, which also works inside of the host's C code.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from tests.fuzz.targets import TARGETS, Fault

FOUND = Path(__file__).parent / "found"
SLOW = 5.0
"""Seconds that an input may take."""
MEMORY = 2 * 2**30
ROUND = 2_000
"""Inputs until a child is replaced."""
MINIMISING = 30.0
"""Seconds for making one input smaller."""


def outcome(target: str, data: bytes) -> str | None:
    """Run one input in this process: None, or the fault."""
    try:
        TARGETS[target].run(data)
    except Fault as fault:
        return str(fault)
    return None


def inputs(target: str, seed: int, count: int) -> Iterator[bytes]:
    """The inputs of a seed; each can be made again without the others."""
    for number in range(count):
        yield TARGETS[target].make(random.Random(f"{target} {seed} {number}"))


# In the child


def confine(folder: str) -> None:
    """No network, little memory, no files outside of a folder for what is kept."""

    def refuse(*_: Any) -> NoReturn:
        raise OSError("there is no network here")

    socket.socket.connect = refuse  # type: ignore[assignment, method-assign]
    socket.getaddrinfo = refuse  # type: ignore[assignment]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)


def child(target: str, seed: int, seconds: float, folder: str, given: str | None = None) -> None:
    """Run inputs until the time is over, or the one in a file; says on standard output how it went."""
    confine(folder)
    began = time.monotonic()
    done = 0
    made = iter([Path(given).read_bytes()]) if given else inputs(target, seed, ROUND)
    with open(os.path.join(folder, "current"), "wb") as current:
        for data in made:
            current.seek(0)
            current.truncate()
            current.write(data)
            current.flush()
            faulthandler.dump_traceback_later(SLOW, exit=True)
            fault = outcome(target, data)
            faulthandler.cancel_dump_traceback_later()
            done += 1
            if fault is not None:
                print(f"fault\t{fault!r}\t{data.hex()}", flush=True)
            if time.monotonic() - began > seconds:
                break
    print(f"done\t{done}\t{time.monotonic() - began}", flush=True)


# In the parent


class Campaign:
    """What a target was found to do: inputs, seconds, and an input for each fault."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.count = 0
        self.seconds = 0.0
        self.faults: dict[str, bytes] = {}

    def run(self, seconds: float, seed: int) -> None:
        """Fuzz for some seconds, from a seed on."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._round(left, seed)
            seed += 1

    def _round(self, seconds: float, seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            output, errors, code = spawn(self.target, seed, seconds, folder)
            finished = False
            for line in output.splitlines():
                kind, *rest = line.split("\t")
                if kind == "fault":
                    self.faults.setdefault(rest[0], bytes.fromhex(rest[1]))
                elif kind == "done":
                    finished = True
                    self.count += int(rest[0])
                    self.seconds += float(rest[1])
            if not finished:
                self.seconds += time.monotonic() - began
                current = os.path.join(folder, "current")
                data = Path(current).read_bytes() if os.path.exists(current) else b""
                self.faults.setdefault(death(errors, code), data)


def spawn(target: str, seed: int, seconds: float, folder: str, given: str | None = None) -> tuple[str, str, int]:
    """What a child says on both streams, and its exit code."""
    command = [sys.executable, "-m", "tests.fuzz", "--child", target, str(seed), str(seconds), folder, given or ""]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "PYTHONDONTWRITEBYTECODE": "1",
        "DANA_MODELS": folder,
    }
    environment["XDG_CACHE_HOME"] = os.environ.get("DANA_FUZZ_CACHE", folder)
    process = subprocess.run(
        command,
        capture_output=True,
        cwd=FOUND.parent.parent.parent,
        env=environment,
        timeout=seconds + 120,
        check=False,
    )
    return process.stdout.decode("utf-8", "replace"), process.stderr.decode("utf-8", "replace"), process.returncode


def death(errors: str, code: int) -> str:
    """What ended a child, in a few words."""
    frames = re.findall(r'File "[^"]*/(?:dana|stdlib)/([^"]+)", line \d+ in (\w+)', errors)
    place = " in ".join(frames[0][::-1]) if frames else "the host"
    if "Timeout" in errors:
        return repr(f"longer than {SLOW:g} s in {place}")
    return repr(f"the process ended with {code} in {place}: {errors.strip()[-80:]}")


def small(target: str, data: bytes, fault: str, dies: bool) -> bytes:
    """The smallest input found in a while that does the same."""
    end = time.monotonic() + MINIMISING

    def same(candidate: bytes) -> bool:
        if not dies:
            return repr(outcome(target, candidate)) == fault
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "input")
            Path(file).write_bytes(candidate)
            output, errors, code = spawn(target, 0, 1, folder, file)
            return "done\t" not in output and death(errors, code).split(" in ")[0] == fault.split(" in ")[0]

    with contextlib.suppress(Exception):
        size = max(len(data) // 2, 1)
        while size and time.monotonic() < end:
            at = 0
            changed = False
            while at < len(data) and time.monotonic() < end:
                candidate = data[:at] + data[at + size :]
                if same(candidate):
                    data, changed = candidate, True
                else:
                    at += size
            if not changed or size > 1:
                size //= 2
    return data


def keep(target: str, data: bytes) -> Path:
    """Store an input as a case for the tests."""
    folder = FOUND / target
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.blake2b(data, digest_size=5).hexdigest()
    file.write_bytes(data)
    return file
