"""What a wheel holds, and that the command runs from one, without Lark and with the table that it brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("dana", "grammar", "stdlib")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout, made in a copy that has nothing but sources."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.marshal", "node_modules")
        )
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entries,) = (archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert {"dana/py.typed", "dana/parse_table.marshal", "dana/grammar/dana.lark"} <= names
    assert {"dana/grammar/dana.tmLanguage.json", "dana/grammar/dana.vim"} <= names
    assert "[pygments.lexers]\ndana = dana.highlight:DanaLexer" in entries
    for folder, package in zip(PACKAGES, ("dana", "dana/grammar", "dana/stdlib"), strict=True):
        for file in [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.na")]:
            assert f"{package}/{file.relative_to(ROOT / folder)}" in names
    stray = [name for name in names if not name.startswith("dana/") and ".dist-info/" not in name]
    assert not stray
    own = [name for name in names if not name.startswith("dana/templates/")]
    assert not [name for name in own if "/test_" in name or "tests/" in name]


def test_entry_points(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        text = archive.read(name).decode()
    expected = (
        "[console_scripts] dana = dana.cli:command [pygments.lexers] dana = dana.highlight:DanaLexer "
        "[pytest11] dana = dana.pytest_plugin"
    )
    assert text.split() == expected.split()


def test_runs_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    place, cache = tmp_path / "place", tmp_path / "cache"
    zipfile.ZipFile(wheel).extractall(place)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "dana", "run", str(ROOT / "examples" / "01_hello.na")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place), "DANA_CACHE": str(cache)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Hello, world!\nHei, world!\nHola, world!\n"
    assert not list(cache.glob("parse_table*"))
