"""MCP servers: real ones, as programs and by HTTP on loopback, and those that go wrong."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra is missing: pip install 'dana[mcp]'")

from dana import Host, Limits, Session, UncaughtError, cli
from dana.errors import LimitError
from dana.permissions import Permissions

FOLDER = Path(__file__).parent
PYTHON = sys.executable
SHOP = str(FOLDER / "shop_server.py")
MISBEHAVING = str(FOLDER / "misbehaving_mcp.py")
SLOW = 60
"""Seconds that the start of a server may take on a machine that does much else; real ones import a lot."""


class Watched(Host):
    """A host whose log can be read."""

    def __init__(self, **granted: Any) -> None:
        super().__init__(lambda: Permissions(**granted))
        self.log = ""

    def write_log(self, line: str) -> None:
        self.log += self.masked(line) + "\n"


def started(*granted: str, level: str = "INFO", limits: Limits | None = None, **more: Any) -> Session:
    host = Watched(run=granted or [PYTHON], **more)
    return Session(host, settings={"log_level": level}, limits=limits)


def failure(session: Session, program: str) -> str:
    """The error that ends a program; no traceback of the host is in it."""
    with pytest.raises(UncaughtError) as caught:
        session.run(program)
    shown = str(caught.value)
    assert "site-packages" not in shown
    assert "ExceptionGroup" not in shown
    return caught.value.diagnostic.message


def use(way: str, more: str = "") -> str:
    """The call that starts a server which goes wrong in a way."""
    return f'use("mcp", command={[PYTHON, MISBEHAVING, way]!r}{more})'


def misbehaving(way: str, program: str = 'server.call("search", {"q": 1})', more: str = "") -> str:
    """The error of a program with a server that goes wrong, without the name of the server."""
    said = failure(started(), f"server = {use(way, more)}\n{program}")
    return said.replace(PYTHON, "SERVER")


@pytest.fixture(scope="module")
def shop() -> Iterator[Session]:
    """A session in which `server` is the shop, as a program."""
    session = started(level="DEBUG")
    session.run(f'server = use("mcp", command={[PYTHON, SHOP]!r}, timeout={SLOW})')
    yield session
    session.run("server.close()")


@pytest.fixture(scope="module")
def shop_by_http() -> Iterator[str]:
    """The URL of the shop."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([PYTHON, SHOP, str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + SLOW
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    process.wait()


def test_data_is_data(shop: Session) -> None:
    assert shop.evaluate('server.call("order", {"item": "pen", "count": 2})') == {"item": "pen", "count": 2}


def test_a_value_that_is_no_object_is_a_value(shop: Session) -> None:
    assert shop.evaluate('server.call("stock", {"item": "pen"}), server.call("files.list/all")') == (
        3,
        ["a.txt", "b.txt"],
    )


def test_text_is_text(shop: Session) -> None:
    assert shop.evaluate('server.call("search", {"q": "x"})') == "found x"


def test_an_image_is_described(shop: Session) -> None:
    assert shop.evaluate('server.call("photo")') == "[image/png, 9 bytes]"


def test_tools_are_described(shop: Session) -> None:
    described = shop.evaluate("server.tools")[0]
    assert list(described) == ["name", "description", "parameters"]
    assert described["description"] == "How many there are of an item."
    assert described["parameters"]["required"] == ["item"]


def test_changing_what_is_described_changes_nothing(shop: Session) -> None:
    shop.run('server.tools[0]["name"] = "x"')
    assert shop.evaluate("server.tools[0]")["name"] == "stock"


def test_the_error_of_a_tool_is_raised(shop: Session) -> None:
    said = failure(shop, 'server.call("order", {"count": 2})')
    assert said.startswith("RuntimeError: the tool order failed: Error executing tool order: 1 validation error")


