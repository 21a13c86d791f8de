"""Limits: what stops a run stops it for good, whoever looks away; memory and time; recursion through natives."""

from __future__ import annotations

import subprocess
import sys
import threading
from time import monotonic

import pytest

from dana import DanaError, LimitError, Limits, Session, UncaughtError
from dana.limits import Meter, resident, shown_size
from tests.hosts import Capture


def end_on_a_usual_stack(program: str, limits: str = "") -> list[str]:
    """Code and message of the limit that ends a program in a process of its own, which says nothing else."""
    code = (
        "from dana import Session, LimitError, Limits\n"
        f"try: Session(limits=Limits({limits})).run({program!r})\n"
        "except LimitError as error: print(error.diagnostic.code, error.diagnostic.message, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def stopped(program: str, **limits: float) -> tuple[str, Capture]:
    host = Capture()
    with pytest.raises(LimitError) as caught:
        Session(host, limits=Limits(**limits)).run(program)  # type: ignore[arg-type]
    return caught.value.diagnostic.message, host


GENERATOR = """\
def g():
    try:
        while True:
            yield 1
    finally:
        print("finally")
        for i in range(100):
            print(i)
"""

SWALLOWED = {
    "a suspended generator": GENERATOR + "it = g()\nnext(it)\nwhile True: pass",
    "a generator that is given up": GENERATOR.replace("range(100)", "range(10**9)")
    + "next(g())\nfor i in [1]: print('after')",
    "a limit inside of a generator": "def g():\n    try:\n        while True: pass\n    except BaseException:\n"
    "        print('caught')\n    yield 1\nlist(g())",
    "a manager": "class M:\n    def __enter__(self): pass\n    def __exit__(self, *a):\n        print('exit')\n"
    "        return True\nwith M():\n    while True: pass",
    "a finally that returns": "def f():\n    try:\n        while True: pass\n    finally:\n        return 1\nprint(f())",
    "an error's text": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
    "an error's text in a cause": "class E(Exception):\n    def __str__(self):\n        while True: pass\n"
    "raise ValueError(1) from E()",
}


@pytest.mark.parametrize("program", SWALLOWED.values(), ids=SWALLOWED)
def test_nobody_swallows_a_limit(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    message, host = stopped(program, steps=5_000)
    assert message == "the program took more than 5,000 steps"
    assert "after" not in host.printed
    assert "caught" not in host.printed
    assert "exit" not in host.printed
    assert capsys.readouterr() == ("", "")


def test_what_a_native_loop_of_the_host_swallowed_stops_the_next_step() -> None:
    meter = Meter(Limits(steps=10))
    with pytest.raises(BaseException, match="more than 10 steps"):
        meter.charge(11)
    with pytest.raises(BaseException, match="more than 10 steps"):
        meter.refill()


def test_an_error_in_a_generator_that_is_given_up_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    host = Capture()
    Session(host).run("def g():\n    try:\n        yield 1\n    finally:\n        1 / 0\nnext(g())\nprint('after')")
    assert host.printed == "after\n"
    assert host.logged == ["warning: a generator failed when it was given up: ZeroDivisionError: division by zero"]
    assert capsys.readouterr() == ("", "")


ENDLESS = {
    "in": "class C:\n    def __iter__(self): return iter(range(10**13))\nprint(-1 in C())",
    "star": "class C:\n    def __getitem__(self, i): return i\n[*C()]",
    "keys": "import itertools\nclass C:\n    def keys(self): return itertools.count()\n"
    "    def __getitem__(self, i): return i\nprint({**C()})",
    "update": "import itertools\nd = {}\nd |= ((i, i) for i in itertools.count())",
    "view minus": "print({}.keys() - range(10**13))",
    "view and": "print({}.keys() & range(10**13))",
    "view or": "v = {}.keys()\nv |= range(10**13)",
    "nested star": "[(a, *b)] = [range(10**13)]",
    "star in for": "for a, *b in [range(10**13)]: pass",
    "star in a comprehension": "print([b for a, *b in [range(10**13)]])",
    "star in with": "class C:\n    def __enter__(self): return range(10**13)\n    def __exit__(self, *a): pass\n"
    "with C() as [a, *b]: pass",
    "slice in for": "x = []\nfor x[:] in [range(10**13)]: pass",
    "slice inside": "x = []\nx[:], y = range(10**13), 1",
    "match": "match range(10**13):\n    case [a, *b]:\n        print(a)",
    "repeat by an object": "class C:\n    def __index__(self): return 10**10\n[0] * C()",
    "repeat by an object, too": "class C:\n    def __index__(self): return 10**10\n"
    "    def __rmul__(self, o): return NotImplemented\n[0] * C()",
    "repeat in place": "class C:\n    def __index__(self): return 10**10\nx = [0]\nx *= C()",
    "deque": "import collections\nd = collections.deque([1])\nd *= 10**10",
    "deque and more": "import collections\nd = collections.deque([1])\nd += range(10**13)",
    "power": "x = 3\nwhile True:\n    x = x ** 64",
    "power of a power": "x = 3\nfor i in range(40):\n    x **= 8",
    "shift": "x = 1\nwhile True:\n    x <<= 10000",
    "shift of a truth value": "True << 10**9",
}


@pytest.mark.parametrize("program", ENDLESS.values(), ids=ENDLESS)
def test_operators_and_targets_are_counted(program: str) -> None:
    message, _ = stopped(program, steps=1_000_000)
    assert "limit" in message or "steps" in message


NESTED = {
    "map": "map(abs, x)",
    "zip": "zip(x)",
    "enumerate": "enumerate(x)",
    "filter": "filter(None, x)",
    "accumulate": "itertools.accumulate(x)",
    "chain": "itertools.chain(x)",
    "from_iterable": "itertools.chain.from_iterable(x)",
    "cycle": "itertools.cycle(x)",
    "groupby": "itertools.groupby(x)",
    "islice": "itertools.islice(x, 5)",
    "pairwise": "itertools.pairwise(x)",
    "starmap": "itertools.starmap(max, x)",
    "takewhile": "itertools.takewhile(bool, x)",
    "zip_longest": "itertools.zip_longest(x)",
    "two in turn": "filter(None, map(abs, x))",
    "program": "g(x)",
    "program and library": "g(map(abs, x))",
}


@pytest.mark.parametrize("wrapped", NESTED.values(), ids=NESTED)
def test_iterators_around_iterators(wrapped: str) -> None:
    program = (
        "import itertools\ndef g(inner):\n    yield from inner\nx = iter([1])\n"
        f"for i in range(20_000): x = {wrapped}\nnext(x)"
    )
    _, message = end_on_a_usual_stack(program)
    assert "nested more than 1,000 deep" in message


SHARED = "t = (ValueError,)\nfor i in range(60): t = (t, t)\n"


def test_types_in_shared_tuples_are_looked_at_once() -> None:
    host = Capture()
    Session(host).run(
        SHARED + "try: 1 / 0\nexcept ZeroDivisionError: print('caught')\n"
        "print(isinstance(1, t), issubclass(KeyError, t))\ntry:\n    1 / 0\nexcept t: pass\nexcept ArithmeticError: print(2)"
    )
    assert host.printed == "caught\nFalse False\n2\n"


def test_the_text_of_an_error_is_cut() -> None:
    with pytest.raises(UncaughtError) as caught:
        Session(Capture()).run("raise ValueError('a' * 1_000_000)")
    assert len(str(caught.value)) < 3_000
    assert caught.value.diagnostic.message.endswith("aaa... (1,000,000 characters)")


def test_a_text_of_an_error_that_fails() -> None:
    program = "class E(Exception):\n    def __str__(self): raise GeneratorExit('x')\nraise E()"
    with pytest.raises(UncaughtError, match="E: <its __str__ failed: GeneratorExit>"):
        Session(Capture()).run(program)


def test_flows_inside_of_flows_are_bounded() -> None:
    host = Capture()
    Session(host).run(
        "def f(n):\n    return 1 if n == 0 else sum(parallel(lambda: f(n - 1), lambda: f(n - 1)))\nprint(f(9))"
    )
    assert host.printed == "512\n"


def test_memory() -> None:
    held = resident()
    assert held is not None
    assert held > 1_000_000
    for program in (
        "x = []\nwhile True:\n    x.append('a' * 1000 + str(len(x)))",
        "x = []\nwhile True:\n    x.append([0] * 1_000_000)",
        "x = []\nwhile True:\n    x.append(str(len(x)) * 1_000_000)",
        "x = {}\nwhile True:\n    x[len(x)] = {}",
        "def f(n):\n    return [n] if n == 0 else [f(n - 1), f(n - 1)]\nf(40)",
    ):
        message, _ = stopped(program, memory=200 * 2**20)
        assert message == "the program uses more than 200M of memory"


def test_the_time_is_over_between_two_steps_too() -> None:
    program = "x = 3 ** 60000\nwhile True:\n    pow(x, x % 5000, x + 1)"
    message, _ = stopped(program, seconds=0.3)
    assert message == "the program ran longer than 0.3 s"


def test_a_clock_ends_with_its_run() -> None:
    session = Session(Capture(), limits=Limits(seconds=0.2))
    session.run("x = 1")
    before = monotonic()
    while monotonic() < before + 0.3:
        pass
    session.run("x = 2")


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "BaseException"])
def test_what_ends_the_host_cannot_be_raised(name: str) -> None:
    for program in (
        f"raise {name}()",
        f"raise {name}",
        f"def g():\n    yield 1\ni = g()\nnext(i)\ni.throw({name}())",
        f"class E({name}): pass\nraise E",
    ):
        with pytest.raises(UncaughtError):
            Session(Capture()).run(program)


