"""A model that takes its time: in this process, or behind an endpoint of the OpenAI protocol on loopback.

The prompt says what it answers: `NAME` is answered by `name!`, `json TEXT` by the text, `fail NAME` fails. What is
asked is in `asked`, `most` is how many calls were under way at once, `cancelled` how many were given up.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dana.models.requests import Reply, Request, RequestFailed


def answer(prompt: str) -> str:
    """What is said to a prompt; raises RequestFailed where the prompt wants it."""
    prompt = prompt.partition("\n")[0]
    if prompt.startswith("fail"):
        raise RequestFailed(f"no answer to {prompt}")
    if prompt.startswith("json "):
        return prompt.removeprefix("json ")
    return f"{prompt.lower()}!"


class Scripted:
    """The same answers at once; calls of this model never overlap."""

    immediate = True
    name = model = "scripted"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: Request) -> Reply:
        """The answer."""
        prompt = request.messages[-1]["content"]
        self.asked.append(prompt)
        return Reply(answer(prompt), "stop", 1, 1)

    async def stream(self, request: Request) -> AsyncIterator[Reply]:
        """The whole answer as one piece."""
        yield await self.send(request)


class Delayed(Scripted):
    """Answers after a moment, the last call first; with `together` when so many are under way at once."""

    immediate = False

    def __init__(self, together: int = 0) -> None:
        super().__init__()
        self.together = together
        self.under_way = 0
        self.most = 0
        self.ended: list[str] = []
        self.cancelled: list[str] = []
        self._enough = asyncio.Event()

    async def send(self, request: Request) -> Reply:
        """The answer, when it is time."""
        prompt = request.messages[-1]["content"]
        self.asked.append(prompt)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if prompt.startswith("never"):
                await asyncio.sleep(60)
            if self.together:
                if self.under_way >= self.together:
                    self._enough.set()
                await asyncio.wait_for(self._enough.wait(), 20)
            else:
                await asyncio.sleep(0.002 / len(self.asked))
            return Reply(answer(prompt), "stop", 1, 1)
        except asyncio.CancelledError:
            self.cancelled.append(prompt)
            raise
        finally:
            self.under_way -= 1
            self.ended.append(prompt)


class Server:
    """An endpoint on loopback; every answer waits until `together` requests are under way, or for `seconds`."""

    def __init__(self, together: int = 1, seconds: float = 0) -> None:
        self.together = together
        self.seconds = seconds
        self.asked: list[str] = []
        self.under_way = 0
        self.most = 0
        self.closed = threading.Event()
        self._changed = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, sent = owner._reply(body["messages"][-1]["content"])
                data = json.dumps(sent).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that gives up closes its connection

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closed.set()
        with self._changed:
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int) -> None:
        """Wait until so many requests have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, 20)

    def _reply(self, prompt: str) -> tuple[int, dict[str, Any]]:
        with self._changed:
            self.asked.append(prompt)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self._changed.notify_all()
            if prompt.startswith("never"):
                self._changed.wait_for(self.closed.is_set, 60)
            else:
                self._changed.wait_for(lambda: self.most >= self.together or self.closed.is_set(), 20)
        if self.seconds:
            self.closed.wait(self.seconds)
        with self._changed:
            self.under_way -= 1
        try:
            said = answer(prompt)
        except RequestFailed as failure:
            return 400, {"error": {"message": str(failure)}}
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return 200, {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice],
                     "usage": usage}  # fmt: skip
