"""Isolated programs: they do what others do, have nothing, and cannot ask for more than this process grants."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dana import DanaError, LimitError, Limits, Session, UncaughtError, isolation
from dana.errors import Interrupted, UsageError
from dana.isolation import run_isolated
from dana.limits import resident
from dana.permissions import Permissions
from dana.source import Source
from tests.hosts import Capture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs cannot be isolated on Windows")


class Quiet(Capture):
    """Gives the lines that somebody types."""

    def __init__(self, permissions: Permissions | None = None, lines: tuple[str, ...] = ()) -> None:
        super().__init__(lambda: permissions or Permissions())
        self.lines = list(lines)

    def read_line(self, prompt: str) -> str:
        self.printed += prompt
        return self.lines.pop(0)


def isolated(text: str, host: Quiet | None = None, path: str | None = None, **options: Any) -> Quiet:
    host = host or Quiet()
    run_isolated(Session(host, **options), [Source(text, "demo.na", path)])
    return host


def test_the_library_that_is_written_in_dana_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    host = isolated("print(workflow_engine.workflows)", path=str(tmp_path / "demo.na"))
    assert host.printed == "{}\n"


def dana(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dana", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, **environ},
    )


def test_a_program_runs_as_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tax.na").write_text("rate = 0.2\ndef of(x):\n    return x * rate\n")
    program = (
        "import math, tax\nprint(math.floor(tax.of(100)))\nname = input('who? ')\nprint(f'hello {name}')\n"
        "log('noted')\nprint(len(generate_unique_id()), parallel(lambda: 1, lambda: 2))\n"
    )
    host = isolated(program, Quiet(lines=("Ann",)), path=str(tmp_path / "demo.na"))
    assert host.printed == "20\nwho? hello Ann\n36 [1, 2]\n"
    assert len(host.logged) == 1
    assert host.logged[0].endswith("INFO  noted")


def test_errors_are_as_elsewhere() -> None:
    for program in ("def f(x):\n    return 1 / x\nf(0)", "print(", "nme = 1\nprint(name)", "x = {'a': 1}\nx['b']"):
        with pytest.raises(DanaError) as here:
            Session(Quiet()).run(program, "demo.na")
        with pytest.raises(DanaError) as there:
            isolated(program)
        assert type(there.value) is type(here.value)
        assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    ("program", "limits"),
    [
        ("while True: pass", {"steps": 10_000}),
        ("while True: pass", {"seconds": 0.5}),
        ("x = []\nwhile True: x.append('a' * 10_000 + str(len(x)))", {"memory": 200 * 2**20}),
        ("def f(): f()\nf()", {}),
        ("'a' * 10**9", {}),
    ],
)
def test_limits_hold(program: str, limits: dict[str, Any]) -> None:
    with pytest.raises(LimitError) as here:
        Session(Quiet(), limits=Limits(**limits)).run(program, "demo.na")
    with pytest.raises(LimitError) as there:
        isolated(program, limits=Limits(**limits))
    assert there.value.diagnostic.message == here.value.diagnostic.message
    assert there.value.diagnostic.line == here.value.diagnostic.line


def test_what_no_meter_sees_is_ended_from_outside() -> None:
    program = "a = ()\nb = ()\nfor i in range(60):\n    a = (a, a)\n    b = (b, b)\nprint('begun')\na == b"
    host = Quiet()
    with pytest.raises(LimitError, match="longer than 1 s"):
        isolated(program, host, limits=Limits(seconds=1))
    assert host.printed == "begun\n"


ACCEPTED = {
    "comparing shared lists": "x, y = [1], [1]\nfor _ in range(60):\n    x, y = [x, x], [y, y]\nprint(x == y)",
    "comparing shared tuples by order": "x, y = (1,), (1,)\nfor _ in range(60):\n    x, y = (x, x), (y, y)\nprint(x < y)",
    "the hash of shared tuples": "x = (1,)\nfor _ in range(60):\n    x = (x, x)\nprint(hash(x))",
    "shared tuples as keys of dicts and members of sets": "x = (1,)\nfor _ in range(60):\n    x = (x, x)\nd = {x: 1}",
    "shared tuples in a set, in `in`, and as arguments of a cached function": "import functools\nx = (1,)\nfor _ in range(60):\n    x = (x, x)\n@functools.cache\ndef f(x):\n    return 1\nf(x)",
    "shared dicts compared": "x, y = {1: 1}, {1: 1}\nfor _ in range(60):\n    x, y = {1: x, 2: x}, {1: y, 2: y}\nprint(x == y)",
    "shared lists searched for, counted, removed and indexed": "x, y = [1], [1]\nfor _ in range(60):\n    x, y = [x, x], [y, y]\nprint(x in [y])",
    "sorting shared lists": "x, y = [1], [1]\nfor _ in range(60):\n    x, y = [x, x], [y, y]\nprint(sorted([x, y, x]) is None, min(x, y) is None)",
    "hashing what is nested deep": "x = ()\nfor _ in range(9_000_000):\n    x = (x,)\nhash(x)",
}
"""What the meter of a program does not see: the host compares and hashes data that shares or nests beyond measure."""


@pytest.mark.parametrize("program", ACCEPTED.values(), ids=ACCEPTED)
def test_what_only_isolation_ends(program: str) -> None:
    with pytest.raises(LimitError):
        isolated(program, limits=Limits(seconds=1.5, memory=2**30))


def test_somebody_may_interrupt_it() -> None:
    session = Session(Quiet())

    class Impatient(Quiet):
        def write(self, text: str) -> None:
            session.cancel()

    session.host = session._run.host = Impatient()
    with pytest.raises(Interrupted):
        run_isolated(session, [Source("print('on')\nwhile True: pass")])


def test_files_are_those_of_the_grants(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("granted")
    (tmp_path / "out.txt").write_text("not granted")
    read = "print(file_operation({'operation': 'read', 'path': PATH})['content'])"
    host = Quiet(Permissions(read=[str(tmp_path / "in")]))
    assert isolated(read.replace("PATH", repr(str(tmp_path / "in" / "a.txt"))), host).printed == "granted\n"
    for path in (tmp_path / "out.txt", tmp_path / "in" / ".." / "out.txt", Path("/etc/passwd")):
        with pytest.raises(UncaughtError, match=r"PermissionError: reading .* needs --allow-read="):
            isolated(read.replace("PATH", repr(str(path))), Quiet(Permissions(read=[str(tmp_path / "in")])))


def test_databases(tmp_path: Path) -> None:
    program = (
        f"def sql(operation, query, values=[]):\n    return database_operation({{'database': {str(tmp_path / 'a.db')!r}, "
        "'operation': operation, 'sql': query, 'parameters': values})\n"
        "sql('execute', 'create table t (x)')\nsql('execute', 'insert into t values (?)', [5])\n"
        "print(sql('query', 'select x from t')['rows'])"
    )
    assert isolated(program, Quiet(Permissions(db=[str(tmp_path)]))).printed == "[{'x': 5}]\n"
    with pytest.raises(UncaughtError, match="needs --allow-db"):
        isolated(program)


def test_a_secret_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "hunter2-hunter2")
    host = isolated("key = secret('SHOP_KEY')\nprint(key, [key], f'{key}')", Quiet(Permissions(env=["SHOP_KEY"])))
    assert host.printed == "<secret SHOP_KEY> [<secret SHOP_KEY>] <secret SHOP_KEY>\n"
    with pytest.raises(UncaughtError, match="reading the variable SHOP_KEY needs --allow-env=SHOP_KEY"):
        isolated("secret('SHOP_KEY')")


def test_errors_of_actions_can_be_caught() -> None:
    program = (
        "try:\n    file_operation({'operation': 'read', 'path': '/nowhere/x'})\n"
        "except PermissionError as error:\n    print(error.retryable, error)\n"
        "try:\n    database_operation({'database': 5})\nexcept (TypeError, ValueError) as error:\n    print(error)"
    )
    plain = Quiet()
    Session(plain).run(program)
    assert isolated(program).printed == plain.printed


def test_scripted_models_and_their_shapes() -> None:
    program = (
        "model = create_llm_resource(provider='scripted', answers=['Oslo', {'ok': True}])\n"
        "print(reason('capital?'))\nanswer = reason('sure?')\nif answer['ok']:\n    print('yes')"
    )
    assert isolated(program).printed == "Oslo\nyes\n"


def test_without_a_model_the_error_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name in ("OPENAI_BASE_URL", "DANA_MODEL"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("dana.models.resource.Models.embedded_installed", lambda self: False)
    with pytest.raises(UncaughtError) as here:
        Session(Quiet()).run("print(reason('x'))", "demo.na")
    with pytest.raises(UncaughtError) as there:
        isolated("print(reason('x'))")
    assert str(there.value) == str(here.value)


def test_models_are_asked_from_here_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: set[str | None] = set()
    all_there = threading.Barrier(8)

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.add(self.headers["Authorization"])
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
            if said != "first":
                all_there.wait(20)
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said.upper()}}
            data = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            body = json.dumps(data).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-this-process")
    monkeypatch.setenv("DANA_MODEL", "openai/m")
    host = isolated("print(reason('first'))\nprint([reason(f'w{i}') for i in range(8)])")
    assert host.printed == f"FIRST\n{[f'W{i}' for i in range(8)]}\n"
    assert keys == {"Bearer key-of-this-process"}
    with pytest.raises(LimitError, match="more than 2 requests"):
        isolated("for i in range(8): print(reason('first'))", limits=Limits(calls=2))
    server.shutdown()


CHILD = """
import os, sys
from dana.isolation import Channel
channel = Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
task = channel.receive()
"""


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ("channel._writer.write(b'\\xff\\xff\\xff\\xff')", "it sent a message of 4,294,967,295 bytes"),
        ("channel._writer.write(b'\\0\\0\\0\\5hello')", "it sent a message that cannot be read: JSONDecodeError"),
        ("channel._writer.write(b'\\0\\0\\0\\2[]')", "it sent a message that is no object"),
        (
            "d = b'[' * 100000 + b']' * 100000; channel._writer.write(len(d).to_bytes(4, 'big') + d)",
            "it sent a message that cannot be read: RecursionError",
        ),
        (
            "channel.send({'number': 1, 'ask': 'system', 'with': ['ls']})",
            "it sent a request 'system' that nobody offers",
        ),
        (
            "channel.send({'number': 1, 'ask': '__init__', 'with': []})",
            "it sent a request '__init__' that nobody offers",
        ),
        ("channel.send({'number': 1, 'ask': 'write', 'with': [5]})", "it sent a request 'write' with wrong arguments"),
        ("channel.send({'done': 'program', 'diagnostics': 5})", "it sent an end that cannot be read"),
        ("channel.send({'done': 'elsewhere', 'diagnostics': []})", "it sent an end that cannot be read"),
        (
            'd = b\'{"a": {"$Decimal": "x"}}\'; channel._writer.write(len(d).to_bytes(4, \'big\') + d)',
            "it sent a message that cannot be read: InvalidOperation",
        ),
        ("channel._writer.close(); os.close(1); import time; time.sleep(30)", "it sent nothing more"),
        ("os.kill(os.getpid(), 40)", "the isolated process was ended by signal 40"),
        ("os._exit(3)", "the isolated process ended with 3"),
        ("os.abort()", "the isolated process was ended by SIGABRT"),
        ("os.kill(os.getpid(), 11)", "the isolated process was ended by SIGSEGV"),
    ],
)
def test_a_child_that_is_not_ours(child: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "CHILD", f"{CHILD}{child}\nchannel._writer.flush()\nimport time\ntime.sleep(5)")
    with pytest.raises(LimitError) as caught:
        isolated("pass")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("'read_source', '/etc/passwd'", "/etc/passwd is not a file of source"),
        ("'read_source', '/opt/tax.na'", "an isolated program imports from its own folder, where /opt/tax.na is not"),
        ("'read_source', '../tax.na'", "an isolated program imports from its own folder, where ../tax.na is not"),
        ("'act', 'secret', {}", None),
        ("'act', 'file_operation', {'operation': 'read', 'path': '/etc/passwd'}", "needs --allow-read"),
        ("'secret', 'PATH'", "needs --allow-env=PATH"),
        ("'ask', {'provider': 'scripted', 'answers': []}, {}", None),
        ("'ask', {'base_url': 'http://127.0.0.1:9/v1', 'model': 'm'}, {'messages': []}", "needs --allow-net"),
    ],
)
def test_what_a_hostile_child_asks_for(asked: str, said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    send = (
        f"channel.send({{'number': 1, 'ask': {asked.split(',')[0]}, 'with': [{asked.partition(', ')[2]}]}})\n"
        "reply = channel.receive()\n"
        "channel.send({'number': None, 'ask': 'write', 'with': [str(reply['fails']['said'])]})\n"
        "channel.send({'done': 'result'})\nimport time\ntime.sleep(5)"
    )
    monkeypatch.setattr(isolation, "CHILD", CHILD + send)
    host = Quiet()
    if said is None:
        with pytest.raises(LimitError):
            isolated("pass", host)
    else:
        isolated("pass", host)
        assert said in host.printed


def test_the_child_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "hunter2")
    looked = "tell(sorted(os.environ), os.getcwd(), sorted(os.listdir('/proc/self/fd')) if os.path.exists('/proc') else [])\n"
    monkeypatch.setattr(
        isolation,
        "CHILD",
        CHILD
        + "def tell(*values): channel.send({'number': None, 'ask': 'write', 'with': [repr(values)]})\n"
        + looked
        + "channel.send({'done': 'result'})\nimport time\ntime.sleep(5)",
    )
    environment, folder, files = eval(isolated("pass").printed)
    assert [name for name in environment if name != "LC_CTYPE"] == []  # which the interpreter sets itself
    assert folder == "/"
    assert len(files) <= 6  # three streams, their copies, and the folder itself


CONFINED = """
import ctypes, fcntl, os, resource, signal, socket, subprocess, sys
from dana import confinement
libc = ctypes.CDLL(None, use_errno=True)
own, parent = sys.argv[1], os.getppid()
confinement.confine([place for place in sys.path if place])

