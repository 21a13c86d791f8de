"""What Dana adds to Python, each against the plain form of the same work in Dana, in paired runs."""

from __future__ import annotations

import statistics

from dana import Host, Session
from tests.benchmarks.evaluation import seconds

CALLS = 100_000

COMMON = """
class P:
    def __init__(self, x):
        self.x = x
    def norm(self):
        return self.x * 2
struct S:
    x: int
def (s: S) norm():
    return s.x * 2
def (n: int) doubled():
    return n * 2
def double(n):
    return n * 2
def inc(n):
    return n + 1
flow = double | inc | double
"""

PAIRS = {
    "method of a struct / of a class": ("s.norm()", "p.norm()"),
    "receiver of int / function": ("n.doubled()", "double(n)"),
    "making a struct / an object": ("S(7)", "P(7)"),
    "setting a field / an attribute": ("s.x = 7", "p.x = 7"),
    "pipeline of names / nested calls": ("n | double | inc | double", "double(inc(double(n)))"),
    "pipeline with $$ / nested calls": ("n | double | inc($$) | double", "double(inc(double(n)))"),
    "function of stages / nested calls": ("flow(n)", "double(inc(double(n)))"),
}


def main(rounds: int = 9) -> None:
    """Print a row for each pair: nanoseconds of the plain form, and the median of the ratios."""
    session = Session(Host())
    session.run(COMMON)
    print(f"{'additions':<36}{'plain ns':>10}{'added / plain':>16}")
    for name, forms in PAIRS.items():
        for form, text in zip(("added", "plain"), forms, strict=True):
            body = f"    for _ in range({CALLS}):\n        {text}\n"
            session.run(f"def {form}():\n    s, p, n = S(1), P(1), 7\n{body}")
            session.call(form)
        times = [
            (seconds(lambda: session.call("added")), seconds(lambda: session.call("plain"))) for _ in range(rounds)
        ]
        plain = statistics.median(b for _, b in times) / CALLS * 1e9
        print(f"{name:<36}{plain:>10.0f}{statistics.median(a / b for a, b in times):>16.2f}")
