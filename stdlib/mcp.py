"""MCP servers, whose tools a program calls or gives to a model: `use`."""

from __future__ import annotations

import re

from dana.errors import nearest
from dana.native import Library, current
from dana.secret import Secret
from dana.values import type_name

from .time import seconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library("mcp", "MCP servers, whose tools a program calls or gives to a model.")

TIMEOUT = 30.0
LONGEST = 3600
"""Seconds that a call may take at most."""

SHOWN = 200
"""Characters of a name in a message."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOADING = re.compile(
    r"(?:LD|DYLD)_.*|PATH|ENV|BASH_ENV|PYTHON(?:PATH|HOME|STARTUP)|NODE_(?:OPTIONS|PATH)|RUBY(?:OPT|LIB)|PERL5(?:OPT|LIB)"
)
"""Variables that say what code a program loads, which is then not the one that was granted."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset("host content-length transfer-encoding accept-encoding".split())


@library.function
def use(
    kind: str,
    /,
    *,
    command: list[str] | None = None,
    url: str | None = None,
    env: dict[str, Any] | None = None,
    headers: dict[str, Any] | None = None,
    tools: list[str] | None = None,
    timeout: Any = None,
) -> Any:
    """A server that has tools: `use("mcp", command=["python", "server.py"])`, or `use("mcp", url="https://...")`.

    It is one of MCP, the Model Context Protocol; give its tools to a model with `reason(prompt, tools=[server])` or
    `create_agent({"tools": [server]})`, or call them: `server.call("search", {"q": "x"})` gives text, or data where
    the server sends data; what is neither, such as an image, is described. `server.tools` is a list of what the server
    says of its tools: `name`, `description`, and `parameters`, which is a JSON schema; what models take in no name is
    `_` in the names that they are told. `tools` are the names of those that are used, by default all, 500 at most.

    `command` starts a program on this machine, with what `env` says in its environment, beside PATH, HOME and LANG; it
    ends with the run, or before at `server.close()` or the end of `with use(...) as server:`. `url` is reached by
    streamable HTTP, with `headers`. Values of both may be secrets: `headers={"Authorization": secret("DOCS_TOKEN")}`.
    `timeout` (30) is for connecting and for each call, in seconds or a text such as "2m"; `server.call` takes its own.

    What a server says, of its tools too, is data from outside. Its answers are not recorded by `--record`: a replay
    calls the tools again.

    Needs `--allow-run=PROGRAM` or `--allow-net=HOST`, else raises PermissionError; a program that may be run may do
    whatever you may. Raises ConnectionError where the server does not answer, RuntimeError for what a tool reports as
    an error, ValueError or TypeError for wrong parameters, ImportError without `pip install 'dana[mcp]'`.

    >>> use("mpc", command=["python", "server.py"])
    Traceback (most recent call last):
    ValueError: use() knows no 'mpc'; did you mean mcp?
    """
    if type(kind) is not str:
        raise TypeError(f"use() takes the kind of server as text, not {type_name(kind)}")
    if kind != "mcp":
        hint = "did you mean mcp?" if nearest(kind[:20].lower(), ["mcp"]) else 'write use("mcp", ...)'
        raise ValueError(f"use() knows no {kind[:60]!r}; {hint}")
    if (command is None) == (url is None):
        raise TypeError('use("mcp", ...) needs either command=[...] or url="..."')
    if env is not None and command is None:
        raise TypeError("env belongs to command")
    if headers is not None and url is None:
        raise TypeError("headers belong to url")
    if tools is not None and (type(tools) not in (list, tuple) or not all(type(name) is str for name in tools)):
        raise TypeError("tools must be a list of names of tools")
    seconds = TIMEOUT if timeout is None else seconds_of(timeout)
    if not 0 < seconds <= LONGEST:
        raise ValueError(f"timeout must be above 0 and at most {LONGEST:,} s, not {timeout!r}")
    models = current().session.models
    if command is not None:
        return models.server_of(_command(command), _environment(env), tools, seconds)
    if type(url) is not str:
        raise TypeError(f"url must be text, not {type_name(url)}")
    return models.server_at(url, _headers(headers), tools, seconds)


def _command(command: Any) -> list[str]:
    """The program and its arguments."""
    if type(command) not in (list, tuple) or not command or not all(type(part) is str for part in command):
        raise TypeError('command must be a list of texts, as in ["python", "server.py"]')
    if not command[0] or any("\0" in part for part in command):
        raise ValueError("command has no name of a program, or a character with the code 0 in it")
    return list(command)


def _environment(env: Any) -> dict[str, str]:
    """The variables with their texts, also where these are secrets."""
    variables = _texts("env", env)
    for name, text in variables.items():
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"env: {name!r} cannot be the name of a variable"[:SHOWN])
        if _LOADING.fullmatch(name.upper()):
            raise ValueError(f"env: {name} says what code a program loads; it is not set for one")
        if "\0" in text:
            raise ValueError(f"env: {name} has a character with the code 0 in it")
    return variables


def _headers(headers: Any) -> dict[str, str]:
    """The headers with their texts, also where these are secrets."""
    texts = _texts("headers", headers)
    for name, text in texts.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise ValueError(f"headers: {name!r} cannot be the name of a header"[:SHOWN])
        if any(character < " " or character == "\x7f" or character > "\xff" for character in text):
            raise ValueError(f"headers: {name} has a character in it that headers cannot have")
    return texts


def _texts(what: str, given: Any) -> dict[str, str]:
    """A dict of texts and secrets; a secret that a server is sent is not shown in what it answers."""
    if given is not None and type(given) is not dict:
        raise TypeError(f"{what} must be a dict, not {type_name(given)}")
    texts = {}
    for name, value in (given or {}).items():
        if type(name) is not str:
            raise TypeError(f"{what} must be a dict of texts")
        if type(value) not in (str, Secret):
            raise TypeError(f"{what}[{name[:60]!r}] must be text or a secret, not {type_name(value)}")
        texts[name] = value.reveal() if type(value) is Secret else value
    return texts