def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

attempts = {
    "reading": lambda: open("/etc/passwd").read(),
    "writing": lambda: open(own, "w"),
    "listing": lambda: os.listdir("/"),
    "its parent's environment": lambda: open(f"/proc/{parent}/environ").read(),
    "a mode": lambda: os.chmod(own, 0o777),
    "a time": lambda: os.utime(own),
    "an owner": lambda: os.chown(own, -1, -1),
    "a socket": socket.socket,
    "datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "a program": lambda: subprocess.run(["true"]),
    "a process": os.fork,
    "a session": os.setsid,
    "a group": lambda: os.setpgid(0, 0),
    "a signal": lambda: os.kill(parent, 0),
    "a signal to a group": lambda: os.killpg(os.getpgid(parent), 0),
    "a signal by a file": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, parent),
    "its parent's limits": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE),
    "its parent's priority": lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
    "its parent's processors": lambda: os.sched_setaffinity(parent, [0]),
    "its parent by a file": lambda: os.pidfd_open(parent),
}
numbers = {
    "x86_64": {"clone": (56, 17), "clone3": (435,), "tkill": (200, parent), "tgkill": (234, parent, parent),
               "a queued signal": (129, parent), "ptrace": (101, 16, parent), "memory": (310, parent)},
    "aarch64": {"clone": (220, 17), "clone3": (435,), "tkill": (130, parent), "tgkill": (131, parent, parent),
                "a queued signal": (138, parent), "ptrace": (117, 16, parent), "memory": (270, parent)},
}[os.uname().machine]
for name, (number, *arguments) in numbers.items():
    attempts[name] = lambda: call(number, *arguments, *[0] * (6 - len(arguments)))
