"""The clock and waiting, and the global `wait`, `get_current_time` and `generate_unique_id`."""

from __future__ import annotations

import time as host
from datetime import UTC, datetime, timedelta
from math import isfinite

from dana.native import Library, current
from dana.values import type_name

from .datetime import check_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dana.limits import Meter

library = Library("time", "The clock and waiting.")

_SLICE = 0.25
"""The longest time in seconds for which nobody looks whether the program is to stop."""

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d|w) ?"
_LONGEST = 100
"""The longest text that is read as a duration."""


# Names that need no import


@library.function
def wait(
    duration: float | str | timedelta | Callable[[], Any],
    /,
    *,
    timeout: float | str | timedelta | None = None,
    interval: float | str | timedelta = 1,
) -> bool | None:
    """Wait for a time, or until something is so.

    `duration` is a number of seconds, a timedelta, or a text of numbers with units (`ms`, `s`, `m`, `h`, `d`, `w`):
    "90s", "1h30m", "500ms". Or it is a function without parameters, which is called every `interval` until what it
    gives is true; then `wait` gives True, or False if that took longer than `timeout`. `interval` and `timeout` are
    durations too. Raises ValueError for what is no duration.

    >>> wait(0)
    >>> wait("1ms")
    >>> wait(lambda: True, timeout="5s")
    True
    """
    if not callable(duration):
        if timeout is not None:
            raise TypeError("wait() takes a timeout only with a function")
        _pause(seconds_of(duration))
        return None
    pause = seconds_of(interval)
    limit = None if timeout is None else seconds_of(timeout)
    if not pause:
        raise ValueError("interval must be longer than 0")
    clock = current().host.monotonic
    start, waited = clock(), 0.0
    while not duration():
        if limit is not None:
            pause = min(pause, limit - max(waited, clock() - start))
            if pause <= 0:
                return False
        _pause(pause)
        waited += pause
    return True


@library.function
def get_current_time() -> datetime:
    """The time now: a datetime, aware, in UTC.

    >>> get_current_time().tzinfo
    datetime.timezone.utc
    """
    return current().host.now()


@library.function
def generate_unique_id() -> str:
    """A new id, unique anywhere, as text that sorts by time: a UUID of version 7.

    >>> len(generate_unique_id())
    36
    """
    return current().host.new_id()


# As in Python


@library.function
def sleep(secs: float, /) -> None:
    """Wait for a number of seconds. Raises ValueError when it is negative.

    >>> time.sleep(0.001)
    """
    if not isinstance(secs, (int, float)):
        raise TypeError(f"'{type_name(secs)}' object cannot be interpreted as an integer")
    if secs < 0:
        raise ValueError("sleep length must be non-negative")
    _pause(_finite(float(secs)))


@library.function
def time() -> float:
    """The seconds since 1970 began, in UTC.

    >>> time.time() > 1_700_000_000
    True
    """
    return current().host.now().timestamp()


@library.function
def time_ns() -> int:
    """The nanoseconds since 1970 began, in UTC, exact to a microsecond.

    >>> time.time_ns() > 1_700_000_000 * 10**9
    True
    """
    return (current().host.now() - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) * 1000


@library.function
def monotonic() -> float:
    """The seconds on a clock that never goes back; only differences mean something.

    >>> start = time.monotonic()
    >>> time.monotonic() >= start
    True
    """
    return current().host.monotonic()


@library.function
def perf_counter() -> float:
    """The seconds on a clock for measuring how long something takes; the same as `monotonic()`.

    >>> start = time.perf_counter()
    >>> time.perf_counter() >= start
    True
    """
    return current().host.monotonic()


@library.function
def gmtime(secs: float | None = None, /) -> host.struct_time:
    """The parts of a time in UTC: so many seconds after 1970 began, or now.

    Fields: `tm_year tm_mon tm_mday tm_hour tm_min tm_sec tm_wday` (0 is Monday) `tm_yday` (from 1) `tm_isdst`.

    >>> time.gmtime(0).tm_year, time.gmtime(0)[7]
    (1970, 1)
    """
    return host.gmtime(current().host.now().timestamp() if secs is None else secs)


@library.function
def strftime(format: str, t: Any = None, /) -> str:
    """A time as text in a format (`%Y %m %d %H %M %S` ...); `t` is what `gmtime` gives, or now in UTC.

    >>> time.strftime("%d.%m.%Y", time.gmtime(0))
    '01.01.1970'
    """
    check_format(format)
    return host.strftime(format, gmtime() if t is None else t)


def seconds_of(duration: Any) -> float:
    """How many seconds a duration has."""
    if type(duration) is timedelta:
        seconds = duration.total_seconds()
    elif isinstance(duration, str):
        return _read(duration)
    elif isinstance(duration, (int, float)) and not isinstance(duration, bool):
        seconds = _finite(float(duration))
    else:
        raise TypeError(f"a duration is a number of seconds or a text such as '5m', not {type_name(duration)}")
    if seconds < 0:
        raise ValueError(f"a duration cannot be negative: {duration}")
    return seconds


def _read(text: str) -> float:
    """The seconds in a text such as `1h30m`."""
    import re  # 8 ms that most programs do not need

    end, seconds = 0, 0.0
    if len(text) <= _LONGEST:
        while part := re.compile(_PART).match(text, end):
            end = part.end()
            seconds += float(part[1]) * _UNITS[part[2]]
    if not text or end < len(text):
        raise ValueError(
            f"{text[:_LONGEST]!r} is not a duration; write numbers with ms, s, m, h, d or w, such as '1h30m'"
        )
    return seconds


def _finite(seconds: float) -> float:
    if not isfinite(seconds):
        raise ValueError(f"{seconds} is not a duration")
    return seconds


def _pause(seconds: float) -> None:
    """Wait, in slices between which a wish to stop and the deadline are seen."""
    run = current()
    meter, clock, sleep = run.meter, run.host.monotonic, run.host.sleep
    meter.charge(1)
    if run.host.frozen:
        sleep(seconds)
        return
    while seconds > 0:
        turn = min(seconds, _SLICE, _time_left(meter))
        before = clock()
        sleep(turn)
        seconds -= max(turn, clock() - before)
        meter.charge(1)


def _time_left(meter: Meter) -> float:
    """The seconds to the deadline of the run, which is reached if there are none."""
    if meter.deadline is None:
        return _SLICE
    left = meter.deadline - host.monotonic()
    if left <= 0:
        meter.tank.clear()
        meter.charge(1)
    return max(left, 0.001)
