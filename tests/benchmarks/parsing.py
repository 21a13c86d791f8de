"""Parsing: a program of many lines, against `ast.parse` on the same text."""

from __future__ import annotations

import ast
import statistics

from dana.parser import parse
from dana.source import Source
from tests.benchmarks.evaluation import PROGRAMS, seconds


def corpus(lines: int) -> str:
    """At least so many lines, made of the benchmark programs with their names varied."""
    parts: list[str] = []
    count = 0
    texts = [path.read_text("utf-8") for path in sorted(PROGRAMS.glob("*.na"))]
    while count < lines:
        text = texts[len(parts) % len(texts)].replace("main", f"main_{len(parts)}")
        parts.append(text)
        count += text.count("\n")
    return "\n".join(parts)


def main(rounds: int = 5) -> None:
    """Print a row for each size."""
    print(f"{'parsing':<16}{'lines/s':>12}{'Dana / ast':>16}")
    for lines in (200, 2_000, 10_000):
        text = corpus(lines)
        parse(Source(text))
        pairs = [
            (seconds(lambda text=text: parse(Source(text))), seconds(lambda text=text: ast.parse(text)))  # type: ignore[misc]
            for _ in range(rounds)
        ]
        speed = text.count("\n") / statistics.median(ours for ours, _ in pairs)
        print(f"{lines:<16,}{speed:>12,.0f}{statistics.median(a / b for a, b in pairs):>16.2f}")