def test_a_model_is_offered_the_tools(shop: Session) -> None:
    shop.run(
        'model = create_llm_resource(provider="scripted", answers=['
        '{"tool": "stock", "arguments": {"item": "pen"}}, {"tool": "double", "arguments": {"number": 3}}, "six"])\n'
        'def double(number: int) -> int:\n    "Twice a number."\n    return number * 2\n'
        'answer = reason("twice the pens?", tools=[server, double])'
    )
    assert shop.evaluate("answer") == "six"
    log = shop.host.log  # type: ignore[attr-defined]
    assert 'tool stock(item="pen") -> 3' in log
    assert "tool double(number=3) -> 6" in log


def test_a_model_is_told_errors_of_tools(shop: Session) -> None:
    shop.run(
        'model = create_llm_resource(provider="scripted", answers=['
        '{"tool": "stock", "arguments": {"item": "car"}}, "none"])\nanswer = reason("cars?", tools=[server])'
    )
    assert shop.evaluate("answer") == "none"
    assert "failed: RuntimeError: the tool stock failed" in shop.host.log  # type: ignore[attr-defined]


def test_names_are_as_models_take_them(shop: Session) -> None:
    assert "files_list_all" in shop.evaluate("[tool['name'] for tool in describe_tools([server])]")


def test_an_agent_has_the_tools(shop: Session) -> None:
    shop.run(
        'model = create_llm_resource(provider="scripted", answers=['
        '{"tool": "files_list_all", "arguments": {}}, "two"])\n'
        'agent = create_agent({"name": "Ann", "model": model, "tools": [server]})\nanswer = agent.solve("files?")'
    )
    assert shop.evaluate("answer") == "two"
    assert 'tool files_list_all() -> ["a.txt", "b.txt"]' in shop.host.log  # type: ignore[attr-defined]


def test_two_tools_of_one_name_are_refused(shop: Session) -> None:
    said = failure(shop, 'def stock(item: str) -> int:\n    "Other."\n    return 1\ndescribe_tools([server, stock])')
    assert said == "ValueError: there are two tools with the name stock"


def test_an_unknown_tool(shop: Session) -> None:
    said = failure(shop, 'server.call("stok", {"item": "pen"})')
    assert said == f"ValueError: {PYTHON} has no tool stok; did you mean stock?"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('server.call("stock", {"item": print})', "ValueError: the arguments of a tool are JSON: Object of type"),
        ('server.call("stock", {"item": secret("HOME")})', "PermissionError: reading the variable HOME"),
        ('server.call("stock", {}, timeout=0)', "ValueError: timeout must be a number of seconds up to 3,600, not 0"),
        ("server.tools = 5", "AttributeError: 'mcp server' object attribute 'tools' is read-only"),
        ("server._connection", "AttributeError: 'mcp server' object has no attribute '_connection'"),
    ],
)
def test_wrong_calls(shop: Session, call: str, said: str) -> None:
    assert failure(shop, call).startswith(said)


def test_a_call_that_takes_too_long(shop: Session) -> None:
    said = failure(shop, 'server.call("wait", {"seconds": 1}, timeout=0.2)')
    assert said == f"ConnectionError: {PYTHON}: no answer within 0.2 s"
    assert shop.evaluate('server.call("search", {"q": "y"}, timeout=20)') == "found y"


def test_calls_at_once(shop: Session) -> None:
    program = 'parallel_map(lambda n: server.call("search", {"q": str(n)}), range(8))'
    assert shop.evaluate(program) == [f"found {n}" for n in range(8)]


def test_the_log_shows_connections(shop: Session) -> None:
    log = shop.host.log  # type: ignore[attr-defined]
    assert f"DEBUG mcp {PYTHON} connected, 8 tools" in log


# By HTTP


def test_a_service(shop_by_http: str) -> None:
    session = Session(Watched(net=["127.0.0.1"]))
    session.run(
        f'with use("mcp", url="{shop_by_http}", timeout={SLOW}) as server:\n'
        '    got = [server.call("stock", {"item": "pen"}), server.call("search", {"q": "x"})]'
    )
    assert session.evaluate("got") == [3, "found x"]
    assert failure(session, 'server.call("stock", {"item": "pen"})').endswith(": it is closed")