def test_the_end_of_a_generator_raised_by_a_program_is_its_error() -> None:
    with pytest.raises(UncaughtError, match="GeneratorExit: 5"):
        Session(Capture()).run("raise GeneratorExit(5)")


def test_a_long_chain_of_causes() -> None:
    with pytest.raises(UncaughtError) as caught:
        Session(Capture()).run(
            "e = None\nfor i in range(30000):\n    try:\n        raise KeyError(i) from e\n"
            "    except KeyError as y:\n        e = y\nraise e"
        )
    assert caught.value.diagnostic.message == "KeyError: 29999"
    assert str(caught.value).count("KeyError: ") == 21


def test_libraries_are_whole_for_flows_that_run_at_once() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            Session(Capture()).run("parallel(*[lambda: definition_of_instance for _ in range(8)])")
    finally:
        sys.setswitchinterval(before)


RECURSIONS = {
    "sort": "def f(n):\n    sorted([1, 2], key=lambda x: f(n + 1))\nf(0)",
    "less": "class A:\n    def __lt__(self, o): return sorted([A(), A()])\nA() < A()",
    "order": "import functools\ndef f(a, b):\n    return sorted([1, 2], key=functools.cmp_to_key(f))\nf(1, 2)",
    "generators": "def g(n):\n    yield from g(n + 1)\nlist(g(0))",
    "texts": "class A:\n    def __repr__(self): return repr([self])\nrepr(A())",
    "equality": "class A:\n    def __eq__(self, o): return {1: self} == {1: o}\nA() == A()",
    "hashes": "class A:\n    def __hash__(self): return hash((self,))\nhash(A())",
    "properties": "class A:\n    @property\n    def p(self): return self.p\nA().p",
    "map": "def f(n):\n    return list(map(f, [n + 1]))\nf(0)",
}


