"""Permissions: what of this machine and its network the programs of a run may reach."""

from __future__ import annotations

import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import FrameType
    from typing import Literal

    Granted = Iterable[str] | Literal[True]
    Ask = Callable[[str, str], str]

KINDS = ("read", "write", "net", "env", "db", "python", "run")

OWN = "the project's own"
"""What allows what is below the project's own folder."""

SYSTEM = ("/proc", "/sys", "/dev")
"""Folders of the system itself: what is in them is granted by name only."""

GUARDED = {"read": (".env",), "write": (".env", "dana.toml")}
"""What grants and secrets are kept in, in the current folder: granted only each by its own name."""


class Permissions:
    """What is granted: for each kind a list of names, or True for everything of that kind but what needs its name.

    `read` and `write` are files, and folders with all that is below them; `net` are hosts: `api.example.com`,
    `*.example.com`, `api.example.com:8443`, `127.0.0.1`; addresses of this machine and of private networks are granted
    by name only. `db` are databases: files, folders, and URLs without user and password. `env` are variables,
    `python` modules, with those below them; `run` are programs, as they are named or as files.
    `ask` is asked about what is not granted: it is given a question and the place in the program that asks, and
    answers "yes", "no" or "always". `where` says that place for a frame; `configured` what of the names stands in
    dana.toml, `own` the folder that needs no grant. `asked` is what has been asked for so far.
    """

    __slots__ = ("_all", "_answered", "_asking", "_configured", "_named", "_own", "ask", "asked", "everything", "where")

    def __init__(
        self,
        *,
        read: Granted = (),
        write: Granted = (),
        net: Granted = (),
        env: Granted = (),
        db: Granted = (),
        python: Granted = (),
        run: Granted = (),
        everything: bool = False,
        ask: Ask | None = None,
        where: Callable[[FrameType], str] | None = None,
        configured: Mapping[str, Iterable[str]] | None = None,
        own: str | None = None,
    ) -> None:
        given = dict(zip(KINDS, (read, write, net, env, db, python, run), strict=True))
        self._all = {kind for kind, names in given.items() if names is True}
        self._named = {
            kind: set() if names is True else {_normal(kind, name) for name in names} for kind, names in given.items()
        }
        self.everything = everything
        self.ask = ask
        self.where = where
        self.asked: dict[tuple[str, str], Asked] = {}
        self._answered: set[tuple[str, str]] = set()
        self._configured = {
            (kind, _normal(kind, name)): name for kind, names in (configured or {}).items() for name in names
        }
        self._own = None if own is None else os.path.realpath(own)
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

    def check_database_of(self, path: str, folder: str) -> str:
        """The place of a database that Dana itself keeps, links resolved, free below the project's own folder."""
        place = os.path.realpath(path)
        if is_below(place, os.path.realpath(folder)):
            return place
        self.check_read(path)
        return self.check_write(path)

    def check_net(self, host: str, port: int) -> None:
        """Refuse a host that is not granted; raises PermissionError. Its addresses are for `check_address`."""
        grant = self._grant_of_host(host, port)
        if grant is None and "net" in self._all and not _is_local(host):
            grant = ""
        self._decide("net", f"connecting to {_shown_host(host, port)}", _normal("net", host), grant)

    def check_address(self, host: str, port: int, address: str) -> None:
        """Refuse an address of a granted host that is not public, when nobody granted it by name."""
        if self.everything or _is_public(address):
            return
        grants = (self._grant_of_host(host, port), self._grant_of_host(address, port))
        if all(grant is None or grant.startswith("*.") for grant in grants):
            doing = f"connecting to {_shown_host(host, port)}, which is {address},"
            self._decide("net", doing, _normal("net", host), None)

    def check_database(self, url: str) -> str:
        """The database that may be used, of a file its place with links resolved; raises PermissionError."""
        if url == ":memory:":
            return url
        if "://" not in url:
            return self._checked_path("db", "using the database", url, os.path.realpath(url))
        wanted = _normal("db", url)
        grant = next((name for name in self._named["db"] if _covers(name, wanted)), "" if "db" in self._all else None)
        self._decide("db", f"using the database {wanted}", wanted, grant)
        return url

    def check_env(self, name: str) -> None:
        """Refuse a variable of the environment; raises PermissionError."""
        grant = name if name in self._named["env"] else "" if "env" in self._all else None
        self._decide("env", f"reading the variable {name}", name, grant)

    def check_python(self, module: str) -> None:
        """Refuse a module of Python; raises PermissionError."""
        named = self._named["python"]
        grant = next((name for name in named if module == name or module.startswith(f"{name}.")), None)
        if grant is None and "python" in self._all:
            grant = ""
        self._decide("python", f"importing the Python module {module}", module, grant)

    def check_run(self, command: Sequence[str]) -> str | None:
        """The place of a program that may be started, None where there is none; raises PermissionError.

        It is looked up here, in the PATH of this process, and is to be started from that place.
        """
        import shlex  # most programs start no others
        import shutil

        name = _normal("run", command[0])
        found = shutil.which(name)
        place = None if found is None else os.path.abspath(found)
        grant = next((each for each in (name, place) if each in self._named["run"]), "" if "run" in self._all else None)
        self._decide("run", f"starting the program {shlex.join(command)}", name, grant)
        return place

    def _checked_path(self, kind: str, doing: str, path: str, place: str) -> str:
        of_system = any(is_below(place, folder) for folder in SYSTEM)
        guarded = any(_is_same(place, os.path.realpath(name)) for name in GUARDED.get(kind, ()))
        named = self._named[kind]
        grant = place if place in named else None
        if grant is None and not guarded:
            roots = [root for root in named if "://" not in root and is_below(place, root)]
            if of_system:
                roots = [root for root in roots if any(is_below(root, folder) for folder in SYSTEM)]
            grant = roots[0] if roots else "" if kind in self._all and not of_system else None
        narrow = place if kind == "db" or of_system or guarded else os.path.dirname(place)
        self._decide(kind, f"{doing} {_shown_path(place)}", narrow, grant)
        return place

    def _grant_of_host(self, host: str, port: int) -> str | None:
        """The grant of a host by name, rather itself than `*.example.com`; None where there is none."""
        name = _normal("net", host)
        found = None
        for grant in self._named["net"]:
            grant_host, grant_port = split_host(grant)
            if grant_port not in (None, port):
                continue
            if grant_host == name or (grant_host == "localhost" and name in ("127.0.0.1", "::1")):
                return grant
            if grant_host.startswith("*.") and name.endswith(grant_host[1:]):
                found = grant
        return found

    def _decide(self, kind: str, doing: str, narrow: str, grant: str | None) -> None:
        """Keep account of what is asked for, `grant` allows it ("" all of the kind), else ask whether it is allowed
        after all; raises PermissionError when it is not. `narrow` is what would have to be granted."""
        shown = _shown_path(narrow) if os.path.isabs(narrow) else narrow
        known = self.asked.get((kind, shown))
        if known is None or known.allowed_by is None:
            place = self._place()
            allowed_by = self._allowed_by(kind, grant) or self._answer(kind, doing, narrow, place)
            if known is None:
                known = self.asked[kind, shown] = Asked(kind, shown, doing.rstrip(","), place)
            known.allowed_by = allowed_by
        elif grant is None and not self.everything:
            known.allowed_by = self._answer(kind, doing, narrow, self._place())
        if known.allowed_by is None:
            error = PermissionError(f"{doing} needs --allow-{kind}={shown}")
            error.__dict__["retryable"] = False
            raise error

    def _allowed_by(self, kind: str, grant: str | None) -> str | None:
        """What allows something in words; None where nothing does."""
        if self.everything:
            return "-A"
        if grant is None:
            return None
        if (kind, grant) in self._answered:
            return "the answer always"
        if grant == self._own:
            return OWN
        if (kind, grant) in self._configured:
            return f'dana.toml, {kind} = ["{self._configured[kind, grant]}"]'
        shown = _shown_path(grant) if os.path.isabs(grant) else grant
        return f"--allow-{kind}={shown}" if grant else f"--allow-{kind}"

    def _answer(self, kind: str, doing: str, narrow: str, place: str) -> str | None:
        """What a person says who is asked."""
        if self.ask is None:
            return None
        with self._asking:
            if narrow in self._named[kind] and (kind, narrow) in self._answered:
                return "the answer always"  # while this waited for its turn
            answer = self.ask(f"allow {doing.rstrip(',')}?", place)
        if answer == "always":
            self._named[kind].add(narrow)
            self._answered.add((kind, narrow))
        return f"the answer {answer}" if answer in ("yes", "always") else None

    def _place(self) -> str:
        """The place in the program that asks, or nothing."""
        return self.where(sys._getframe(1)) if self.where is not None else ""


class Asked:
    """Something that a program asked for, where it did so first, and what allowed it: None when nothing did."""

    __slots__ = ("allowed_by", "doing", "kind", "name", "place")

    def __init__(self, kind: str, name: str, doing: str, place: str) -> None:
        self.kind = kind
        self.name = name
        self.doing = doing
        self.place = place
        self.allowed_by: str | None = None

    @property
    def flag(self) -> str:
        """The option that grants it."""
        return f"--allow-{self.kind}={self.name}"


def _is_same(place: str, guarded: str) -> bool:
    """Whether two places are one file: by name, in letters of any case, or by a second name of the same file."""
    if place.casefold() == guarded.casefold():
        return True
    try:
        return os.path.samefile(place, guarded)
    except OSError:
        return False


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
    if kind == "run":  # links stay: what they lead to may do something else under its own name
        return os.path.abspath(name) if os.path.dirname(name) else name
    if kind == "python":
        return name.strip().removesuffix(".py")
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
        if int(found) >> 125 != 1:  # the internet is 2000::/3
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _shown_host(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _shown_path(place: str) -> str:
    """A place as a person who stands in the current folder would write it."""
    here = os.path.realpath(os.curdir)
    return os.path.relpath(place, here) if is_below(place, here) else place
