"""Workflows: 1,000 instances of six steps with instant actions, time for each step and memory for each instance."""

from __future__ import annotations

import tracemalloc
from time import perf_counter

from dana import Session

INSTANCES = 1000

PROGRAM = """
log_level("ERROR")

def instant(**given):
    return {"done": True}

def act(name):
    return {"name": name, "type": "action", "action_type": "instant", "parameters": {"who": "${who}"}}

workflow_engine.register_workflow("six", {"steps": [
    act("a"),
    {"name": "choose", "type": "decision", "rules": [{"if": "who == 'Ann'", "then": "go"}], "branches": {"go": "b"}},
    act("b"),
    {"name": "each", "type": "loop", "loop_config": {"variable": "x", "items": [1]}, "body": [act("inside")]},
    act("c"),
    act("d"),
]})

def run(count):
    for number in range(count):
        workflow_engine.start_workflow("six", {"who": "Ann"})
    return len(workflow_engine.list_instances(status="completed"))
"""


def main() -> None:
    """Print the figures."""
    session = Session()
    session.run(PROGRAM)
    session.call("run", 20)
    start = perf_counter()
    session.call("run", INSTANCES)
    seconds = perf_counter() - start
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    session.call("run", 200)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{INSTANCES:,} instances of six steps: {seconds / INSTANCES * 1000:.2f} ms each")
    print(f"  a step: {seconds / INSTANCES / 6 * 1e6:.0f} us")
    print(f"  memory of an instance that is kept, with its events: {(after - before) / 200 / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