@pytest.mark.parametrize("program", RECURSIONS.values(), ids=RECURSIONS)
def test_recursion_through_natives_on_a_usual_stack(program: str) -> None:
    code, _ = end_on_a_usual_stack(program, "depth=1_000_000")
    assert code == "limit"


def test_flows_have_the_stack_of_the_depth_that_is_allowed() -> None:
    program = "def g(n):\n    return sorted([1], key=lambda x: g(n + 1))\nprint(parallel(lambda: g(0), lambda: g(0)))"
    command = [sys.executable, "-m", "dana", "run", "--max-depth", "50000", "-"]
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "nested more than 50,000 deep" in done.stderr) == (4, True)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on address space holds on Linux")
def test_flows_leave_address_space_to_the_interpreter() -> None:
    code = (
        "import resource, threading\n"
        "from dana.limits import room_for_threads\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))\n"
        "stack, count = room_for_threads()\n"
        "assert 0 < stack * count <= 500_000_000, (stack, count)\n"
        "from dana import Session\n"
        "session = Session()\n"
        "session.register('threads', threading.active_count)\n"
        "session.run('def f(n):\\n    wait(0.01)\\n    return threads()\\n"
        "print(max(parallel_map(f, range(500), limit=256)) < 100)')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_stop_reaches_all_flows() -> None:
    session = Session(Capture())
    waiting = threading.Semaphore(0)
    session.register("begun", waiting.release)

    def cancel() -> None:
        for _ in range(3):  # a session that is cancelled before it runs would not know
            waiting.acquire()
        session.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(BaseException, match="interrupted"):
        session.run("def f():\n    begun()\n    while True:\n        pass\nparallel(f, f, f)")


def test_sizes_are_shown_as_people_write_them() -> None:
    assert [shown_size(n) for n in (2**29, 2**31, 1000)] == ["512M", "2G", "1,000 bytes"]


def test_a_nested_call_of_the_host_is_part_of_the_run() -> None:
    session = Session(Capture(), limits=Limits(steps=2_000))
    session.register("again", lambda: session.call("f"))
    with pytest.raises(DanaError, match="more than 2,000 steps"):
        session.run("def f():\n    while True: pass\ntry:\n    again()\nexcept Exception:\n    print('caught')")
