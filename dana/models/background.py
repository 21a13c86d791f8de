"""The background: one thread in which all requests to models are under way while programs go on."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet

from dana.errors import Interrupted
from dana.native import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from typing import Any

SLICE = 0.2
"""The longest time in seconds for which nobody looks whether the program is to stop."""

AHEAD = 100
"""How many pieces of a stream are read before somebody takes them."""


_lock = threading.Lock()
_shared: Background | None = None


def background() -> Background:
    """The one of the process: sessions come and go."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Background()
        return _shared


class Background:
    """A thread with an event loop; it ends with the process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="dana-models", daemon=True).start()

    def start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Begin something; the future has its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, future: Future[Any]) -> Any:
        """The result of a future; raises what the work raised, and Stop when the program is to end before."""
        meter = current().meter
        while True:
            try:
                return future.result(SLICE)
            except NotYet:
                if future.done():  # the work itself may raise a TimeoutError
                    return future.result()
                try:
                    meter.look()
                except BaseException:
                    future.cancel()
                    raise
            except CancelledError:
                raise Interrupted("interrupted") from None

    def items(self, pieces: AsyncIterator[Any]) -> Iterator[Any]:
        """The items of an asynchronous iterator, read ahead a little."""
        ready: queue.Queue[tuple[str, Any]] = queue.Queue()
        room = asyncio.Semaphore(AHEAD)

        async def pump() -> None:
            try:
                async for piece in pieces:
                    await room.acquire()
                    ready.put(("piece", piece))
            except BaseException as error:
                ready.put(("error", error))
                if isinstance(error, asyncio.CancelledError):
                    raise
            else:
                ready.put(("end", None))

        future = self.start(pump())
        try:
            while True:
                try:
                    kind, value = ready.get(timeout=SLICE)
                except queue.Empty:
                    current().meter.look()
                    continue
                if kind == "end":
                    return
                if kind == "error":
                    raise value
                self._loop.call_soon_threadsafe(room.release)
                yield value
        finally:
            future.cancel()
