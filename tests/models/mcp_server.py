"""A real MCP server for tests: on its standard input and output, or at a port of this machine."""

from __future__ import annotations

import os
import sys
import time

from mcp.server.mcpserver import MCPServer

server = MCPServer("shop", log_level="ERROR")


@server.tool()
def stock(item: str, least: int = 0) -> int:
    """How many there are of an item."""
    return {"pen": 3}[item]


@server.tool()
def twice(text: str) -> str:
    """The text twice."""
    return text * 2


@server.tool()
def find() -> list[dict[str, int]]:
    """Finds."""
    return [{"a": 1}]


@server.tool()
def variable(name: str) -> str:
    """A variable of the environment."""
    return os.environ.get(name, "nothing")


@server.tool(name="odd.name")
def odd() -> str:
    """A name that models do not take."""
    return "odd"


@server.tool()
def die() -> str:
    """Ends the server."""
    print("last words", file=sys.stderr)
    os._exit(3)


@server.tool()
def sleep() -> str:
    """Takes long."""
    time.sleep(20)
    return "late"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
