"""The embedded model as one that is asked like any other: its requests go to the runtime in this process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from dana.models.embedded import NotInstalled, bounded, load
from dana.models.endpoints import Abilities, body
from dana.models.requests import Reply, Request, RequestFailed, called, worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

LONGEST = 512
"""Tokens of an answer, where the program gives no limit: this model does not always find an end."""

BRIEF = "Answer in one or two short sentences."
PENALTY = 1.15
"""Both keep this model from saying the same for ever: without them, 5 of 10 short requests came to no end."""


class Local:
    """The embedded model; it answers one request after the other."""

    immediate = False

    def __init__(self, model: str) -> None:
        self.model = model
        self.name = f"local/{model}"
        self._turn = ThreadPoolExecutor(1, "dana-embedded")
        self._abilities = Abilities()

    async def send(self, request: Request) -> Reply:
        """One reply; raises RequestFailed."""
        given_up = Event()
        asked = worded(request) if request.tools else request
        answer = asyncio.get_running_loop().run_in_executor(self._turn, self._complete, asked, given_up.is_set)
        try:
            reply = await answer
            return called(request, reply) if request.tools else reply
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def stream(self, request: Request) -> AsyncIterator[Reply]:
        """The whole answer as one piece."""
        reply = await self.send(request)
        yield Reply(reply.text, "")
        yield Reply("", reply.finish, reply.input_tokens, reply.output_tokens)

    def _complete(self, request: Request, cancelled: Callable[[], bool]) -> Reply:
        schema = None if request.schema is None else bounded(request.schema)
        messages = request.messages
        if schema is None and request.max_tokens is None:
            messages = [{"role": "system", "content": BRIEF}, *messages]
        sent = Request(messages, schema, False, request.temperature or 0, request.max_tokens or LONGEST)
        made = body(self.model, sent, self._abilities)
        if schema is None:
            made["repeat_penalty"] = PENALTY
        try:
            data: dict[str, Any] = load().complete(made, cancelled)
        except NotInstalled as missing:
            raise RequestFailed(f"the embedded model cannot be loaded: {missing}") from None
        except ValueError as error:
            raise RequestFailed(f"{self.name}: {error}") from None
        choice, usage = data["choices"][0], data.get("usage") or {}
        return Reply(
            choice["message"].get("content") or "",
            choice.get("finish_reason") or "stop",
            usage.get("prompt_tokens", 0),
            usage.get("completion_tokens", 0),
        )