def test_a_header_may_be_a_secret(shop_by_http: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "Bearer 12345678")
    session = Session(Watched(net=["127.0.0.1"], env=["SHOP_TOKEN"]))
    session.run(
        f'server = use("mcp", url="{shop_by_http}", headers={{"Authorization": secret("SHOP_TOKEN")}})\n'
        'sent = server.call("header", {"name": "Authorization"})\nserver.close()'
    )
    assert session.evaluate("sent") == "<secret SHOP_TOKEN>"


def test_a_host_needs_a_grant() -> None:
    said = failure(Session(Watched()), 'use("mcp", url="https://docs.example.com/mcp")')
    assert said == "PermissionError: connecting to docs.example.com:443 needs --allow-net=docs.example.com"


def test_a_private_address_needs_its_own_grant() -> None:
    said = failure(Session(Watched(net=True)), 'use("mcp", url="http://127.0.0.1:9/mcp")')
    assert said == "PermissionError: connecting to 127.0.0.1:9 needs --allow-net=127.0.0.1"


def test_a_name_of_a_private_address_needs_its_own_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    said = failure(Session(Watched(net=["*.example.com"])), 'use("mcp", url="http://in.example.com/mcp")')
    assert said.startswith("PermissionError: connecting to in.example.com:80, which is 10.0.0.7, needs --allow-net=")


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """Makes a service of HTTP that answers each request as a function says; its URL."""
    running: list[ThreadingHTTPServer] = []

    def begin(answer: Callable[[Any], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/mcp"

    yield begin
    for server in running:
        server.shutdown()


def sent(handler: Any, status: int, data: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def hung(handler: Any) -> None:
    time.sleep(2)


SERVICES: dict[str, tuple[Callable[[Any], None], str]] = {
    "unauthorized": (lambda handler: sent(handler, 401, b"no"), "it answers with status 401"),
    "broken": (lambda handler: sent(handler, 500, b"<html>", Content_Type="text/html"), "it answers with status 500"),
    "a page": (
        lambda handler: sent(handler, 200, b"<html>", Content_Type="text/html"),
        "Unexpected content type: text/html",
    ),
    "no JSON": (
        lambda handler: sent(handler, 200, b"{", Content_Type="application/json"),
        "Failed to parse JSON response",
    ),
    "elsewhere": (
        lambda handler: sent(handler, 307, b"", Location="http://127.0.0.2:1/mcp"),
        "Redirect to http://127.0.0.2:1/mcp not followed",
    ),
    "large": (
        lambda handler: sent(handler, 200, b" " * 9_000_000, Content_Type="application/json"),
        "it sends a message of more than 8,000,000 bytes",
    ),
    "packed": (
        lambda handler: sent(
            handler, 200, gzip.compress(b" " * 9_000_000), Content_Type="application/json", Content_Encoding="gzip"
        ),
        "it answers in an encoding that nobody asked for",
    ),
    "breaks off": (lambda handler: handler.connection.close(), "the connection fails"),
    "hangs": (hung, "no answer within 0.5 s"),
}


@pytest.mark.parametrize("way", SERVICES)
def test_a_service_that_goes_wrong(way: str, answering: Callable[[Callable[[Any], None]], str]) -> None:
    answer, wanted = SERVICES[way]
    url = answering(answer)
    said = failure(
        Session(Watched(net=["127.0.0.1"])), f'use("mcp", url="{url}", timeout={0.5 if answer is hung else SLOW})'
    )
    assert said.startswith(f"ConnectionError: {url[7:-4]}: {wanted}")


def test_only_the_addresses_that_were_checked(
    answering: Callable[[Callable[[Any], None]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[str] = []

    def answer(handler: Any) -> None:
        hosts.append(handler.headers["Host"])
        sent(handler, 401, b"")

    port = int(answering(answer).split(":")[2].split("/")[0])
    addresses = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses.pop())
    said = failure(Session(Watched(net=["shop.test"])), f'use("mcp", url="http://shop.test:{port}/mcp")')
    assert said.endswith(": it answers with status 401")
    assert set(hosts) == {f"shop.test:{port}"}


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = failure(Session(Watched(net=["127.0.0.1"])), f'use("mcp", url="http://127.0.0.1:{port}/mcp")')
    assert said.endswith(": the connection is refused: nothing listens there")


def test_there_is_no_such_host() -> None:
    said = failure(Session(Watched(net=["nowhere.invalid"])), 'use("mcp", url="http://nowhere.invalid/mcp")')
    assert said.endswith("invalid: there is no host nowhere.invalid")


# Programs that go wrong


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("dies", "ConnectionError: SERVER: it ended with exit code 4: the disk is full"),
        ("killed", "ConnectionError: SERVER: it was ended by Killed"),
        ("stillborn", "ConnectionError: SERVER: it ended with exit code 1: no configuration was found"),
        ("large", "ConnectionError: SERVER: it sends a message of more than 8,000,000 bytes"),
        ("flood", "ConnectionError: SERVER: it sends a message of more than 8,000,000 bytes"),
        ("rubbish", "ConnectionError: SERVER: it prints what is no message: <html>"),
        ("shapeless", "ConnectionError: SERVER: what it answers is not what MCP says of "),
        ("refuses", "ConnectionError: SERVER: no such luck"),
        ("twins", "ConnectionError: SERVER: it has two tools with the name search"),
        (
            "crowd",
            "ConnectionError: SERVER: it has 10,000 tools, and 500 are taken at most; name those that are "
            'needed: use("mcp", tools=["..."], ...)',
        ),
        ("pages", "ConnectionError: SERVER: it lists its tools in more than 100 messages"),
        (
            "talkative",
            "ConnectionError: SERVER: the description of the tool boring has 100,000 characters, and may "
            'have 20,000; name the tools that are needed: use("mcp", tools=["..."], ...)',
        ),
    ],
)
def test_a_program_that_goes_wrong(way: str, said: str) -> None:
    assert misbehaving(way).startswith(said)


def test_a_program_that_never_answers() -> None:
    wanted = "ConnectionError: SERVER: no answer within 0.5 s"
    assert misbehaving("mute", more=", timeout=0.5") == wanted
    assert misbehaving("silent", 'server.call("search", {}, timeout=0.5)') == wanted


def test_a_result_that_is_nested_too_deep() -> None:
    said = misbehaving("nested", 'server.call("search", {}, timeout=0.5)')
    assert said.startswith('ConnectionError: SERVER: no answer within 0.5 s; it printed what is no message: {"j')


def test_a_program_that_prints_a_greeting() -> None:
    session = started()
    session.run(f"with {use('chatter')} as server:\n    got = server.call('search', {{'q': [1.5, None]}})")
    assert session.evaluate("got") == '{"q": [1.5, null]}'


def test_a_dead_server_stays_dead() -> None:
    again = 'try:\n    server.call("search")\nexcept ConnectionError:\n    pass\nserver.call("search")'
    wanted = "ConnectionError: SERVER: it ended with exit code 4: the disk is full"
    assert misbehaving("dies", again) == wanted


def test_a_model_is_told_that_a_server_has_died() -> None:
    session = started()
    session.run(
        f"server = {use('dies')}\n"
        'model = create_llm_resource(provider="scripted", answers=[{"tool": "search", "arguments": {}}, "sorry"])\n'
        'answer = reason("?", tools=[server])'
    )
    assert session.evaluate("answer") == "sorry"
    assert "it ended with exit code 4: the disk is full" in session.host.log  # type: ignore[attr-defined]


def test_a_name_that_no_model_takes() -> None:
    session = started()
    session.run(f"with {use('names')} as server:\n    told = describe_tools([server])")
    assert [tool["name"] for tool in session.evaluate("told")] == ["search", "K_se_kaufen"]


@pytest.mark.parametrize(("way", "name"), [("names", "search"), ("crowd", "search9999"), ("talkative", "search")])
def test_tools_that_are_needed_can_be_named(way: str, name: str) -> None:
    session = started()
    session.run(f"with {use(way, f', tools=[{name!r}]')} as server:\n    told = describe_tools([server])")
    assert [tool["name"] for tool in session.evaluate("told")] == [name]


def test_a_named_tool_that_is_not_there() -> None:
    assert misbehaving("plain", "", ', tools=["serch"]').endswith("has no tool serch; did you mean search?")


def test_a_tool_that_is_left_out_is_not_called() -> None:
    said = misbehaving("names", 'server.call("Käse kaufen")', ', tools=["search"]')
    assert said == "ValueError: SERVER has no tool Käse kaufen; there are search"


def test_parts_of_a_result() -> None:
    session = started()
    session.run(f"with {use('parts')} as server:\n    got = server.call('search')")
    assert session.evaluate("got").split("\n") == [
        "one",
        "[a resource that is no text: file:///a.bin]",
        "inside",
        "[audio/wav, 3 bytes]",
        "[a resource: file:///b.txt]",
    ]


def test_patterns_of_a_server_are_not_searched_for() -> None:
    """One that takes for ever would stop all that waits in the background, with its limits of time."""
    session = started()
    session.run(f"with {use('pattern', ', timeout=20')} as server:\n    got = server.call('search')")
    assert session.evaluate("got") == {"a": "a" * 40 + "!"}


def test_an_empty_result_is_nothing() -> None:
    session = started()
    session.run(f"with {use('empty')} as server:\n    got = server.call('search')")
    assert session.evaluate("got") is None


# What a program gets, and its end


def test_the_environment_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-12345678")
    monkeypatch.setenv("LANG", "C.UTF-8")
    session = started()
    program = f"""with {use("environment", ', env={"SHOP": "x"}')} as server:\n    got = server.call('search')"""
    session.run(program)
    assert set(session.evaluate("got").split()) - {"LC_CTYPE"} == {"HOME", "LANG", "PATH", "SHOP"}


def test_a_variable_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "k-12345678")
    session = started(env=["SHOP_KEY"])
    more = ', env={"KEY": secret("SHOP_KEY")}'
    session.run(f"with {use('secret', more)} as server:\n    got = server.call('search')")
    assert session.evaluate("got") == "the key is <secret SHOP_KEY>"


def is_running(pid: int) -> bool:
    """Whether there is a process that is not only waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, pids))


linux = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are seen in /proc")


@linux
@pytest.mark.parametrize("end", ["server.close()", "del server"])
def test_a_program_and_what_it_has_started_end(tmp_path: Path, end: str) -> None:
    session = started()
    command = [PYTHON, MISBEHAVING, "stubborn", str(tmp_path / "pids")]
    session.run(f'server = use("mcp", command={command!r})')
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(is_running, pids))
    session.run(end)
    assert ended(pids)


@linux
@pytest.mark.parametrize("rest", ["", "1 / 0", "while True:\n    pass"])
def test_the_end_of_a_run_ends_a_program(tmp_path: Path, rest: str) -> None:
    command = [PYTHON, MISBEHAVING, "stubborn", str(tmp_path / "pids")]
    (tmp_path / "a.na").write_text(f'server = use("mcp", command={command!r})\n{rest}\n')
    cli.main(["run", f"--allow-run={PYTHON}", "--timeout=5", "a.na"])
    assert ended([int(pid) for pid in (tmp_path / "pids").read_text().split()])


def test_a_limit_ends_a_wait() -> None:
    session = started(limits=Limits(seconds=1.5))
    with pytest.raises(LimitError):
        session.run(f"{use('mute')}")


# Grants and wrong uses


def test_a_program_needs_a_grant() -> None:
    said = failure(Session(Watched()), 'use("mcp", command=["npx", "-y", "some server"])')
    assert said == "PermissionError: starting the program npx -y 'some server' needs --allow-run=npx"


def test_a_program_that_is_not_there() -> None:
    said = failure(started("no-such-program"), 'use("mcp", command=["no-such-program"])')
    assert said.endswith("no-such-program: there is no such program")


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    program = tmp_path / "server"
    program.write_bytes(b"\x7fELF nothing")
    program.chmod(0o755)
    said = failure(started(str(program)), f'use("mcp", command=["{program}"])')
    assert said == f"ConnectionError: {program}: it cannot be started: exec format error"


def test_grants_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tool", "other"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    place = str(tmp_path / "tool")
    assert Permissions(run=["tool"]).check_run(["tool", "-x"]) == place
    assert Permissions(run=[place]).check_run(["tool"]) == place
    assert Permissions(run=["./tool"]).check_run(["tool"]) == place  # the current folder is the same
    assert Permissions(run=True).check_run(["./tool"]) == place
    assert Permissions(everything=True).check_run(["missing"]) is None
    for granted, command in (("other", "tool"), ("tool", "./tool"), ("too", "tool"), (str(tmp_path), "tool")):
        with pytest.raises(PermissionError, match="needs --allow-run=tool"):
            Permissions(run=[granted]).check_run([command])


def test_a_person_is_shown_the_whole_command() -> None:
    asked: list[str] = []
    some = Permissions(ask=lambda question, place: asked.append(question) or "yes")  # type: ignore[func-returns-value]
    for argument in ("a.py", "b c.py"):
        some.check_run([PYTHON, argument])
    assert asked == [
        f"allow starting the program {PYTHON} a.py?",
        f"allow starting the program {PYTHON} 'b c.py'?",
    ]


def test_a_grant_in_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dana.toml").write_text(f'[permissions]\nrun = ["{PYTHON}"]\n')
    (tmp_path / "a.na").write_text(f"with {use('plain')} as server:\n    print(server.call('search'))\n")
    assert cli.main(["run", "--explain-permissions", "a.na"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "{}\n"
    assert f'plain at a.na:1: allowed by dana.toml, run = ["{PYTHON}"]' in shown.err


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('use("mpc", url="https://a.example.com")', "ValueError: use() knows no 'mpc'; did you mean mcp?"),
        ('use("grpc-web", url="x")', "ValueError: use() knows no 'grpc-web'; write use(\"mcp\", ...)"),
        ("use(5)", "TypeError: use() takes the kind of server as text, not int"),
        ('use("mcp", command=["a"], url="b")', 'TypeError: use("mcp", ...) needs either command=[...] or url="..."'),
        ('use("mcp", command=["a\\0b"])', "ValueError: command has no name of a program, or a character"),
        ('use("mcp", command=["a"], env={"A=B": "x"})', "ValueError: env: 'A=B' cannot be the name of a variable"),
        ('use("mcp", command=["a"], env={"LD_PRELOAD": "x"})', "ValueError: env: LD_PRELOAD says what code"),
        ('use("mcp", command=["a"], env={"PATH": "x"})', "ValueError: env: PATH says what code a program loads"),
        ('use("mcp", command=["a"], timeout=0)', "ValueError: timeout must be above 0 and at most 3,600 s, not 0"),
        ('use("mcp", command=["a"], tools="search")', "TypeError: tools must be a list of names of tools"),
        ('use("mcp", url="ftp://a")', "ValueError: 'ftp://a' is not a URL that begins with https://"),
        ('use("mcp", url="https://u:p@a.example.com/")', "ValueError: a.example.com: a URL has no user and password"),
        ('use("mcp", url="https://a", headers={"Host": "b"})', "ValueError: headers: 'Host' cannot be the name"),
        ('use("mcp", url="https://a", headers={"X": "a\\nb"})', "ValueError: headers: X has a character in it"),
    ],
)
def test_wrong_uses(call: str, said: str) -> None:
    assert failure(Session(Watched()), call).startswith(said)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = failure(started(), use("plain"))
    assert said == "ImportError: MCP servers need the package mcp: pip install 'dana[mcp]'"
