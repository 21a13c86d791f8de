"""MCP servers: real ones, as tools of models and of programs, and those that go wrong."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dana import Session, UncaughtError
from dana.isolation import run_isolated
from dana.permissions import Permissions
from dana.source import Source
from dana.taint import check_source
from tests.hosts import Capture

pytestmark = pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="needs pip install 'dana[mcp]'")

SERVER = str(Path(__file__).parent / "mcp_server.py")
COMMAND = f'["{sys.executable}", "{SERVER}"]'


def ran(program: str, permissions: Permissions | None = None) -> Capture:
    host = Capture(lambda: permissions or Permissions(run=True, net=["127.0.0.1"], env=True))
    Session(host).run(program, "demo.na")
    return host


def failure(program: str, permissions: Permissions | None = None) -> str:
    with pytest.raises(UncaughtError) as caught:
        ran(program, permissions)
    return caught.value.diagnostic.message


def used(program: str, more: str = "") -> str:
    return ran(f'with use("mcp", command={COMMAND}{more}) as server:\n    {program}').printed.removesuffix("\n")


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ('server.call("stock", {"item": "pen"}) + 1', "4"),
        ('server.call("twice", {"text": "ab"})', "abab"),
        ('server.call("find")', "[{'a': 1}]"),
        ('server.call("odd.name")', "odd"),
        (
            '[tool["name"] for tool in server.tools]',
            "['stock', 'twice', 'find', 'variable', 'odd.name', 'die', 'sleep']",
        ),
        ('server.tools[0]["description"]', "How many there are of an item."),
        ('server.tools[0]["parameters"]["required"]', "['item']"),
        ('describe_tools([server])[1]["name"]', "twice"),
        ('server.call("variable", {"name": "HOME_OF_NOBODY"})', "nothing"),
        ("type_name(server)", "mcp server"),
    ],
)
def test_calls(expression: str, printed: str) -> None:
    assert used(f"print({expression})") == printed


def test_variables_and_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "open sesame")
    monkeypatch.setenv("OTHER", "other")
    program = 'print(server.call("variable", {"name": "KEY"}), server.call("variable", {"name": "OTHER"}))'
    assert used(program, ', env={"KEY": secret("PASSWORD")}') == "<secret PASSWORD> nothing"


def test_a_model_calls_its_tools() -> None:
    host = ran(
        f"server = use('mcp', command={COMMAND})\n"
        'def own() -> int:\n    """Own."""\n    return 1\n'
        "answers = [{'tool': 'stock', 'arguments': {'item': 'pen'}}, {'tool': 'stock', 'arguments': {}}, "
        "{'tool': 'odd_name', 'arguments': {}}, {'tool': 'own', 'arguments': {}}, 'three']\n"
        "create_llm_resource(provider='scripted', answers=answers)\n"
        "print(reason('How many?', tools=[server, own]))"
    )
    assert host.printed == "three\n"
    assert [line.partition(" tool ")[2].partition(": RuntimeError")[0] for line in host.logged] == [
        'stock(item="pen") -> 3',
        "stock() failed",
        "odd_name() -> odd",
        "own() -> 1",
    ]


def test_an_agent_has_a_server() -> None:
    program = (
        f"server = use('mcp', command={COMMAND})\n"
        "model = create_llm_resource(provider='scripted', answers=[{'tool': 'twice', 'arguments': {'text': 'a'}}, 'aa'])\n"
        "agent Ann:\n    tools = [server]\n    model = model\nprint(Ann.chat('go'))"
    )
    assert ran(program).printed == "aa\n"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('server.call("stock", {"item": "cup"})', "RuntimeError: the tool stock failed: "),
        ('server.call("stock", {"itm": "pen"})', "RuntimeError: the tool stock failed: "),
        ('server.call("nothing")', f"ValueError: {sys.executable} has no tool nothing; there are stock, "),
        ('server.call("die")', f"ConnectionError: {sys.executable}: it ended with exit code 3: last words"),
        ("server.call(5)", "TypeError: a tool is called by its name with a dict of arguments"),
        ('server.call("twice", ["a"])', "TypeError: a tool is called by its name with a dict of arguments"),
        ('server.call("twice", {"text": {1}})', "ValueError: the arguments of a tool are JSON"),
        ("server.nothing", "AttributeError: 'mcp server' object has no attribute 'nothing'"),
        ('server.close(); server.call("find")', f"ConnectionError: {sys.executable}: it is closed"),
        ('reason("x", tools=[server, server])', "ValueError: there are two tools with the name stock"),
    ],
)
def test_what_goes_wrong(statement: str, message: str) -> None:
    assert failure(f"server = use('mcp', command={COMMAND})\n{statement}").startswith(message)


def test_a_call_takes_too_long() -> None:
    begun = time.monotonic()
    message = failure(f"server = use('mcp', command={COMMAND}, timeout=3)\nserver.call('sleep')")
    assert "no answer within 3 s" in message
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('command=["nowhere_at_all"]', "ConnectionError: nowhere_at_all: there is no such program"),
        (f'command=["{sys.executable}", "-c", "print(5)"], timeout=5', f"ConnectionError: {sys.executable}: "),
        (
            f'command=["{sys.executable}", "-c", "import sys; sys.exit(\'no way\')"], timeout=5',
            f"ConnectionError: {sys.executable}: it ended with exit code 1: no way",
        ),
        ('url="http://127.0.0.1:1/mcp"', "ConnectionError: 127.0.0.1:1: "),
        ('url="ftp://127.0.0.1/mcp"', "ValueError: 'ftp://127.0.0.1/mcp' is not a URL that begins with"),
        ('url="nowhere"', "ValueError: 'nowhere' is not a URL that begins with https:// or http:// and a host"),
        ("", 'TypeError: use("mcp", ...) needs either command=[...] or url="..."'),
        ('command="python"', "TypeError: command must be a list of texts"),
        ("command=[]", "TypeError: command must be a list of texts"),
        ('command=["x"], env={"A": 5}', "TypeError: env['A'] must be text or a secret, not int"),
        ('command=["x"], headers={}', "TypeError: headers belong to url"),
        ('url="http://127.0.0.1/", timeout=0', "ValueError: timeout must be above 0"),
    ],
)
def test_servers_that_cannot_be_used(options: str, message: str) -> None:
    assert failure(f'use("mcp", {options})').startswith(message)


def test_only_what_is_granted() -> None:
    none = Permissions()
    assert failure('use("mcp", command=["python", "x.py"])', none).endswith("needs --allow-run=python")
    assert failure('use("mcp", url="https://example.com/mcp")', none).endswith("needs --allow-net=example.com")
    named = Permissions(run=[sys.executable])
    assert ran(f'use("mcp", command={COMMAND}).close()\nprint("ok")', named).printed == "ok\n"
    assert "needs --allow-run=sh" in failure('use("mcp", command=["sh"])', named)


def test_isolated_programs_have_none() -> None:
    with pytest.raises(UncaughtError) as caught:
        run_isolated(
            Session(Capture(lambda: Permissions(run=True))), [Source(f'use("mcp", command={COMMAND})', "demo.na")]
        )
    assert caught.value.diagnostic.message == "PermissionError: an isolated program uses no MCP servers"


def test_what_a_server_says_is_untrusted() -> None:
    program = (
        'server = use("mcp", url="https://example.com/mcp")\n'
        'file_operation({"operation": "read", "path": server.call("path")})\n'
        'use("mcp", command=["python", server.call("program")])\n'
    )
    assert [(each.line, each.message.partition(" holds")[0]) for each in check_source(Source(program, "demo.na"))] == [
        (2, "the path of a file"),
        (3, "the command of a program"),
    ]


def test_the_server_ends_with_the_run() -> None:
    program = f'import time\nfrom dana import Session, Host\nfrom dana.permissions import Permissions\nSession(Host(lambda: Permissions(run=True))).run(\'server = use("mcp", command={COMMAND})\\nprint(server.tools[0]["name"])\')'
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "stock\n"), done.stderr
    listed = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.split("\n") if SERVER in line and line.split()[0] == "1"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL, env={**os.environ})
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/mcp"
    server.kill()
    server.wait()


def test_a_server_at_a_url(address: str) -> None:
    program = (
        f'with use("mcp", url="{address}", headers={{"X-Key": "k"}}) as server:\n'
        '    print(server.call("twice", {"text": "ab"}), len(server.tools), server)'
    )
    assert ran(program).printed == f"abab 7 <mcp {address[7:-4]}>\n"


def test_a_url_that_is_none_of_a_server(address: str) -> None:
    assert failure(f'use("mcp", url="{address}/nowhere")').startswith(f"ConnectionError: {address[7:-4]}: ")
