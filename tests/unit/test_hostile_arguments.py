"""Natives under hostile arguments: a value of the domain, an error that a script can catch, or a limit; never more.

The calls are made in a process of their own with little memory, so that one that ends it, or does not end, is a
failure of a test. `python test_hostile_arguments.py FIRST LAST` makes the calls of some targets and tells what is
wrong with them.
"""

from __future__ import annotations

import faulthandler
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType
from typing import Any

import pytest
from dana.stdlib.types import UNLISTED

from dana import Host, Limits, Session, modules
from dana.errors import Stop
from dana.values import NATIVES, TYPES, Class, Module, NativeType, TypeUnion, is_program_function

STEPS = 200_000
SECONDS = 1.5
MEMORY = 3_000_000_000
LIMITS = {"text": 2_000_000, "items": 200_000, "bits": 1_000_000}

OUTSIDE = {"input", "reason", "create_llm_resource", "ReasonError", "create_memory_resource", "api_call", "help"} | {
    "database_operation", "file_operation", "notification", "parallel", "parallel_map", "secret", "ActionError",
}  # fmt: skip
"""What speaks with the world, or waits: tested elsewhere."""

PROGRAM = """
import collections, datetime, decimal, functools, itertools, re
class Liar:
    def __init__(self, name): self.name = name
    def __len__(self): return 10 ** 18
    def __iter__(self): return itertools.count()
    def __index__(self): return 10 ** 18
    def __int__(self): return -1
    def __float__(self): return 1e308
    def __bool__(self): return True
    def __hash__(self): return 1
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __call__(self, *a, **k): return self
    def __getitem__(self, key): return self
    def __contains__(self, item): return True
    def __str__(self): return "s" * 1000
    def __repr__(self): return "r" * 1000
    def __add__(self, other): return self
    def __mul__(self, other): return self
    def __enter__(self): return self
    def __exit__(self, *a): return True
    def keys(self): return itertools.count()
class Wrong:
    def __len__(self): return "long"
    def __iter__(self): return 5
    def __index__(self): return "x"
    def __int__(self): return None
    def __float__(self): return "f"
    def __bool__(self): return "yes"
    def __hash__(self): return "h"
    def __str__(self): return 5
    def __repr__(self): return None
    def __eq__(self, other): return NotImplemented
    def __lt__(self, other): return []
    def __format__(self, spec): return 5
    def keys(self): return 5
class Raiser:
    def __len__(self): raise KeyError("len")
    def __iter__(self): raise ValueError("iter")
    def __index__(self): raise OSError("index")
    def __bool__(self): raise IndexError("bool")
    def __hash__(self): raise StopIteration("hash")
    def __eq__(self, other): raise LookupError("eq")
    def __lt__(self, other): raise TypeError("lt")
    def __str__(self): raise GeneratorExit("str")
    def __repr__(self): raise ArithmeticError("repr")
    def __call__(self, *a, **k): raise StopIteration("call")
    def __getitem__(self, key): raise TypeError("item")
class Deep:
    def __len__(self): return len(self)
    def __iter__(self): return iter(self)
    def __index__(self): return int(self)
    def __bool__(self): return bool(self)
    def __hash__(self): return hash(self)
    def __eq__(self, other): return self == other
    def __lt__(self, other): return self < other
    def __str__(self): return str(self)
    def __repr__(self): return repr(self)
    def __call__(self, *a, **k): return self(*a, **k)
class Changer:
    def __init__(self, victim): self.victim = victim
    def change(self):
        v = self.victim
        if isinstance(v, dict): v[len(v)] = self; v.pop(next(iter(v)), None)
        elif isinstance(v, set): v.clear()
        elif len(v) < 50: v.append(self); v.append(1)
        else: v.clear()
    def __eq__(self, other): self.change(); return False
    def __lt__(self, other): self.change(); return True
    def __hash__(self): return 5
    def __call__(self, *a, **k): self.change(); return 1
    def __repr__(self): self.change(); return "c"
    def __index__(self): self.change(); return 1
    def __iter__(self):
        self.change()
        yield self
        self.change()
def endless():
    while True:
        yield 1
def endless_texts():
    while True:
        yield "ab"
def endless_pairs():
    i = 0
    while True:
        i += 1
        yield i, i
def fails(*a, **k): raise ValueError("fails")
def same(*a, **k): return a[0] if a else none
def loops(*a, **k):
    while true: pass
def nested(n, make):
    x = make()
    for i in range(n):
        x = [x]
    return x
def cyclic():
    x = [1]
    x.append(x)
    return x
def cyclic_dict():
    x = {"a": 1}
    x["x"] = [x]
    return x
def shared():
    x = [1]
    for i in range(40):
        x = [x, x]
    return x
def changing():
    v = [3, 2]
    v.insert(1, Changer(v))
    v.append(Changer(v))
    return v
def changing_dict():
    v = {1: 2}
    v[5] = Changer(v)
    v[Changer(v)] = 1
    return v
def changing_set():
    v = {1, 2}
    v.add(Changer(v))
    return v
def changing_deque():
    v = collections.deque([1, 2])
    v.append(Changer(v))
    return v
makers = {
    "none": lambda: none, "true": lambda: True, "0": lambda: 0, "1": lambda: 1, "-1": lambda: -1, "3": lambda: 3,
    "big": lambda: 10 ** 18, "2**70": lambda: 2 ** 70, "-2**70": lambda: -(2 ** 70), "2**31": lambda: 2 ** 31,
    "many bits": lambda: (1 << 999_990) + 1, "1.5": lambda: 1.5, "nan": lambda: float("nan"), "inf": lambda: float("inf"),
    "-inf": lambda: float("-inf"), "1e308": lambda: 1e308, "complex": lambda: 1j, "empty": lambda: "", "a": lambda: "a",
    "utf-8": lambda: "utf-8", "text": lambda: "a,b c\\n1 {x} %s $y \\t\\u00e9" * 3, "surrogate": lambda: "\\ud800x", "nul": lambda: "a\\0b",
    "long": lambda: "ab,\\n" * 250_000, "digits": lambda: "9" * 5_000, "percent": lambda: "%999999999d", "braces": lambda: "{:>99999999}{0.__class__}",
    "brackets": lambda: "[" * 100_000, "b''": lambda: b"", "bytes": lambda: bytes(range(256)), "long bytes": lambda: b"a\\n" * 500_000,
    "[]": lambda: [], "list": lambda: [3, 1, 2], "texts": lambda: ["b", "a"], "mixed": lambda: [1, "a", none, 2.5, [], {}],
    "long list": lambda: list(range(50_000)), "bits list": lambda: [1 << 900_000] * 50, "floats": lambda: [1.0, float("nan"), float("inf")], "pairs": lambda: [("a", 1), ("b", 2)],
    "()": lambda: (), "tuple": lambda: (1, 2), "dict": lambda: {"a": 1, 2: [3]}, "set": lambda: {1, 2, 3}, "frozenset": lambda: frozenset("ab"),
    "range": lambda: range(10 ** 18), "huge range": lambda: range(-(2 ** 80), 2 ** 80), "small range": lambda: range(5), "slice": lambda: slice(1, 2 ** 70, -1),
    "cyclic": cyclic, "cyclic dict": cyclic_dict, "shared": shared, "deep": lambda: nested(3_000, list),
    "changing": changing, "changing dict": changing_dict, "changing set": changing_set, "changing deque": changing_deque,
    "endless": endless, "endless texts": endless_texts, "endless pairs": endless_pairs, "count": lambda: itertools.count(), "repeat": lambda: itertools.repeat("x"),
    "chain": lambda: itertools.chain.from_iterable(itertools.repeat([])), "iter": lambda: iter([1, 2]), "iter int": lambda: iter(int, 1), "map": lambda: map(same, endless()),
    "liar": lambda: Liar("x"), "wrong": lambda: Wrong(), "raiser": lambda: Raiser(), "recursing": lambda: Deep(),
    "changer": lambda: Changer([1, 2]), "fails": lambda: fails, "same": lambda: same, "loops": lambda: loops, "len": lambda: len, "print": lambda: print,
    "class": lambda: Liar, "type": lambda: list, "error": lambda: ValueError("x"), "error type": lambda: ValueError, "module": lambda: itertools,
    "ellipsis": lambda: ..., "decimal": lambda: decimal.Decimal("1e99999"), "decimal nan": lambda: decimal.Decimal("sNaN"), "date": lambda: datetime.date.max,
    "time": lambda: datetime.datetime.min, "delta": lambda: datetime.timedelta.max, "pattern": lambda: re.compile("(a|a)*$"), "match": lambda: re.search("(a)|b", "b"),
    "counter": lambda: collections.Counter("aab"), "default": lambda: collections.defaultdict(fails), "ordered": lambda: collections.OrderedDict(a=1),
    "deque": lambda: collections.deque([1, 2], maxlen=3), "record": lambda: collections.namedtuple("R", "x y")(1, 2), "partial": lambda: functools.partial(same, 1),
    "cached": lambda: functools.lru_cache(same), "keys": lambda: {"a": 1}.keys(), "items": lambda: {"a": 1}.items(), "values": lambda: {"a": 1}.values(),
}
"""

