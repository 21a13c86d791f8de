"""A shop as a real MCP server: `python shop_server.py` speaks on its input and output, with a port by streamable HTTP."""

from __future__ import annotations

import base64
import os
import sys
import time

from mcp.server.mcpserver import Context, Image, MCPServer

server = MCPServer("shop")


@server.tool()
def stock(item: str) -> int:
    """How many there are of an item."""
    return {"pen": 3, "ink": 0}[item]


@server.tool()
def search(q: str) -> str:
    """Find pages."""
    return f"found {q}"


@server.tool()
def order(item: str, count: int = 1) -> dict[str, int | str]:
    """Order an item."""
    return {"item": item, "count": count}


@server.tool(name="files.list/all")
def files() -> list[str]:
    """The names of files."""
    return ["a.txt", "b.txt"]


@server.tool()
def photo() -> Image:
    """A picture of the shop."""
    return Image(data=base64.b64decode("iVBORw0KGgo="), format="png")


@server.tool()
def variables() -> str:
    """The environment of the server."""
    return " ".join(f"{name}={value}" for name, value in sorted(os.environ.items()))


@server.tool()
def header(name: str, context: Context) -> str:
    """A header of the request."""
    return str((context.headers or {}).get(name.lower()))


@server.tool()
def wait(seconds: float) -> str:
    """Take some time."""
    time.sleep(seconds)
    return "waited"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