here = os.getpid()
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError:
        if os.getpid() == here:
            continue
    print("it works:", name, flush=True)
    if os.getpid() != here:
        os._exit(0)
import asyncio, decimal, threading
thread = threading.Thread(target=asyncio.run, args=(asyncio.sleep(0.01),))
thread.start()
thread.join()
print("done", flush=True)
os.abort()  # a signal to itself
"""


@pytest.mark.skipif(
    not {"landlock", "seccomp"} <= set(isolation.held()), reason="this kernel offers no Landlock or no seccomp"
)
def test_the_system_holds_a_process_that_has_broken_out(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("")
    command = [sys.executable, "-c", CONFINED, str(own)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", -signal.SIGABRT)


CHILD_AS_IT_IS = isolation.CHILD


def test_a_system_that_refuses_what_it_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    without = "from dana import confinement\nconfinement._SECCOMP = 10**6\n"  # a kernel that does not know it
    monkeypatch.setattr(isolation, "CHILD", without + CHILD_AS_IT_IS)
    assert isolated("print(1)").printed == "1\n"
    refusing = (
        "from dana import confinement\ndef refuse(readable):\n    raise OSError(1, 'the system refused Landlock')\n"
        "confinement.confine = refuse\n"
    )
    monkeypatch.setattr(isolation, "CHILD", refusing + CHILD_AS_IT_IS)
    with pytest.raises(UsageError, match="the program cannot be isolated: the system refused Landlock"):
        isolated("print(1)")


FLOODS = {
    "of prints that nobody waits for": "while True: channel.send({'number': None, 'ask': 'write', 'with': ['x' * 10**6]})",
    "of requests": "while True: channel.send({'number': 1, 'ask': 'read_line', 'with': ['x' * 10**6]})",
    "of small requests": "while True: channel.send({'number': 1, 'ask': 'read_line', 'with': ['']})",
    "of replies that it does not read": "while True: channel.send({'number': 1, 'ask': 'read_source', 'with': [here]})",
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_messages_do_not_fill_the_parent(flood: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.na"
    large.write_text("#" * 1_000_000)
    ended = threading.Event()

    class Slow(Quiet):
        def write(self, text: str) -> None:
            ended.wait(0.05)

        def read_line(self, prompt: str) -> str:
            ended.wait()
            return ""

    monkeypatch.setattr(isolation, "CHILD", f"{CHILD}here = {str(large)!r}\n{flood}")
    before = threading.active_count()
    held = resident() or 0
    session = Session(Slow(), limits=Limits(seconds=1.5))
    peak: list[int] = []

    def look() -> None:
        while not ended.wait(0.05):
            peak.append(resident() or 0)

    watch = threading.Thread(target=look)
    watch.start()
    try:
        with pytest.raises(LimitError, match=r"longer than 1\.5 s"):
            run_isolated(session, [Source("pass", "demo.na", str(tmp_path / "demo.na"))])
    finally:
        ended.set()
        watch.join()
    assert max(peak) - held < 12 * isolation.LARGEST
    assert threading.active_count() - before <= isolation.AT_ONCE + 10


def test_large_data_of_a_program(tmp_path: Path) -> None:
    host = isolated("print('x' * 40_000_000)")
    assert len(host.printed) == 40_000_001
    write = "file_operation({'operation': 'write', 'path': 'a.txt', 'content': 'x' * 40_000_000})"
    with pytest.raises(UncaughtError, match="an isolated program hands over at most 32 MB at once: this is 38 MB"):
        isolated(write, Quiet(Permissions(write=[str(tmp_path)])))


EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize(
    "name", ["01_hello.na", "02_functions.na", "03_errors.na", "05_modules/main.na", "07_scripted.na"]
)
def test_examples(name: str) -> None:
    here, there = dana("run", str(EXAMPLES / name)), dana("run", "--isolate", str(EXAMPLES / name))
    assert (there.stdout, there.stderr, there.returncode) == (here.stdout, here.stderr, here.returncode)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(
        json.dumps({"id": "w", "steps": [{"name": "double", "type": "action", "action_type": "twice"}]})
    )
    (tmp_path / "mine.na").write_text("def twice():\n    return {'twice': 4}\n")
    done = dana("workflow", "run", "w.json", "--with", "mine.na", cwd=tmp_path)
    assert json.loads(done.stdout)["status"] == "completed", done.stderr
    plain = dana("workflow", "run", "w.json", "--with", "mine.na", "--no-isolate", cwd=tmp_path)
    assert json.loads(plain.stdout)["status"] == "completed"
    (tmp_path / "r.jsonl").write_text("")
    refused = dana("run", "--isolate", "--replay", "r.jsonl", "mine.na", cwd=tmp_path)
    assert refused.returncode == 2
    assert "an isolated program cannot run with --replay" in refused.stderr


def test_a_reader_that_has_gone(tmp_path: Path) -> None:
    (tmp_path / "numbers.na").write_text("for i in range(1_000_000):\n    print(i)\n")
    command = [sys.executable, "-m", "dana", "run", "--isolate", str(tmp_path / "numbers.na")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 141