JARGON = re.compile(r"dana\.|stdlib|<lambda>|_found|Meter|_counted|SRE|bad argument|_thread|<[^>]* at 0x")
"""What belongs to the host alone."""


class Silent(Host):
    """Has no effects."""

    def write(self, text: str) -> None:
        pass

    def write_log(self, line: str) -> None:
        pass

    def sleep(self, seconds: float) -> None:
        pass

    def read_line(self, prompt: str) -> str:
        return ""


def targets() -> list[tuple[str, Any, bool]]:
    """Everything public that can be called: its name, itself, and whether its first argument is a value of its type."""
    found: dict[str, tuple[Any, bool]] = {}
    types: list[NativeType] = list(dict.fromkeys([*TYPES.values(), *UNLISTED.values()]))
    for name in [*modules.module_names(), "core", *dict.fromkeys(modules._standard.GLOBALS.values())]:
        for member, value in modules.library(name).members.items():
            if member in OUTSIDE:
                continue
            if isinstance(value, NativeType):
                types.append(value)
            elif callable(value):
                found[f"{name}.{member}"] = value, False
    types += [native for native in TYPES.values() if native not in types]
    for native in dict.fromkeys(types):
        if native.construct is not None:
            found[f"{native.name}()"] = native, False
        for member, value in native.statics.items():
            if callable(value):
                found[f"{native.name}.{member}"] = value, False
        for member in native.methods:
            found[f"{native.name}:{member}"] = (native, member), True
    return [(name, *target) for name, target in sorted(found.items())]


