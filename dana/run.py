"""The run that is in progress on this thread: its host, its meter and its session."""

from __future__ import annotations

from _contextvars import ContextVar  # contextvars itself adds nothing but time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.host import Host
    from dana.limits import Meter


class Run:
    """What natives may ask for: `host` for effects, `meter` for steps and sizes, `session` for the program.

    `decimal` is the context of decimal arithmetic between runs, when the session has used it; `flows` how many
    functions are being called at once.
    """

    __slots__ = ("decimal", "flows", "host", "meter", "session")

    def __init__(self, host: Host, meter: Meter, session: Any) -> None:
        self.host = host
        self.meter = meter
        self.session = session
        self.decimal: Any = None
        self.flows = 0


RUN: ContextVar[Run] = ContextVar("dana_run")

current = RUN.get
"""The Run in progress; LookupError outside of one."""
