"""Permissions: what of this machine and its network the programs of a run may reach."""

from __future__ import annotations

import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    Granted = Iterable[str] | Literal[True]
    Ask = Callable[[str], str]

KINDS = ("read", "write", "net", "env", "db")

SYSTEM = ("/proc", "/sys", "/dev")
"""Folders of the system itself: what is in them is granted by name only."""

GUARDED = {"read": (".env",), "write": (".env", "dana.toml")}
"""What grants and secrets are kept in, in the current folder: granted only each by its own name."""


class Permissions:
    """What is granted: for each kind a list of names, or True for everything of that kind but what needs its name.

    `read` and `write` are files, and folders with all that is below them; `net` are hosts: `api.example.com`,
    `*.example.com`, `api.example.com:8443`, `127.0.0.1`; addresses of this machine and of private networks are granted
    by name only. `db` are databases: files, folders, and URLs without user and password. `env` are variables.
    `ask` is asked about what is not granted: it is given a question and answers "yes", "no" or "always".
    """

    __slots__ = ("_all", "_asking", "_named", "ask", "everything")

    def __init__(
        self,
        *,
        read: Granted = (),
        write: Granted = (),
        net: Granted = (),
        env: Granted = (),
        db: Granted = (),
        everything: bool = False,
        ask: Ask | None = None,
    ) -> None:
        given = dict(zip(KINDS, (read, write, net, env, db), strict=True))
        self._all = {kind for kind, names in given.items() if names is True}
        self._named = {
            kind: set() if names is True else {_normal(kind, name) for name in names} for kind, names in given.items()
        }
        self.everything = everything
        self.ask = ask
        self._asking = threading.Lock()

    def check_read(self, path: str) -> str:
        """The place of a file that may be read, links resolved; raises PermissionError."""
        return self._checked_path("read", "reading", path, os.path.realpath(path))

    def check_write(self, path: str, *, link: bool = False) -> str:
        """The place of a file that may be written, links resolved; with `link` the link itself, not its goal."""
        place = os.path.realpath(path)
        if link:
            folder, name = os.path.split(os.path.abspath(path))
            place = os.path.join(os.path.realpath(folder), name)
        return self._checked_path("write", "writing", path, place)

    def check_net(self, host: str, port: int) -> None:
        """Refuse a host that is not granted; raises PermissionError. Its addresses are for `check_address`."""
        granted = self.everything or self._names_host(host, port) or ("net" in self._all and not _is_local(host))
        if not granted:
            self._refuse("net", f"connecting to {_shown_host(host, port)}", _normal("net", host))

    def check_address(self, host: str, port: int, address: str) -> None:
        """Refuse an address of a granted host that is not public, when nobody granted it by name."""
        if self.everything or _is_public(address):
            return
        if "exact" not in (self._names_host(host, port), self._names_host(address, port)):
            self._refuse("net", f"connecting to {_shown_host(host, port)}, which is {address},", _normal("net", host))

    def check_database(self, url: str) -> str:
        """The database that may be used, of a file its place with links resolved; raises PermissionError."""
        if url == ":memory:":
            return url
        if "://" not in url:
            return self._checked_path("db", "using the database", url, os.path.realpath(url))
        wanted = _normal("db", url)
        granted = self.everything or "db" in self._all or any(_covers(name, wanted) for name in self._named["db"])
        if not granted:
            self._refuse("db", f"using the database {wanted}", wanted)
        return url

    def check_env(self, name: str) -> None:
        """Refuse a variable of the environment; raises PermissionError."""
        if not (self.everything or "env" in self._all or name in self._named["env"]):
            self._refuse("env", f"reading the variable {name}", name)

    def _checked_path(self, kind: str, doing: str, path: str, place: str) -> str:
        of_system = any(is_below(place, folder) for folder in SYSTEM)
        guarded = any(place == os.path.realpath(name) for name in GUARDED.get(kind, ()))
        granted = (
            self.everything
            or (kind in self._all and not of_system and not guarded)
            or place in self._named[kind]
            or (not guarded and any(is_below(place, root) for root in self._named[kind] if "://" not in root))
        )
        if not granted:
            grant = place if kind == "db" or of_system or guarded else os.path.dirname(place)
            self._refuse(kind, f"{doing} {_shown_path(place)}", grant)
        return place

    def _names_host(self, host: str, port: int) -> str | None:
        """How a host is granted by name: "exact", "pattern" for `*.example.com`, or None."""
        name = _normal("net", host)
        found = None
        for grant in self._named["net"]:
            grant_host, grant_port = split_host(grant)
            if grant_port not in (None, port):
                continue
            if grant_host == name or (grant_host == "localhost" and name in ("127.0.0.1", "::1")):
                return "exact"
            if grant_host.startswith("*.") and name.endswith(grant_host[1:]):
                found = "pattern"
        return found

    def _refuse(self, kind: str, doing: str, grant: str) -> None:
        """Ask whether something is allowed after all; raises PermissionError when it is not."""
        answer = "no"
        if self.ask is not None:
            with self._asking:
                answer = self.ask(f"allow {doing.rstrip(',')}?")
        if answer == "always":
            self._named[kind].add(grant)
        elif answer != "yes":
            shown = _shown_path(grant) if os.path.isabs(grant) else grant
            error = PermissionError(f"{doing} needs --allow-{kind}={shown}")
            error.__dict__["retryable"] = False
            raise error


