"""`dana init`: what it writes runs at once, and nothing is written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from dana.cli import main
from dana.errors import UsageError
from dana.project import create, templates

NAMES = ["document-review", "onboarding", "order-processing", "release-notes", "triage"]


def test_templates() -> None:
    assert list(templates()) == NAMES
    assert all(text.endswith(".") for text in templates().values())


@pytest.mark.parametrize("name", NAMES)
def test_project_runs_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", name, "mine"]) == 0
    written, said = capsys.readouterr()
    assert str(Path("mine/main.na")) in written.splitlines()
    assert said == f"run it:   dana run {Path('mine/main.na')}\ntest it:  dana test mine\n"
    assert main(["run", "mine/main.na"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 4
    assert main(["check", "--strict", *map(str, Path("mine").glob("*.na"))]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_project_passes_its_tests(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", name, str(tmp_path / "mine")]) == 0
    monkeypatch.chdir(tmp_path / "mine")
    (tests,) = Path().glob("test_*.na")
    assert main(["check", str(tests)]) == 0
    capsys.readouterr()
    assert main(["test"]) == 0
    assert capsys.readouterr().out.startswith(f"{tests} ..")
    assert not Path(".dana").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(UsageError) as caught:
        create("triage", str(tmp_path))
    assert caught.value.diagnostic.message == f"{tmp_path} is not empty"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_unknown_template(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        create("triag", str(tmp_path / "new"))
    assert (caught.value.diagnostic.message, caught.value.diagnostic.hint) == (
        "there is no template triag",
        "did you mean triage?",
    )
    assert not (tmp_path / "new").exists()
