"""`import dana.loader`: modules of Dana in programs of Python."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dana import LimitError, Limits, ProgramError, UncaughtError, loader
from dana.permissions import Permissions
from tests.hosts import Capture

ORDERS = '''"""Orders."""
import math
RATE = 2
LINES = [{"n": 1}]
_hidden = 1

class Kind:
    pass

def total(lines, rate=RATE):
    """The total."""
    return sum(line["price"] * line["n"] for line in lines) * rate

def bad():
    return 1 / 0

def endless():
    while True:
        pass

count = 0
def step():
    global count
    count += 1

def adder(n):
    return lambda x: x + n

def read():
    return file_operation({"operation": "read", "path": "/etc/hostname"})
'''


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "na_orders.na").write_text(ORDERS)
    (tmp_path / "na_wrong.na").write_text("def f(:\n")
    (tmp_path / "na_failing.na").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    loader.install(Capture(Permissions), Limits(steps=100_000))
    yield importlib.import_module("na_orders")
    loader.install()
    for name in [name for name in sys.modules if name.startswith("na_")]:
        del sys.modules[name]


def test_public_names(orders: ModuleType) -> None:
    assert [name for name in dir(orders) if name[0] != "_"] == [
        "LINES", "RATE", "adder", "bad", "count", "endless", "read", "step", "total",
    ]  # fmt: skip
    assert (orders.__doc__, orders.RATE, orders.LINES, orders.total.__doc__) == ("Orders.", 2, [{"n": 1}], "The total.")
    assert str(orders.__file__).endswith("na_orders.na")


def test_functions_are_called_with_data(orders: ModuleType) -> None:
    assert orders.total([{"price": 2, "n": 3}]) == 12
    assert orders.total([{"price": 2, "n": 3}], rate=1) == 6
    with pytest.raises(TypeError):
        orders.total([object()])


def test_errors_show_the_place(orders: ModuleType) -> None:
    with pytest.raises(UncaughtError) as caught:
        orders.bad()
    assert "na_orders.na:15:12 in bad" in str(caught.value)


def test_permissions_and_limits(orders: ModuleType) -> None:
    with pytest.raises(UncaughtError) as caught:
        orders.read()
    assert "needs --allow-read" in str(caught.value)
    with pytest.raises(LimitError):
        orders.endless()


@pytest.mark.parametrize(("name", "error"), [("na_wrong", ProgramError), ("na_failing", UncaughtError)])
def test_files_that_cannot_be_imported(orders: ModuleType, name: str, error: type[Exception]) -> None:
    for _ in range(2):  # nothing of it stays
        with pytest.raises(error):
            importlib.import_module(name)


def test_uninstall(orders: ModuleType, tmp_path: Path) -> None:
    loader.uninstall()
    (tmp_path / "na_other.na").write_text("x = 1\n")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("na_other")
    assert orders.RATE == 2


def test_packages_of_python(orders: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "na_package").mkdir()
    (tmp_path / "na_package" / "__init__.py").write_text("")
    (tmp_path / "na_package" / "inner.na").write_text("x = 5\n")
    assert importlib.import_module("na_package.inner").x == 5


def test_names_mean_what_they_mean_at_the_time(orders: ModuleType) -> None:
    orders.step()
    orders.step()
    assert orders.count == 2
    orders.LINES.append("not there")
    assert orders.LINES == [{"n": 1}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("totel", "module 'na_orders' has no attribute 'totel'; did you mean total?"),
        ("_hidden", "module 'na_orders' has no attribute '_hidden'"),
        ("Kind", "module 'na_orders' has no attribute 'Kind'"),
        ("math", "module 'na_orders' has no attribute 'math'"),
        ("len", "module 'na_orders' has no attribute 'len'"),
    ],
)
def test_what_is_no_attribute(orders: ModuleType, name: str, message: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(orders, name)
    assert str(caught.value) == message


def test_functions_that_functions_give(orders: ModuleType) -> None:
    assert orders.adder(1)(2) == 3
    with pytest.raises(UncaughtError):
        orders.adder(1)("x")


def test_from_import(orders: ModuleType) -> None:
    space: dict[str, object] = {}
    exec("from na_orders import RATE, total", space)
    assert space["RATE"] == 2
    with pytest.raises(ImportError):
        exec("from na_orders import nothing", space)
