"""Start-up: whole processes, CPU time and memory of the children, each paired with a bare Python."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HELLO = """\
def greet(name):
    return f"hello, {name}"

for name in ["Ada", "Grace"]:
    print(greet(name))
"""


LAUNCHER = """\
import os, sys
pid = os.fork()
if not pid:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def child(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """CPU seconds and peak memory (in the unit of the system) of a finished child.

    It is started by a small process, since the system counts the starter's memory as the child's.
    """
    launcher = [sys.executable, "-S", "-E", "-c", LAUNCHER, *command]
    printed = subprocess.run(launcher, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    status, seconds, memory = printed.split()
    if int(status):
        raise AssertionError(f"{' '.join(command)} ended with status {status}")
    return float(seconds), int(memory)


def main(rounds: int = 15) -> None:
    """Print a row for each way to start."""
    script = Path(sys.executable).with_name("dana")
    with tempfile.TemporaryDirectory() as folder:
        hello = Path(folder, "hello.na")
        hello.write_text(HELLO, "utf-8")
        large = Path(folder, "large.na")
        from tests.benchmarks.parsing import corpus

        large.write_text(corpus(2_000), "utf-8")
        cache = Path(folder, "cache")
        warm = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        child([str(script), "run", str(hello)], warm)
        bare = [sys.executable, "-c", "pass"]
        rows = {
            "run hello, cached": [str(script), "run", str(hello)],
            "python -m dana": [sys.executable, "-m", "dana", "run", str(hello)],
            "not cached": [str(script), "run", str(hello)],
            "--version": [str(script), "--version"],
            "2,000 lines, first": [str(script), "run", str(large)],
        }
        print(f"{'start-up':<20}{'CPU ms':>10}{'/ bare Python':>16}{'memory ratio':>14}")
        for name, command in rows.items():
            figures = []
            for _ in range(rounds):
                if name in ("not cached", "2,000 lines, first"):
                    for tree in (cache / "dana").glob("*.tree"):
                        tree.unlink()
                figures.append((*child(command, warm), *child(bare, dict(os.environ))))
            milliseconds = statistics.median(f[0] for f in figures) * 1000
            ratio = statistics.median(f[0] / f[2] for f in figures)
            memory = statistics.median(f[1] / f[3] for f in figures)
            print(f"{name:<20}{milliseconds:>10.1f}{ratio:>16.2f}{memory:>14.2f}")
