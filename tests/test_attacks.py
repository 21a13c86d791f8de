"""Runs the programs of tests/attacks, none of which may harm the host, show it or outlive its limits.

A file is about one route; its programs are separated by a line `---`. The first line of a program says what it
tries, and lines `#: name=value` set its limits (`steps`, `seconds`, `depth`, `text`, `items`, `bits`, `memory`), what
it is granted (`read`, `write`, `net`, `db`, `python`), and which files may change (`changes`). A line `===` ends a part: the next
one runs in the same session, after `=== new session` in another one of the same process. Behind a line `=====` stands
all that the program prints, and as the last line the error that ends it, `limit --flag` where that is a limit; of
several flags each will do, and `limit` alone means any. A last line that ends in `...` is only its beginning.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.confinement import LEEWAY, MEMORY, SECRET, files_of

FOLDER = Path(__file__).parent / "attacks"
LIMITS = ("steps", "seconds", "depth", "text", "items", "bits", "memory", "calls", "cost")
GRANTS = ("read", "write", "net", "db", "env", "python")

LONGEST = 20_000
"""Characters of what is said of the end of a program, with its traceback."""

UNFIT = re.compile(
    r"Traceback \(most|internal error|<method-wrapper|<slot wrapper|<frame |<code object|object at 0x|0x7[0-9a-f]{6}"
    r"|site-packages|stdlib/|dana/[a-z_]+\.py|/usr/|<frozen|<unbound>|mappingproxy|_Hidden|NATIVES|NativeType|TypeUnion"
    r"|<locals>|<shape>|<program>|class 'dana\.|object of class|GeneratorType"
)
"""What no program may ever bring to light."""


class Attack:
    """One program: its route and name, its parts, what it is allowed, and the end that is right."""

    def __init__(self, route: str, text: str) -> None:
        program, _, expected = text.strip("\n").partition("\n=====")
        self.route = route
        self.name = program.split("\n", 1)[0].removeprefix("# ")
        self.expected = expected.strip("\n").split("\n") if expected.strip("\n") else []
        self.limits: dict[str, float] = {}
        self.grants: dict[str, list[str]] = {}
        self.changes: set[str] = set()
        for key, value in re.findall(r"^#: (\w+)=(.*)$", program, re.MULTILINE):
            if key in LIMITS:
                self.limits[key] = float(value) if key == "seconds" else int(value)
            elif key in GRANTS:
                self.grants[key] = value.split()
            else:
                assert key == "changes", f"{self}: {key}"
                self.changes = set(value.split())
        self.parts = [
            part.removeprefix("===").replace(" new session\n", "new", 1)
            for part in re.split(r"^(?====)", program + "\n", flags=re.MULTILINE)
        ]

    def __str__(self) -> str:
        return f"{self.route}: {self.name}"

    def request(self) -> dict[str, Any]:
        return {"parts": self.parts, "limits": self.limits, "grants": self.grants}


def attacks() -> Iterator[Attack]:
    for path in sorted(FOLDER.glob("*.txt")):
        for text in path.read_text("utf-8").split("\n---\n"):
            yield Attack(path.stem, text)


ATTACKS = list(attacks())


class Confinement:
    """The process in whose children the programs run."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.confinement"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        outcome: dict[str, Any] = json.loads(self.process.stdout.readline())
        outcome["text"] = outcome["text"].encode("utf-8", "backslashreplace").decode("utf-8")
        return outcome

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def confinement() -> Iterator[Confinement]:
    started = Confinement()
    yield started
    started.end()


def is_fit(expected: list[str], lines: list[str]) -> bool:
    """Whether a program printed what it was to print and ended as it was to end."""
    if expected and expected[-1].startswith("limit"):
        flags = expected[-1].removeprefix("limit").split()
        end = lines[-1] if lines else ""
        return lines[:-1] == expected[:-1] and end.startswith("limit") and (not flags or end.split()[1:2][0] in flags)
    if expected and expected[-1].endswith("...") and lines:
        return lines[:-1] == expected[:-1] and lines[-1].startswith(expected[-1].removesuffix("..."))
    return lines == expected


