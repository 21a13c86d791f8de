"""Waiting: 16 independent calls of 300 ms beside one, in each form that overlaps; what a call costs by itself."""

from __future__ import annotations

import statistics
from time import perf_counter

from dana import Host, Session
from dana.permissions import Permissions
from tests.models.delayed import Server
from tests.test_overlap import FORMS

DELAY = 0.3


def seconds(session: Session, program: str, rounds: int) -> float:
    """The median time of a program."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        session.run(program)
        times.append(perf_counter() - start)
    return statistics.median(times)


class Silent(Host):
    """A host that prints nothing and may ask a server on this machine."""

    def __init__(self) -> None:
        super().__init__(lambda: Permissions(net=["127.0.0.1"]))

    def write(self, text: str) -> None:
        pass


def main(rounds: int = 5) -> None:
    """Print the ratio of each form to one call."""
    with Server(seconds=DELAY) as server:
        session = Session(Silent())
        session.run(f"create_llm_resource(base_url={server.base_url!r}, model='m', api_key='k')\nreason('begin')")
        one = seconds(session, 'print(reason("one"))', rounds)
        print(f"one call of {DELAY * 1000:.0f} ms: {one * 1000:.1f} ms")
        for form, program in FORMS.items():
            taken = seconds(session, program, rounds)
            print(f"16 calls, {form:14} {taken * 1000:7.1f} ms  {taken / one:5.2f}x one call")
    with Server() as server:
        session = Session(Silent())
        session.run(f"create_llm_resource(base_url={server.base_url!r}, model='m', api_key='k')\nreason('begin')")
        print(f"a call that is answered at once: {seconds(session, 'reason(str(1))', 100) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
