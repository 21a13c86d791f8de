"""Permissions: what is granted, what needs its own name, and what is said about the rest."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from dana import cli
from dana.permissions import Permissions, split_host


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.csv").write_text("a\n1\n")
    (tmp_path / "secret.txt").write_text("key")


def refusal(check: object, *arguments: object, **keywords: object) -> str:
    with pytest.raises(PermissionError) as caught:
        check(*arguments, **keywords)  # type: ignore[operator]
    assert caught.value.retryable is False  # type: ignore[attr-defined]
    return str(caught.value)


def test_nothing_is_granted_at_first() -> None:
    nothing = Permissions()
    assert refusal(nothing.check_read, "data/in.csv") == "reading data/in.csv needs --allow-read=data"
    assert refusal(nothing.check_read, "secret.txt") == "reading secret.txt needs --allow-read=."
    assert refusal(nothing.check_write, "/etc/passwd") == "writing /etc/passwd needs --allow-write=/etc"
    wanted = "connecting to api.example.com:443 needs --allow-net=api.example.com"
    assert refusal(nothing.check_net, "api.example.com", 443) == wanted
    assert refusal(nothing.check_database, "shop.db") == "using the database shop.db needs --allow-db=shop.db"
    assert refusal(nothing.check_env, "HOME") == "reading the variable HOME needs --allow-env=HOME"


def test_a_folder_grants_what_is_below_it(tmp_path: Path) -> None:
    some = Permissions(read=["data"])
    assert some.check_read("data/in.csv") == os.path.realpath(tmp_path / "data" / "in.csv")
    assert some.check_read("data") == os.path.realpath(tmp_path / "data")
    assert some.check_read(str(tmp_path / "data" / "new" / "x"))
    refusal(some.check_read, "data2/x")
    refusal(some.check_read, "dat")
    refusal(some.check_write, "data/in.csv")
    assert refusal(some.check_read, "data/../secret.txt") == "reading secret.txt needs --allow-read=."


def test_links_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "data" / "out").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "data" / "up").symlink_to(tmp_path)
    some = Permissions(read=["data"], write=["data"])
    assert refusal(some.check_read, "data/out") == "reading secret.txt needs --allow-read=."
    assert refusal(some.check_write, "data/up/new.txt") == "writing new.txt needs --allow-write=."
    assert some.check_write("data/out", link=True) == os.path.realpath(tmp_path / "data") + "/out"
    assert refusal(some.check_write, "data/up/new.txt", link=True) == "writing new.txt needs --allow-write=."
    (tmp_path / "alias").symlink_to(tmp_path / "data")
    assert Permissions(read=["alias"]).check_read("data/in.csv")


def test_everything_of_a_kind_is_not_what_belongs_to_the_system() -> None:
    all_files = Permissions(read=True, write=True)
    assert all_files.check_read("/etc/hostname")
    assert refusal(all_files.check_read, "/proc/1/environ") == (
        "reading /proc/1/environ needs --allow-read=/proc/1/environ"
    )
    assert Permissions(read=["/proc/1"]).check_read("/proc/1/environ")
    assert Permissions(everything=True).check_read("/proc/1/environ")


def test_what_grants_and_secrets_are_kept_in_needs_its_own_name() -> None:
    for some in (Permissions(read=True, write=True), Permissions(read=["."], write=["."])):
        assert some.check_read("dana.toml")
        assert refusal(some.check_write, "data/../dana.toml") == "writing dana.toml needs --allow-write=dana.toml"
        assert refusal(some.check_read, ".env") == "reading .env needs --allow-read=.env"
    assert Permissions(write=["dana.toml"]).check_write("dana.toml")


@pytest.mark.parametrize(
    ("grant", "host", "port", "granted"),
    [
        ("api.example.com", "api.example.com", 443, True),
        ("api.example.com", "API.Example.COM.", 80, True),
        ("api.example.com", "example.com", 443, False),
        ("api.example.com", "xapi.example.com", 443, False),
        ("api.example.com", "api.example.com.evil.org", 443, False),
        ("api.example.com:8443", "api.example.com", 8443, True),
        ("api.example.com:8443", "api.example.com", 443, False),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "evilexample.com", 443, False),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
        ("[::1]:80", "::1", 80, True),
        ("::1", "::1", 99, True),
        ("localhost", "127.0.0.1", 80, True),
        ("localhost", "127.0.0.2", 80, False),
    ],
)
def test_hosts(grant: str, host: str, port: int, granted: bool) -> None:
    some = Permissions(net=[grant])
    if granted:
        some.check_net(host, port)
    else:
        refusal(some.check_net, host, port)


@pytest.mark.parametrize(
    "host",
    "localhost x.localhost 127.0.0.1 10.1.2.3 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 ::1 fe80::1 fd00::1 "
    "::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 224.0.0.1".split(),
)
def test_the_network_of_this_machine_is_granted_by_name_only(host: str) -> None:
    refusal(Permissions(net=True).check_net, host, 80)
    Permissions(net=[host]).check_net(host, 80)
    Permissions(everything=True).check_net(host, 80)


def test_addresses_of_a_host_are_checked_too() -> None:
    public = Permissions(net=True)
    public.check_net("api.example.com", 443)
    public.check_address("api.example.com", 443, "93.184.215.14")
    assert refusal(public.check_address, "api.example.com", 443, "10.0.0.1") == (
        "connecting to api.example.com:443, which is 10.0.0.1, needs --allow-net=api.example.com"
    )
    refusal(Permissions(net=["*.example.com"]).check_address, "api.example.com", 443, "127.0.0.1")
    Permissions(net=["api.example.com"]).check_address("api.example.com", 443, "10.0.0.1")


@pytest.mark.parametrize(
    ("grant", "url", "granted"),
    [
        ("postgresql://db.example.com/shop", "postgresql+psycopg://ann:pw@db.example.com/shop?sslmode=require", True),
        ("postgresql://db.example.com", "postgresql://db.example.com/shop", True),
        ("postgresql://db.example.com/shop", "postgresql://db.example.com/shops", False),
        ("postgresql://db.example.com/shop", "postgresql://db.example.com:5433/shop", False),
        ("postgresql://db.example.com", "mysql://db.example.com/shop", False),
        ("data", "data/shop.db", True),
        ("data/shop.db", "data/shop.db", True),
        ("data/shop.db", "data/other.db", False),
        ("/", "postgresql://db.example.com/shop", False),
    ],
)
def test_databases(grant: str, url: str, granted: bool) -> None:
    some = Permissions(db=[grant])
    if granted:
        some.check_database(url)
    else:
        assert "pw" not in refusal(some.check_database, url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.com:5432/x@evil.example/shop",
        "postgresql://db.example.com:5432/x?a=b@evil.example/shop",
        "postgresql://db.example.com:5432?x@evil.example/shop",
        "postgresql://db.example.com#@evil.example/shop",
    ],
)
def test_a_url_that_may_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL of a database"):
        Permissions(db=["postgresql://db.example.com:5432"]).check_database(url)


def test_passwords_are_not_shown() -> None:
    assert refusal(Permissions().check_database, "mysql://ann:pw@db.example.com/shop") == (
        "using the database mysql://db.example.com/shop needs --allow-db=mysql://db.example.com/shop"
    )


def test_somebody_may_be_asked() -> None:
    questions: list[str] = []
    answers = ["no", "yes", "always"]

    def ask(question: str, place: str) -> str:
        questions.append(question)
        return answers.pop(0)

    some = Permissions(ask=ask)
    assert refusal(some.check_read, "data/in.csv") == "reading data/in.csv needs --allow-read=data"
    some.check_read("data/in.csv")
    some.check_read("data/in.csv")
    some.check_read("data/other.csv")
    assert questions == ["allow reading data/in.csv?"] * 3


def test_texts_that_are_no_hosts() -> None:
    for text in ("a:b", "[::1", "[::1]x"):
        with pytest.raises(ValueError, match="is not a host"):
            split_host(text)
    with pytest.raises(ValueError, match="null"):
        Permissions(everything=True).check_read("a\0b")


# The command

Streams = pytest.CaptureFixture[str]
READ = 'print(file_operation({"operation": "read", "path": "data/in.csv"})["content"], end="")\n'
KEEP = 'print(database_operation({"operation": "execute", "sql": "CREATE TABLE t(a)"})["count"])\n'


def run(capsys: Streams, program: str, *options: str) -> tuple[int, str, str]:
    Path("demo.na").write_text(program)
    code = cli.main(["run", *options, "demo.na"])
    said = capsys.readouterr()
    return code, said.out, said.err.strip().rpartition("\n")[2].strip()


@pytest.mark.parametrize(
    "options", [["--allow-read"], ["--allow-read=data"], ["-A"], ["--allow-read=x", "--allow-read=."]]
)
def test_options_grant(capsys: Streams, options: list[str]) -> None:
    assert run(capsys, READ, *options) == (0, "a\n1\n", "")


@pytest.mark.parametrize("options", [[], ["--allow-read=x"], ["--allow-write"], ["--allow-net"]])
def test_what_is_not_granted_is_an_error(capsys: Streams, options: list[str]) -> None:
    wanted = "PermissionError: reading data/in.csv needs --allow-read=data"
    assert run(capsys, READ, *options) == (1, "", wanted)


def test_the_configuration_in_this_folder_grants(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dana.toml").write_text('[permissions]\nread = ["data"]\n')
    assert run(capsys, READ)[0] == 0
    Path("data/demo.na").write_text(READ)
    monkeypatch.chdir("data")
    Path("demo.na").write_text(READ.replace("data/", ""))
    assert cli.main(["demo.na"]) == 1


def test_wrong_configuration_is_an_error(capsys: Streams) -> None:
    Path("dana.toml").write_text('[permissions]\nreed = ["data"]\n')
    code, _, said = run(capsys, READ)
    assert (code, said) == (2, "= did you mean read?")
    Path("dana.toml").write_text("[permissions]\nread = true\n")
    code, _, said = run(capsys, READ)
    assert (code, said) == (2, '= write read = ["..."]')


def test_the_folder_of_the_project_is_its_own(capsys: Streams) -> None:
    assert run(capsys, KEEP) == (0, "0\n", "")
    assert Path(".dana/data.db").exists()


def test_a_value_that_names_nothing_is_wrong_usage(capsys: Streams) -> None:
    code, _, said = run(capsys, READ, "--allow-read=")
    assert (code, said) == (2, "= give --allow-read alone for everything of that kind")


def test_the_option_takes_no_file_as_its_value(capsys: Streams) -> None:
    Path("demo.na").write_text(READ)
    assert cli.main(["--allow-read", "demo.na"]) == 0
    assert capsys.readouterr().out == "a\n1\n"


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("what\na\n", 0), ("n\n", 1), ("", 1)])
def test_a_terminal_is_asked(capsys: Streams, monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr", Terminal())
    Path("demo.na").write_text(READ)
    assert cli.main(["run", "--color=never", "demo.na"]) == code
    said = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert said.startswith("demo.na:1: allow reading data/in.csv? [y]es, [n]o, [a]lways in this run: ")