def is_below(place: str, root: str) -> bool:
    """Whether a place is a folder or file, or below it; both with links resolved."""
    return place == root or place.startswith(root.rstrip(os.sep) + os.sep)


def split_host(text: str) -> tuple[str, int | None]:
    """Host and port of `host`, `host:port`, `::1` and `[::1]:port`; raises ValueError."""
    host, port = text, ""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise ValueError(f"{text} is not a host")
        port = port[1:]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if port and not (port.isascii() and port.isdecimal()):
        raise ValueError(f"{text} is not a host: {port} is no port")
    return host, int(port) if port else None


def _normal(kind: str, name: str) -> str:
    """A name as it is compared."""
    if kind == "net":
        host, port = split_host(name.strip().lower())
        host = host.rstrip(".")
        if not host.isascii():
            host = host.encode("idna").decode()
        if port is None:
            return host
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if kind == "db" and "://" in name:
        import re  # 8 ms that most programs do not need

        found = re.fullmatch(r"([a-z0-9]+)(?:\+\w+)?://(?:[^/@?#]*@)?([^/@?#]*)(/[^@?#]*)?(?:\?[^@#]*)?", name, re.I)
        if found is None:
            shown = f"{name.partition('://')[0]}://...{name.rpartition('@')[2].rpartition('://')[2]}"
            raise ValueError(f"{shown} is no URL of a database; in user, password and name write @ / ? # as %40 %2F ..")
        return f"{found[1].lower()}://{found[2].lower()}{found[3] or ''}"
    return name if kind == "env" else os.path.realpath(name)


def _covers(grant: str, wanted: str) -> bool:
    """Whether the URL of a server or a database grants another: a server all of its databases."""
    return wanted == grant or wanted.startswith(grant.rstrip("/") + "/")


def _is_local(host: str) -> bool:
    """Whether a host is written as an address that is not public, or as this machine."""
    name = _normal("net", host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not _is_public(name)
    except ValueError:
        return False


def _is_public(address: str) -> bool:
    """Whether an address is one of the internet, also after what translates between IPv4 and IPv6."""
    import ipaddress  # 5 ms that most programs do not need

    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return found.is_global and not found.is_multicast


def _shown_host(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _shown_path(place: str) -> str:
    """A place as a person who stands in the current folder would write it."""
    here = os.path.realpath(os.curdir)
    return os.path.relpath(place, here) if is_below(place, here) else place
