"""The command: arguments, exit codes, what goes to which stream, and the ways in which a run ends early."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dana import __version__, cli
from dana.cli import main
from dana.usage import HELP, HELP_OF, OPTIONS

COMMAND = [sys.executable, "-m", "dana"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes in the way of POSIX")
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}
HINT_OF_RUN = "  = dana run FILE, or - for standard input\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DANA_DEBUG", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def write(text: str, name: str = "demo.na") -> str:
    Path(name).write_text(text)
    return name


Streams = pytest.CaptureFixture[str]


def test_version(capsys: Streams) -> None:
    for arguments in (["version"], ["--version"], ["-V"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == (f"dana {__version__}\n", "")


def test_help(capsys: Streams) -> None:
    for arguments in (["help"], ["--help"], ["-h"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == (HELP, "")
    for arguments in (["help", "run"], ["run", "--help"], ["run", "demo.na", "-h"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == (HELP_OF["run"], "")
    for arguments in (["help", "repl"], ["repl", "--help"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == (HELP_OF["repl"], "")
    for arguments in (["help", "check"], ["check", "--help"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == (HELP_OF["check"], "")


def test_help_names_every_option() -> None:
    for option in OPTIONS["run"]:
        assert option in HELP_OF["run"]
    for option in set(OPTIONS["repl"]) - set(OPTIONS["run"]):
        assert option in HELP_OF["repl"]
    for option in OPTIONS["check"]:
        assert option in HELP_OF["check"]


def test_without_a_terminal_standard_input_is_a_program(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ([], ["repl"], ["repl", "--vi", "--max-steps", "5"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x = 1\nprint(x)\nx\n")))
        assert main(arguments) == 0
        assert capsys.readouterr() == ("1\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "chekc is neither a command nor a file\n  = did you mean check?\n"),
        (
            ["deploy"],
            "deploy is neither a command nor a file\n"
            "  = commands: run, repl, check, fmt, test, init, prompt, workflow, model, doc, highlight, lsp, doctor, completion, version, help; a program is a file such as deploy.na\n",
        ),
        (["help", "rnu"], "rnu is not a command\n  = did you mean run?\n"),
        (["--verzion"], "dana has no option --verzion\n  = did you mean --version?\n"),
        (["run", "--stric", "a.na"], "dana run has no option --stric\n  = did you mean --strict?\n"),
        (["check", "-x"], "dana check has no option -x\n  = dana check --help lists the options\n"),
        (["run"], "dana run needs a file\n" + HINT_OF_RUN),
        (["run", "a=1"], "dana run needs a file\n" + HINT_OF_RUN),
        (["check"], "dana check needs a file\n  = dana check FILE [FILE ...]\n"),
        (["run", "--strict=yes", "a.na"], "--strict takes no value\n"),
        (["run", "a.na", "--with"], "--with needs a value\n"),
        (["run", "a.na", "--color"], "--color needs a value\n  = choose from auto, always, never\n"),
        (["run", "--color=alway", "a.na"], "--color cannot be alway\n  = did you mean always?\n"),
        (["run", "--max-steps=0", "a.na"], "--max-steps cannot be 0\n  = give a whole number above 0\n"),
        (["run", "--max-steps=1.5", "a.na"], "--max-steps cannot be 1.5\n  = give a whole number above 0\n"),
        (["run", "--timeout=nan", "a.na"], "--timeout cannot be nan\n  = give a number of seconds above 0\n"),
        (["run", "--timeout=inf", "a.na"], "--timeout cannot be inf\n  = give a number of seconds above 0\n"),
        (["run", "a.na", "x=1", "x=2"], "the input x is given twice\n"),
        (["run", "a.na", "if=1"], "if cannot be the name of an input\n  = it is a keyword\n"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, capsys: Streams) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", f"error: {said}")


def test_run_prints_to_stdout_only(capsys: Streams) -> None:
    assert main(["run", write("print('hello')\n")]) == 0
    assert capsys.readouterr() == ("hello\n", "")


def test_short_form(capsys: Streams) -> None:
    write("print('hello')\n", "no_suffix")
    write("print('hello')\n")
    for arguments in (["demo.na"], ["no_suffix"], ["--strict", "demo.na"], ["--max-steps=100", "demo.na"]):
        assert main(arguments) == 0
        assert capsys.readouterr() == ("hello\n", "")


def test_files_share_their_variables_and_run_in_order(capsys: Streams) -> None:
    write("x = 1\nprint('a')\n", "a.na")
    write("x = x + 1\nprint('b')\n", "b.na")
    write("print(x)\n", "c.na")
    assert main(["run", "c.na", "--with", "a.na", "--with=b.na"]) == 0
    assert capsys.readouterr() == ("a\nb\n2\n", "")
    assert main(["run", "a.na", "b.na", "c.na"]) == 0
    assert capsys.readouterr() == ("a\nb\n2\n", "")


def test_nothing_runs_when_a_file_is_missing(capsys: Streams) -> None:
    assert main(["run", write("print('hello')\n"), "missing.na"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("error: ")
    assert "missing.na" in errors


def test_standard_input(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["run", "-"], ["-"], ["run", "-", "--strict"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"print('hello')\n")))
        assert main(arguments) == 0
        assert capsys.readouterr() == ("hello\n", "")


def test_inputs(capsys: Streams) -> None:
    write('{"city": "Oslo"}', "place.json")
    write("a text\n", "note.txt")
    program = write("print(repr(value))\n")
    for text, shown in [
        ("3", "3"),
        ("2.5", "2.5"),
        ("true", "True"),
        ("null", "None"),
        ("[1, 2]", "[1, 2]"),
        ('{"a": 1}', "{'a': 1}"),
        ('"3"', "'3'"),
        ("plain", "'plain'"),
        ("", "''"),
        ("a=b", "'a=b'"),
        ("NaN", "'NaN'"),
        ("007", "'007'"),
        ("@place.json", "{'city': 'Oslo'}"),
        ("@note.txt", r"'a text\n'"),
        ("@@place.json", "'@place.json'"),
    ]:
        assert main(["run", program, f"value={text}"]) == 0
        assert capsys.readouterr() == (f"{shown}\n", "")


def test_input_from_a_file_that_is_not_json(capsys: Streams) -> None:
    write("{", "place.json")
    assert main(["run", write("print(value)\n"), "value=@place.json"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("error: place.json, for the input value, is not JSON\n  = ")


def test_a_program_that_fails(capsys: Streams) -> None:
    assert main(["run", write("print('before')\n1 / 0\n")]) == 1
    output, errors = capsys.readouterr()
    assert output == "before\n"
    assert errors.endswith("ZeroDivisionError: division by zero\n")


def test_limits(capsys: Streams) -> None:
    loop = write("while True:\n    pass\n", "loop.na")
    assert main(["run", loop, "--max-steps", "1_000"]) == 4
    assert "more than 1,000 steps" in capsys.readouterr().err
    assert main(["run", loop, "--timeout", "0.05"]) == 4
    assert "longer than 0.05 s" in capsys.readouterr().err
    deep = write("def f(n):\n    return n and f(n - 1)\nprint(f(500))\n")
    assert main(["run", deep]) == 0
    assert capsys.readouterr() == ("0\n", "")
    assert main(["run", deep, "--max-depth", "100"]) == 4
    assert "--max-depth" in capsys.readouterr().err


def test_deep_calls(capsys: Streams) -> None:
    deep = write("def f(n):\n    return n and f(n - 1)\nprint(f(20_000))\n")
    assert main(["run", deep, "--max-depth", "25_000"]) == 0
    assert capsys.readouterr() == ("0\n", "")


def test_depth_that_is_too_much(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    program = write("print(1)\n")
    assert main(["run", program, "--max-depth", "1_000_001"]) == 2
    assert capsys.readouterr().err == "error: --max-depth cannot be 1_000_001\n  = the most is 1,000,000\n"

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    assert main(["run", program]) == 2
    assert capsys.readouterr().err == (
        "error: this machine has no stack for 1,000 nested calls\n  = give a smaller --max-depth\n"
    )


def test_result_object(capsys: Streams) -> None:
    assert main(["run", write("print('hello')\n"), "--json"]) == 0
    output, errors = capsys.readouterr()
    assert json.loads(output) == {"status": "done", "exit": 0, "error": None, "more": []}
    assert errors == "hello\n"


def test_result_object_of_a_failure(capsys: Streams) -> None:
    assert main(["run", write("print('hello')\nx = 1 / 0\n"), "--json"]) == 1
    output, errors = capsys.readouterr()
    result = json.loads(output)
    assert (result["status"], result["exit"]) == ("failed", 1)
    assert result["error"]["message"] == "ZeroDivisionError: division by zero"
    assert (result["error"]["file"], result["error"]["line"], result["error"]["column"]) == ("demo.na", 2, 5)
    assert errors.startswith("hello\ntraceback (most recent call last):\n")


def test_result_object_of_other_ends(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    def result(*arguments: str) -> tuple[int, dict[str, object]]:
        code = main(["run", "--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    loop = write("while True:\n    pass\n")
    code, told = result(loop, "--max-steps", "10")
    assert (code, told["status"]) == (4, "limit")
    code, told = result("missing.na")
    assert (code, told["status"]) == (2, "usage")
    monkeypatch.setattr(cli, "execute", lambda session, sources: session.nothing)
    code, told = result(loop)
    assert (code, told["status"]) == (70, "internal-error")


def test_color(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    program = write("x = (\n")
    assert main(["run", program]) == 1
    assert "\x1b" not in capsys.readouterr().err
    assert main(["run", program, "--color", "always"]) == 1
    assert "\x1b[1;31merror:\x1b[0m" in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["run", program]) == 1
    assert "\x1b[1;31merror:\x1b[0m" in capsys.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["run", program]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_check(capsys: Streams) -> None:
    good, bad = write("x = 1\nprint(x)\n", "good.na"), write("print(prics)\nprint(x)\n", "bad.na")
    assert main(["check", good]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", good, bad]) == 1
    output, errors = capsys.readouterr()
    assert "bad.na:1:7" in output
    assert "bad.na:2:7" in output
    assert errors == "2 errors\n"


def test_check_runs_nothing(capsys: Streams) -> None:
    assert main(["check", write("print('hello')\n")]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_as_json(capsys: Streams) -> None:
    assert main(["check", write("print(1)\n"), "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["check", write("print(prics)\n"), "--output-format=json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["file"], finding["line"], finding["column"], finding["end_column"]) == ("demo.na", 1, 7, 12)


def test_check_for_github(capsys: Streams) -> None:
    assert main(["check", write("print(prics)\n"), "--output-format=github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=demo.na,line=1,endLine=1,col=7,endColumn=12,title=")


def test_check_goes_on_after_a_file_that_is_not_text(capsys: Streams) -> None:
    Path("bytes.na").write_bytes(b"x = '\xff'\n")
    assert main(["check", "bytes.na", write("print(prics)\n")]) == 1
    output, errors = capsys.readouterr()
    assert "bytes.na:1:6" in output
    assert "demo.na:1:7" in output
    assert errors == "2 errors\n"


def test_a_fault_of_dana(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AttributeError("a slip")

    monkeypatch.setattr(cli, "execute", fail)
    program = write("print(1)\n")
    said = (
        "internal error: AttributeError: a slip\n"
        "  = this is a fault of Dana, not of your program; DANA_DEBUG=1 shows where it happened\n"
    )
    assert main(["run", program]) == 70
    assert capsys.readouterr() == ("", said)
    monkeypatch.setenv("DANA_DEBUG", "1")
    assert main(["run", program]) == 70
    errors = capsys.readouterr().err
    assert errors.startswith("Traceback (most recent call last):\n")
    assert errors.endswith(said)


def started(program: str, **environment: str) -> subprocess.Popen[str]:
    """A process that runs a program and has printed its first line."""
    process = subprocess.Popen(
        [*COMMAND, "run", write(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**BUFFERED, **environment},
        preexec_fn=listen,
    )
    watch = threading.Timer(60, process.kill)
    watch.daemon = True
    watch.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def listen() -> None:
    """Let SIGINT through, which a process that was started in the background ignores, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code of a process and what it still printed."""
    assert process.stdout is not None
    assert process.stderr is not None
    output = "" if process.stdout.closed else process.stdout.read()
    return process.wait(20), output, process.stderr.read()


@POSIX
@pytest.mark.parametrize("busy", ["while True:\n    pass\n", "import time\ntime.sleep(60)\n"])
def test_interrupt(busy: str) -> None:
    process = started("print('ready')\n" + busy, **UNBUFFERED)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "", "interrupted\n")


@POSIX
def test_interrupt_loses_nothing_that_was_printed() -> None:
    process = started("print('ready')\nwhile True:\n    print('tick')\n")
    process.send_signal(signal.SIGINT)
    code, output, errors = ended(process)
    assert (code, errors) == (130, "interrupted\n")
    assert output == "tick\n" * output.count("tick")


@POSIX
def test_a_program_cannot_hold_up_an_interrupt() -> None:
    text = "print('ready')\nwhile True:\n    try:\n        while True:\n            pass\n"
    process = started(text + "    except BaseException:\n        print('caught')\n", **UNBUFFERED)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "", "interrupted\n")


@POSIX
@pytest.mark.parametrize("environment", [{}, UNBUFFERED])
def test_reader_of_the_output_goes_away(environment: dict[str, str]) -> None:
    process = started("print('ready')\nfor i in range(100_000):\n    print(i)\n", **environment)
    assert process.stdout is not None
    process.stdout.close()
    assert ended(process) == (141, "", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_output_cannot_be_written() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "run", write("print('hello')\n")], stdout=full, stderr=subprocess.PIPE, text=True, env=BUFFERED
        )
    assert (done.returncode, done.stderr) == (1, "error: cannot write the output: no space left on device\n")


def test_module_and_streams_in_order() -> None:
    text = "print('one')\nprint(missing)\n"
    done = subprocess.run(
        [*COMMAND, write(text)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20
    )
    assert done.returncode == 1
    assert done.stdout.startswith("one\ntraceback (most recent call last):\n  demo.na:2:7\n")


@POSIX
def test_output_that_was_closed_before() -> None:
    program = write("print('hello')\n")
    for closing in (">&-", ">&- 2>&-"):
        assert subprocess.run(["sh", "-c", f'"$@" {closing}', "sh", *COMMAND, program]).returncode == 0
    assert subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *COMMAND, "missing.na"]).returncode == 2


def test_findings_that_the_terminal_cannot_show() -> None:
    done = subprocess.run(
        [*COMMAND, "check", write("print('\u00fc', prics)\n")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 1
    assert b" 1 | print('\\xfc', prics)\n" in done.stdout


SHOP = """
stock = check_stock(["tea"])
if not stock["available"]:
    print("short of", stock["shortfall"])
"""


def test_missing_functions_are_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.na"
    file.write_text(SHOP)
    assert main(["run", str(file)]) == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "NameError: name 'check_stock' is not defined",
        "  = define check_stock, or give the file that does with --with; "
        "the program reads available (true or false), shortfall of what it gives",
    ]


def test_missing_functions_can_be_answered_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, stubs = tmp_path / "shop.na", tmp_path / "stubs.json"
    file.write_text(SHOP)
    stubs.write_text('{"check_stock": {"available": false, "shortfall": 3}}')
    assert main(["run", str(file), f"--stub-missing={stubs}"]) == 0
    assert capsys.readouterr() == (
        "short of 3\n",
        'stub: check_stock([\'tea\']) gives {"available": false, "shortfall": 3}\n',
    )
    stubs.write_text("[1]")
    assert main(["run", str(file), f"--stub-missing={stubs}"]) == 2
    assert "holds no JSON object" in capsys.readouterr().err
