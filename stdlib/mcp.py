"""Servers of tools: `use`."""

from __future__ import annotations

from dana.errors import nearest
from dana.native import Library, current
from dana.secret import Secret
from dana.values import type_name

from .time import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("mcp", "Servers of tools.")

TIMEOUT = 30


@library.function
def use(
    kind: str,
    /,
    *,
    command: list[str] | None = None,
    url: str | None = None,
    env: dict[str, Any] | None = None,
    headers: dict[str, Any] | None = None,
    timeout: Any = TIMEOUT,
) -> Any:
    """Start or connect to a server of tools; `kind` is "mcp" (modelcontextprotocol.io).

    `command` is a list of a program and its arguments, which is started, has the variables of `env` and few others, and
    is ended with the run; it needs `--allow-run=PROGRAM`. `url` is where a server is, to which `headers` are sent; it
    needs `--allow-net=HOST`. Values of `env` and `headers` may be secrets. `timeout` (30), in seconds or a text such as
    "2m", is for the connection and for each call. Needs `pip install 'dana[mcp]'`.

    The server can be given to a model: `reason(prompt, tools=[server])`, `create_agent({"tools": [server]})`.
    `server.call("search", {"q": "tea"})` calls a tool, `server.tools` says which there are. `with use(...) as server:`
    closes it at the end. What a server says is data from outside. Raises ConnectionError when it cannot be reached,
    and RuntimeError for what a tool reports as an error.

        with use("mcp", command=["python", "server.py"]) as server:
            print(reason("What is new?", tools=[server]))

    >>> use("mpc", url="https://example.com/mcp")
    Traceback (most recent call last):
    ValueError: 'mpc' cannot be used; did you mean mcp?
    """
    if kind != "mcp":
        if type(kind) is not str:
            raise TypeError(f'what is used is a text such as "mcp", not {type_name(kind)}')
        meant = "did you mean mcp?" if nearest(kind[:20], ["mcp"]) else 'there is "mcp"'
        raise ValueError(f"{kind[:60]!r} cannot be used; {meant}")
    if (command is None) == (url is None):
        raise TypeError('use("mcp", ...) needs either command=[...] or url="..."')
    if command is not None and (
        type(command) not in (list, tuple) or not command or not all(type(word) is str and word for word in command)
    ):
        raise TypeError("command must be a list of texts: the program and its arguments")
    if url is not None and type(url) is not str:
        raise TypeError(f"url must be text, not {type_name(url)}")
    if env is not None and command is None:
        raise TypeError("env belongs to command")
    if headers is not None and url is None:
        raise TypeError("headers belong to url")
    seconds = seconds_of(timeout)
    if not 0 < seconds < 1e9:
        raise ValueError("timeout must be above 0")
    models = current().session.models
    if command is not None:
        return models.server_of(list(command), _texts("env", env), seconds)
    return models.server_at(url, _texts("headers", headers), seconds)


def _texts(name: str, given: Any) -> dict[str, str | Secret]:
    """A dict of texts and secrets."""
    if given is None:
        return {}
    if type(given) is not dict or not all(type(key) is str for key in given):
        raise TypeError(f"{name} must be a dict of texts")
    for key, value in given.items():
        if type(value) not in (str, Secret):
            raise TypeError(f"{name}[{key[:60]!r}] must be text or a secret, not {type_name(value)}")
    return dict(given)
