"""An MCP server on its input and output that goes wrong in one way, which its argument names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

WAY = sys.argv[1]
TOOL = {"name": "search", "description": "Find pages.", "inputSchema": {"type": "object"}}


def tools() -> list[dict[str, Any]]:
    if WAY == "crowd":
        return [TOOL | {"name": f"search{number}"} for number in range(10_000)]
    if WAY == "twins":
        return [TOOL, TOOL]
    if WAY == "talkative":
        return [TOOL, TOOL | {"name": "boring", "description": "x" * 100_000}]
    if WAY == "pattern":
        field = {"type": "string", "pattern": "^(a+)+$"}
        return [TOOL | {"outputSchema": {"type": "object", "properties": {"a": field}}}]
    if WAY == "names":
        return [TOOL, TOOL | {"name": "Käse kaufen"}]
    return [TOOL]


def result(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}


def called(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """What a call gives; None for no answer."""
    if WAY == "dies":
        print("the disk is full", file=sys.stderr, flush=True)
        os._exit(4)
    if WAY == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if WAY == "silent":
        return None
    if WAY == "large":
        return result("x" * 9_000_000)
    if WAY == "shapeless":
        return {"content": "no list"}
    if WAY == "nested":
        deep: Any = 1
        for _ in range(150):
            deep = {"in": [deep]}
        return {"content": [], "structuredContent": deep}
    if WAY == "pattern":
        return {"content": [], "structuredContent": {"a": "a" * 40 + "!"}}
    if WAY == "empty":
        return {"content": []}
    if WAY == "environment":
        return result(" ".join(sorted(os.environ)))
    if WAY == "parts":
        blob = {"uri": "file:///a.bin", "blob": "AAAA"}
        text = {"uri": "file:///a.txt", "text": "inside"}
        parts = [{"type": "text", "text": "one"}, {"type": "resource", "resource": blob}]
        parts += [{"type": "resource", "resource": text}, {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}]
        return {"content": [*parts, {"type": "resource_link", "uri": "file:///b.txt", "name": "b"}]}
    if WAY == "secret":
        return result("the key is " + os.environ["KEY"])
    return result(json.dumps(arguments))


def answer(message: dict[str, Any]) -> dict[str, Any] | None:
    method = message["method"]
    if WAY == "mute":
        return None
    if method == "initialize":
        info = {"name": "x", "version": "1"}
        return {"result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}}
    if method == "tools/list":
        more = {"nextCursor": str(time.monotonic())} if WAY == "pages" else {}
        return {"result": {"tools": tools(), **more}}
    if method == "tools/call":
        if WAY == "refuses":
            return {"error": {"code": -32602, "message": "no such luck"}}
        made = called(message["params"].get("arguments") or {})
        return None if made is None else {"result": made}
    return {"error": {"code": -32601, "message": "Method not found"}}


if WAY == "stillborn":
    sys.exit("no configuration was found")
if WAY == "chatter":
    print("Welcome to the shop!", flush=True)
if WAY == "rubbish":
    while True:
        print("<html>", flush=True)
if WAY == "flood":
    sys.stdout.write("x" * 20_000_000)
    sys.stdout.flush()
if WAY == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(sys.argv[2], "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    made = answer(message)
    if made is not None:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **made}), flush=True)
if WAY == "stubborn":
    time.sleep(600)
