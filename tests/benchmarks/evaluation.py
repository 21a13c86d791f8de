"""Evaluation: programs that are valid in both languages, each timed in turn under Dana and under CPython."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dana import Host, Session

PROGRAMS = Path(__file__).parent / "programs"


def seconds(function: Callable[[], Any]) -> float:
    """CPU seconds of one call on this thread."""
    gc.collect()
    start = time.thread_time()
    function()
    return time.thread_time() - start


def compare(path: Path, rounds: int) -> tuple[float, float]:
    """Median milliseconds under CPython, and the median of the ratios Dana / CPython of paired runs."""
    text = path.read_text("utf-8")
    namespace: dict[str, Any] = {}
    exec(compile(text, str(path), "exec"), namespace)
    session = Session(Host())
    session.run(text, path.name)
    ours, theirs = lambda: session.call("main"), namespace["main"]
    if session.call("main") != theirs():
        raise AssertionError(f"{path.name}: the results differ")
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return statistics.median(b for _, b in pairs) * 1000, statistics.median(a / b for a, b in pairs)


def main(rounds: int = 15) -> None:
    """Print a row for each program and the geometric mean."""
    ratios = []
    print(f"{'evaluation':<16}{'CPython ms':>12}{'Dana / CPython':>16}")
    for path in sorted(PROGRAMS.glob("*.na")):
        milliseconds, ratio = compare(path, rounds)
        ratios.append(ratio)
        print(f"{path.stem:<16}{milliseconds:>12.2f}{ratio:>16.2f}")
    mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
    print(f"{'geometric mean':<28}{mean:>16.2f}")