def arguments(chance: random.Random, names: list[str], own: list[str]) -> Iterator[list[str]]:
    """The names of values to call a target with; `own` are those for its first argument."""
    yield own[:1]
    for name in names:
        yield [*own[:1], name]
    for self in own:
        yield [self]
    for self in names[:: 9 if own else 1000]:
        yield [self, "1"]
    for count, size in ((30, 2), (20, 3), (6, 4)):
        for _ in range(count):
            yield [*([chance.choice(own)] if own else []), *chance.choices(names, k=size)]


def wrong_with(value: Any, depth: int = 0) -> str | None:
    """What is not of the domain about a value."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset, dict) and depth < 4:
        for _, item in zip(range(20), [*value.items()] if kind is dict and len(value) < 100 else value, strict=False):
            if wrong := wrong_with(item, depth + 1):
                return wrong
        return None
    if (
        kind in TYPES
        or kind.__class__ is Class
        or isinstance(value, (Class, BaseException, NativeType, Module, TypeUnion))
    ):
        return None
    if kind in (FunctionType, BuiltinFunctionType) or kind in UNLISTED:
        if kind in (MethodType, super) or is_program_function(value) or id(value) in NATIVES:
            return None
        if isinstance(value, type) and issubclass(value, BaseException):
            return None
        if kind is FunctionType or kind.__name__ in ("builtin_function_or_method", "method_descriptor"):
            return (
                None
                if id(value) in NATIVES
                else f"a function that is no native: {getattr(value, '__qualname__', value)}"
            )
    if kind is GeneratorType:
        return None
    return f"a {kind.__module__}.{kind.__qualname__} came out"


def calls(first: int, last: int) -> None:
    """Make the calls of some targets; print what is wrong, one line each."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    session = Session(Silent(), limits=Limits(**LIMITS))
    session.run(PROGRAM)
    with session._running():
        makers = session.variables["makers"]
        names = list(makers)
        values = {name: makers[name]() for name in names}
    meter = session.meter
    for number, (name, target, is_method) in enumerate(targets()):
        if not first <= number < last:
            continue
        own: list[str] = []
        if is_method:
            native, member = target
            hosts = native.host if isinstance(native.host, tuple) else (native.host,)
            own = [n for n in names if type(values[n]) in hosts] or ["1"]
            target = native.methods[member]
        shown: set[str] = set()
        for given in arguments(random.Random(name), names, own):
            label = f"{name}({', '.join(given)})"
            print(label, file=sys.stderr, flush=True)
            faulthandler.dump_traceback_later(30, exit=True)
            problem = attempt(session, target, given, makers, meter)
            if problem and problem.partition(":")[0] not in shown:
                shown.add(problem.partition(":")[0])
                print(f"{label}: {problem}", flush=True)
        faulthandler.cancel_dump_traceback_later()


def attempt(session: Session, target: Callable[..., Any], given: list[str], makers: Any, meter: Any) -> str | None:
    """What is wrong with one call."""
    meter.limits.steps = None
    wrong, spent = None, 0.0
    try:
        with session._running():
            made = [makers[name]() for name in given]
            meter.limits.steps = meter.steps + STEPS
            before = time.process_time()
            try:
                result = target(*made)
                wrong = wrong_with(result)
                if type(result) in TYPES and hasattr(type(result), "__next__"):
                    for _, item in zip(range(3), meter.items(result), strict=False):
                        wrong = wrong or wrong_with(item)
            finally:
                spent = time.process_time() - before
    except (Stop, RecursionError):
        pass
    except (MemoryError, SystemError, AssertionError) as error:
        wrong = f"{type(error).__name__}: {error}"
    except (Exception, GeneratorExit) as error:
        found = JARGON.search(_shown(error))
        wrong = found and f"jargon: {_shown(error)[:200]}"
    return wrong or (f"time: {spent:.1f} s" if spent > SECONDS else None)


def _shown(error: BaseException) -> str:
    """The message of an error; none when a program's own text of it fails."""
    try:
        return str(error)
    except Exception:
        return ""


PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_arguments(part: int) -> None:
    size = len(targets()) // PARTS + 1
    done = subprocess.run(
        [sys.executable, __file__, str(part * size), str((part + 1) * size)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    last_call = [line for line in done.stderr.splitlines() if line][-30:] if done.returncode else []
    assert (done.returncode, done.stdout, last_call) == (0, "", [])


if __name__ == "__main__":
    calls(int(sys.argv[1]), int(sys.argv[2]))