def harms(outcome: dict[str, Any], changes: set[str]) -> list[str]:
    """What a program did that none may do, whatever its end."""
    seen = [event for event in outcome["seen"] if event.removeprefix("changed ") not in changes]
    everything = outcome["text"] + outcome["log"] + outcome["shown"] + outcome["late"]
    if SECRET in everything:
        seen.append("it shows the canary")
    found = UNFIT.search(everything)
    if found is not None:
        seen.append(f"it shows the host: {everything[max(0, found.start() - 80) : found.end() + 80]!r}")
    if "\x1b" in outcome["shown"] + outcome["log"]:
        seen.append("it writes to the terminal what is no text")
    if len(outcome["shown"]) > LONGEST:
        seen.append(f"what is said of its end is {len(outcome['shown']):,} characters long")
    if outcome["late"]:
        seen.append(f"it goes on after its end: {outcome['late'][:200]!r}")
    if outcome.get("seconds", 0) > (outcome.get("allowed") or 0) + LEEWAY:
        seen.append(f"it took {outcome['seconds']:.1f} s")
    if outcome.get("memory", 0) > MEMORY * 1.5:
        seen.append(f"it took {outcome['memory']:,} bytes")
    return seen


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attack(attack: Attack, confinement: Confinement) -> None:
    outcome = confinement.run(attack.request())
    lines = outcome["text"].split("\n")[:-1]
    assert harms(outcome, attack.changes) == []
    assert is_fit(attack.expected, lines), f"{outcome['text'][-2000:]}\nlog: {outcome['log'][:1000]}"


def test_every_route_is_tried() -> None:
    assert len(ATTACKS) >= 150
    assert [str(attack) for attack in ATTACKS if not attack.parts[0].strip()] == []
    names = [str(attack) for attack in ATTACKS]
    assert len(set(names)) == len(names)


LARGE_SOURCES = {
    "brackets inside of brackets": "x = " + "(" * 100_000 + ")" * 100_000,
    "lists inside of lists": "x = " + "[" * 5_000 + "]" * 5_000,
    "brackets that are never closed": "f(" * 50_000,
    "blocks inside of blocks": "".join(" " * n + "if True:\n" for n in range(2_000)) + " " * 2_000 + "pass\n",
    "functions inside of functions": "".join(" " * n + f"def f{n}():\n" for n in range(150)) + " " * 150 + "pass\n",
    "a sum of a hundred thousand": "x = " + " + ".join(["1"] * 100_000),
    "calls in arguments": "x = " + "abs(" * 150 + "1" + ")" * 150,
    "signs before a number": "x = " + "-" * 50_000 + "1",
    "negations": "x = " + "not " * 50_000 + "1",
    "comparisons in a chain": "x = " + " < ".join(map(str, range(20_000))),
    "an `and` without end": "x = " + " and ".join(["1"] * 50_000),
    "conditions inside of conditions": "x = " + "1 if 1 else " * 20_000 + "1",
    "lambdas inside of lambdas": "x = " + "lambda: " * 5_000 + "1",
    "attributes of attributes": "x = a" + ".b" * 50_000,
    "calls of calls": "x = a" + "()" * 50_000,
    "items of items": "x = a" + "[0]" * 50_000,
    "powers of powers": "x = " + " ** ".join(["1"] * 20_000),
    "150 loops": "".join(" " * n + f"for x{n} in [1]:\n" for n in range(150)) + " " * 150 + "print(1)\n",
    "150 ifs": "".join(" " * n + "if 1:\n" for n in range(150)) + " " * 150 + "print(1)\n",
    "120 items of a with": "class C:\n    def __enter__(self):\n        return 1\n    def __exit__(self, *e):\n        pass\nwith "
    + ", ".join(["C()"] * 120)
    + ":\n    print(1)\n",
    "150 withs": "".join(" " * n + "with c:\n" for n in range(150)) + " " * 150 + "pass\n",
    "150 tries": "".join(" " * n + "try:\n" for n in range(150))
    + " " * 150
    + "pass\n"
    + "".join(" " * n + "finally: pass\n" for n in range(149, -1, -1)),
    "30 loops of a comprehension": "x = [1 " + " ".join(f"for x{n} in [1]" for n in range(30)) + "]\nprint(x)\n",
    "30 loops of a generator": "x = list(1 " + " ".join(f"for x{n} in [1]" for n in range(30)) + ")\nprint(x)\n",
    "elifs without end": "if 0:\n    pass\n" + "elif 0:\n    pass\n" * 20_000,
    "excepts without end": "try:\n    1 / 0\n" + "except KeyError:\n    pass\n" * 5_000,
    "cases without end": "match 5:\n" + "".join(f"    case {n + 10}:\n        pass\n" for n in range(5_000)),
    "alternatives of a pattern": "match 5:\n    case " + " | ".join(map(str, range(5_000))) + ":\n        pass\n",
    "patterns inside of patterns": "match 5:\n    case " + "[" * 500 + "x" + "]" * 500 + ":\n        pass\n",
    "names of parameters": f"def f({', '.join(f'a{n}' for n in range(20_000))}):\n    pass\n",
    "arguments of a call": "print(" + ", ".join(["1"] * 50_000) + ")",
    "arguments by name": "dict(" + ", ".join(f"a{n}=1" for n in range(20_000)) + ")",
    "local names": "def f():\n" + "".join(f"    a{n} = {n}\n" for n in range(20_000)) + "    return a5\nprint(f())\n",
    "targets": " = ".join(f"a{n}" for n in range(5_000)) + " = 1\n",
    "starred targets": "*" * 5_000 + "a, = [1]\n",
    "decorators": "@d\n" * 20_000 + "def f():\n    pass\n",
    "texts side by side": "x = " + " ".join(["'a'"] * 100_000),
    "a text of five million": "x = '" + "a" * 5_000_000 + "'\nprint(len(x))\n",
    "a line of ten million": "x = 1 #" + "a" * 10_000_000,
    "a name of a million": "a" * 1_000_000 + " = 1\n",
    "a number of a million digits": "x = " + "9" * 1_000_000,
    "a number of a million digits in base 16": "x = 0x" + "f" * 1_000_000,
    "an exponent": "x = 1e" + "9" * 100_000,
    "constant powers": "x = 10 ** 10 ** 10",
    "constant texts": "x = 'a' * 10 ** 12",
    "fields in fields": "x = 1\nprint(f'" + "{x:" * 100 + "}" * 100 + "')\n",
    "fields side by side": 'print(f"' + "{x}" * 50_000 + '")',
    "semicolons": "1;" * 100_000 + "1",
    "a million line ends": "\n" * 1_000_000 + "x = 1",
    "continuations": "x = \\\n" * 100_000,
    "indents that go up and down": "".join(
        " " * (n % 90) + ("if 1:\n" if n % 90 < 89 else "pass\n") for n in range(9_000)
    ),
    "texts that are not closed": 'x = """' + "a\n" * 100_000,
    "quotes": "'" * 100_001,
    "marks of all kinds": "".join(map(chr, range(33, 127))) * 1_000,
    "letters of all kinds": "".join(chr(n) for n in range(0x20, 0x3000)) * 3,
    "surrogates": "x = '\ud800'\nprint(len(x))\n",
    "imports": "import math\n" * 20_000,
    "globals": "def f():\n    global " + ", ".join(f"a{n}" for n in range(20_000)) + "\n",
    "classes inside of classes": "".join(" " * n + f"class A{n}:\n" for n in range(150)) + " " * 150 + "pass\n",
    "pipelines": "x = 1 | " + " | ".join(["abs"] * 5_000),
    "slices": "x = [1][" + ":" * 50_000 + "]",
    "walruses": "(" + "(a := " * 150 + "1" + ")" * 151,
    "dicts of dicts": "x = " + "{1: " * 190 + "1" + "}" * 190,
    "yields": "def f():\n    x = " + "(yield " * 150 + "1" + ")" * 150 + "\nlist(f())\n",
}
"""Programs that are large or deep, by what there is too much of."""


