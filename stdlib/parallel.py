"""Doing things at once: `parallel` and `parallel_map`."""

from __future__ import annotations

import contextvars
import threading
from contextlib import suppress

from dana.errors import Stop
from dana.limits import room_for_threads
from dana.native import Library, current
from dana.values import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dana.limits import Meter

library = Library("parallel", "Functions that run at once.")

_SLICE = 0.2
"""The longest time in seconds for which nobody looks whether the program is to stop."""

_MOST = 256
"""How many functions of a run are called at once at most; those that are one too many wait for others to end."""

_LOCK = threading.Lock()
"""Held by who counts flows, or takes the next function."""

_STARTING = threading.Lock()
"""Held by who starts a thread: the size of its stack is set for the whole process."""


@library.function
def parallel(*functions: Callable[[], Any]) -> list[Any]:
    """Call functions without arguments at once; a list of what they give, in their order.

    When one raises an error, those that have not begun are not called; when all others have ended, the error of the
    first that failed, in their order, is raised.

    >>> parallel(lambda: 1 + 1, lambda: "two")
    [2, 'two']
    """
    for function in functions:
        if not callable(function):
            raise TypeError(f"parallel() calls functions, not {type_name(function)}; write lambda: ... around a value")
    return _Flows(list(functions), len(functions)).run()


@library.function
def parallel_map(function: Callable[[Any], Any], items: Iterable[Any], /, *, limit: int = 8) -> list[Any]:
    """Call a function with each item, at most `limit` (1 to 256) at once; a list of the results, in the items' order.

    When one call raises an error, no more are begun; when those under way have ended, the first error is raised.

    >>> parallel_map(lambda word: word.upper(), ["a", "b", "c"], limit=2)
    ['A', 'B', 'C']
    """
    if not callable(function):
        raise TypeError(f"parallel_map() calls a function, not {type_name(function)}")
    if type(limit) is not int or not 1 <= limit <= _MOST:
        raise ValueError(f"limit must be a whole number from 1 to {_MOST}, not {limit!r}")
    given = list(current().meter.collected(items))
    return _Flows([_bound(function, item) for item in given], limit).run()


def _bound(function: Callable[[Any], Any], item: Any) -> Callable[[], Any]:
    return lambda: function(item)


class _Flows:
    """Functions that run at once, each on a thread with the depth of a program of its own."""

    def __init__(self, functions: list[Callable[[], Any]], limit: int) -> None:
        self._functions = functions
        self._limit = min(limit, _MOST)
        self._meter: Meter = current().meter
        self._results: list[Any] = [None] * len(functions)
        self._errors: dict[int, BaseException] = {}
        self._next = 0
        self._stack = 0

    def run(self) -> list[Any]:
        run = current()
        self._stack, most = room_for_threads()
        with _LOCK:
            count = min(self._limit, len(self._functions), min(_MOST, most) - run.flows)
            if count > 1:
                run.flows += count
        if count < 2:
            return [function() for function in self._functions]
        try:
            return self._run(count)
        finally:
            with _LOCK:
                run.flows -= count

    def _run(self, count: int) -> list[Any]:
        threads: list[threading.Thread] = []
        with suppress(RuntimeError):  # the machine has no stacks for so many: fewer run at once
            while len(threads) < count:
                threads.append(self._thread())
        if not threads:
            return [function() for function in self._functions]
        for thread in threads:
            thread.join(0)
        stopped: BaseException | None = None
        for thread in threads:
            while thread.is_alive():
                thread.join(_SLICE)
                if stopped is None and thread.is_alive():
                    try:
                        self._meter.look()
                    except Stop as stop:
                        stopped = stop
                        self._functions = []
                        self._meter.cancel()
        if stopped is not None:
            raise stopped
        for error in self._errors.values():
            if isinstance(error, Stop):
                raise error
        if self._errors:
            raise self._errors[min(self._errors)]
        return self._results

    def _thread(self) -> threading.Thread:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._work,), daemon=True)
        with _STARTING:
            before = threading.stack_size(self._stack)
            try:
                thread.start()
            finally:
                threading.stack_size(before)
        return thread

    def _work(self) -> None:
        depth = self._meter.depth
        room = self._meter.limits.depth
        at = 0
        try:
            depth.extend([None] * room)
            try:
                while True:
                    with _LOCK:
                        at = self._next
                        if at >= len(self._functions) or self._errors:
                            return
                        self._next += 1
                        function = self._functions[at]
                    self._results[at] = function()
            finally:
                del depth[len(depth) - room :]
        except BaseException as error:
            self._errors[at] = error