@pytest.mark.parametrize("name", LARGE_SOURCES)
def test_large_source(name: str, confinement: Confinement) -> None:
    outcome = confinement.run({"parts": [LARGE_SOURCES[name] + "\n"], "limits": {"seconds": 10.0}})
    end = "".join(outcome["text"].split("\n")[-2:-1])
    assert harms(outcome, set()) == []
    assert not end.startswith(("killed", "SyntaxError", "MemoryError", "RecursionError")), end


BESIDE = {
    "a .py file is not taken for a module": (
        "import hijack\n",
        {"hijack.py": "raise SystemExit('fired')"},
        "ModuleNotFoundError: no module named 'hijack': no file hijack.na beside main.na, and not in the standard library",
    ),
    "json.py beside the program is not taken by the host": (
        "import json, decimal, re\nprint(json.dumps([1]))\n",
        dict.fromkeys(("json.py", "decimal.py", "re.py"), "raise SystemExit('fired')"),
        "[1]",
    ),
    "json.na beside the program is its own": ("import json\nprint(json.x)\n", {"json.na": "x = 1\n"}, "1"),
    "sitecustomize.py is not run": (
        "import decimal\nprint(decimal.Decimal(1))\n",
        dict.fromkeys(("sitecustomize.py", "usercustomize.py", "conftest.py"), "raise SystemExit('fired')"),
        "1",
    ),
    "a package of Python is no package": (
        "import pack.part\n",
        {"pack/__init__.py": "raise SystemExit('fired')", "pack/part.py": ""},
        "ModuleNotFoundError: no module named 'pack.part': no file pack/part.na beside main.na, and not in the standard library",
    ),
    "modules that import each other": (
        "import a\nprint(a.x)\n",
        {"a.na": "import b\nx = 1\n", "b.na": "import a\ny = 2\n"},
        "1",
    ),
    "modules that read each other too early": (
        "import a\n",
        {"a.na": "from b import y\nx = 1\n", "b.na": "from a import x\ny = 2\n"},
        "ImportError: module 'a' has not defined x yet: a.na imports b.na imports a.na (a.na:1, b.na:1)",
    ),
    "a module that imports itself": (
        "import a\n",
        {"a.na": "import a\nprint(a.x)\nx = 1\n"},
        "AttributeError: module 'a' has not defined x yet: a.na imports a.na (a.na:1)",
    ),
    "a module that loops": ("import a\n", {"a.na": "while True:\n    pass\n"}, "limit --max-steps"),
    "a module that fails twice": (
        "for _ in range(2):\n    try:\n        import a\n    except ZeroDivisionError:\n        print('failed')\n",
        {"a.na": "1 / 0\n"},
        "failed",
    ),
    "a chain of modules without end": (
        "import m0\n",
        {f"m{n}.na": f"import m{n + 1}\n" for n in range(2_000)},
        "ModuleNotFoundError: no module named 'm2000': no file m2000.na beside m1999.na, and not in the standard library",
    ),
    "a module above the program": (
        "from .. import secret\n",
        {},
        "ImportError: relative import with no known parent package: main.na is in no package; import without the dots",
    ),
    "members that a module does not show": (
        "import a\nprint(a.len)\n",
        {"a.na": "print(len('abc'))\n"},
        "AttributeError: module 'a' has no attribute 'len'",
    ),
    "a re-bound built-in stays where it was bound": ("import a\nprint(len('abc'))\n", {"a.na": "len = 5\n"}, "3"),
    "dana.toml is not read by an embedded session": (
        "print(file_operation({'operation': 'read', 'path': 'secret.txt'}))\n",
        {"dana.toml": '[permissions]\nread = ["."]\n'},
        "PermissionError: reading secret.txt needs --allow-read=.",
    ),
}
"""Programs, the files beside them, and the last line of what they print, their end included."""


@pytest.mark.parametrize("name", BESIDE)
def test_files_beside_the_program(name: str, confinement: Confinement) -> None:
    text, files, end = BESIDE[name]
    outcome = confinement.run({"parts": [text], "files": files, "beside": True})
    assert harms(outcome, set()) == []
    assert outcome["text"].split("\n")[-2:-1] == [end]


LATE = "def g():\n    try:\n        yield 1\n    finally:\n        print('late')\nx = g()\nnext(x)\n"

WHOLE = {
    "the environment": ("print(secret('DANA_CANARY'))\n", 1),
    "a hidden name": ("print(().__class__)\n", 1),
    "a walk by format": ("print('{0.__class__}'.format(1))\n", 1),
    "a loop that swallows": (
        "while True:\n    try:\n        while True:\n            pass\n    except:\n        pass\n",
        4,
    ),
    "a large text": ("x = 'a' * 10**12\n", 4),
    "a large number": ("x = 9**9**9\n", 4),
    "calls without end": ("def f():\n    return f()\nf()\n", 4),
    "a file that is not granted": ("print(file_operation({'operation': 'read', 'path': 'secret.txt'}))\n", 1),
    "a suspended generator at the end": (LATE, 0),
    "a suspended generator at a limit": (LATE + "while True:\n    pass\n", 4),
    "escapes for a terminal": ("raise ValueError('x\\x1b[2J\\x07 y\\r')\n", 1),
    "surrogates": ("print('\\ud800')\nraise ValueError('\\ud800')\n", 1),
    "a text of an error that loops": (
        "class E(Exception):\n    def __str__(self):\n        while True:\n            pass\nraise E()\n",
        4,
    ),
    "nested iterators": ("x = iter([1])\nfor _ in range(400_000):\n    x = map(abs, x)\nnext(x)\n", 4),
    "flows that start flows": ("def f():\n    return parallel(f, f)\nf()\n", 4),
    "a module of the host": ("import os\n", 1),
    "a broken program": ("def f(:\n", 1),
    "an expression nested without end": ("x = " + "(" * 100_000 + "\n", 1),
    "bytes that are no text": ("x = '\udcff\udcfe'\n", 1),
    "waiting for ever": ("wait(10**9)\n", 4),
    "reading what nobody types": ("input()\n", 1),
}
"""Programs for the command, with the exit code of each."""


@pytest.mark.parametrize("name", WHOLE)
def test_whole_process(name: str, tmp_path: Path) -> None:
    text, code = WHOLE[name]
    (tmp_path / "main.na").write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "json.py").write_text("raise SystemExit('fired')")
    before = files_of(str(tmp_path))
    began = time.monotonic()
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from dana.cli import command; command()",
            "run",
            "main.na",
            "--max-steps=2000000",
            "--timeout=4",
        ],
        cwd=tmp_path,
        env={**os.environ, "DANA_CANARY": SECRET, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, 4_000_000_000)),
    )
    output, said = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == code, said[-2000:]
    assert SECRET not in output + said
    assert not UNFIT.search(output + said), said
    assert "late" not in output
    assert "\x1b" not in said
    assert "\x07" not in said
    assert len(said) < LONGEST
    assert (said == "") == (code == 0)
    assert files_of(str(tmp_path)) == before
    assert time.monotonic() - began < 12
