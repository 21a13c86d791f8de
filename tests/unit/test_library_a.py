"""The libraries of numbers, texts of data, time and chance: equal to CPython's, and within the limits."""

from __future__ import annotations

import datetime as host_datetime
import doctest
import json as host_json
import math as host_math
import random as host_random
import re as host_re
import threading
import time as host_time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest

from dana import Host, LimitError, Limits, Session, UncaughtError
from dana.errors import Interrupted
from dana.formatting import represent
from dana.values import METHODS, TYPES, NativeType

NAMES = "datetime decimal json log math random re statistics time uuid".split()
LIBRARIES = {name: import_module(f"dana.stdlib.{name}").library for name in NAMES}
IMPORTS = "import datetime, decimal, json, math, random, re, statistics, time, uuid"
UTC = host_datetime.UTC


class Desk(Host):
    """Keeps what is printed and logged; its clock goes only while it sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.printed = ""
        self.logged: list[str] = []
        self.slept: list[float] = []
        self.elapsed = 0.0
        self.start = host_datetime.datetime(2026, 5, 1, 12, 0, 0, 123_456, UTC)

    def write(self, text: str) -> None:
        self.printed += text

    def write_log(self, line: str) -> None:
        self.logged.append(line)

    def now(self) -> host_datetime.datetime:
        return self.start + host_datetime.timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return 1000 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def session(desk: Desk) -> Session:
    made = Session(desk, limits=Limits(steps=500_000))
    made.run(IMPORTS)
    return made


def evaluated(session: Session, text: str) -> Any:
    """What the last line of a program gives, or the error as text."""
    try:
        return session.evaluate(text)
    except UncaughtError as error:
        caught = error.exception
        assert caught.__context__ is None or caught.__suppress_context__, text
        return f"{type(caught).__name__}: {caught}"


def evaluated_by_host(text: str) -> Any:
    *before, last = text.split("; ")
    scope: dict[str, Any] = {}
    exec(IMPORTS, scope)
    try:
        exec("\n".join(before), scope)
        return eval(last, scope)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def lines(*tables: str) -> list[str]:
    return [line for table in tables for line in table.strip().splitlines()]


SAME_AS_HOST = lines(
    """
[math.factorial(n) for n in range(10)]
math.factorial(200)
math.factorial(-1)
math.factorial(2.5)
math.factorial(True)
[math.comb(7, k) for k in range(9)]
math.comb(100, 30)
math.comb(3, -1)
math.comb(-3, 1)
math.comb(10**400, 3)
[math.perm(6, k) for k in range(8)]
math.perm(5)
math.perm(-1)
math.perm(10**100, 5)
math.gcd()
math.gcd(12, -18, 27)
math.gcd(1.5)
math.lcm()
math.lcm(4, -6, 10)
math.lcm(3, 0)
math.lcm("a")
math.isqrt(10**40 + 5)
math.isqrt(-1)
math.isqrt("a")
math.prod([])
math.prod([1.5, 2], start=4)
math.prod([2] * 300)
math.prod([[1], 2])
math.fsum([0.1] * 10)
math.fsum(range(100))
math.fsum([math.inf, -math.inf])
math.dist([1, 2, 3], (4, 6, 3))
math.dist([1], [1, 2])
math.hypot(3, 4, 12)
math.log(8, 2)
math.log(10**5000)
math.log(0)
math.sqrt(-1)
math.sqrt("a")
math.sqrt()
math.floor(-2.5), math.ceil(-2.5), math.trunc(-2.5)
math.floor(math.inf)
math.exp(1000)
math.isclose(1, 1.1, rel_tol=0.2), math.isclose(1, 2, abs_tol=-1)
math.frexp(8), math.modf(-2.5), math.ldexp(1, 10), math.nextafter(1, 2), math.ulp(1)
math.pow(2, 0.5), math.pow(0, -1)
""",
    """
json.dumps({"a": 1, "b": [1, 2.5, None, True, False], "c": {"d": "é\\n\\"q\\""}})
json.dumps("é\\u2028\\U0001F600", ensure_ascii=False)
json.dumps("\\x00\\x7f\\ud800")
json.dumps({1: "int", True: "bool", None: "none", 2.5: "float", "s": ()})
json.dumps({"b": 1, "a": {"d": 1, "c": 2}}, sort_keys=True)
json.dumps({"a": [1, {"b": 2}], "e": [], "f": {}}, indent=2)
json.dumps([1, [2, []]], indent="--")
json.dumps([1, [2]], indent=0)
json.dumps([1, [2]], indent=-3)
json.dumps({"a": [1, 2]}, separators=(",", ":"))
json.dumps({"a": [1, 2]}, separators=(" , ", " : "), indent=1)
json.dumps([1e20, -0.0, 1e-7, 10**25, math.inf, -math.inf, math.nan])
json.dumps({(1, 2): 3, "a": 1}, skipkeys=True)
json.dumps({(1, 2): 3})
json.dumps({1, 2})
json.dumps(b"a")
json.dumps({3, 1}, default=sorted)
json.dumps([{1}, [{2}]], default=list, indent=1)
json.dumps({"b": 1, 2: 3}, sort_keys=True)
json.dumps([1], separators=5)
a = []; a.append(a); json.dumps(a)
a = {}; a["x"] = [a]; json.dumps(a)
b = [1]; json.dumps([b, b, {"x": b}])
json.dumps({1}, default=lambda value: value)
json.dumps(datetime.datetime(2026, 5, 1), default=str)
json.dumps(decimal.Decimal("1.5"))
json.loads('{"a": [1, 2.0, -3e2, true, false, null], "a": {"c": "\\\\u00e9\\\\n"}}')
json.loads(' [ ] ') + json.loads('[Infinity, -Infinity, 12345678901234567890]')
json.loads(b'{"x": 1}'), json.loads('"x"'.encode("utf-16"))
json.loads('[1.5, 2, NaN]', parse_float=str, parse_int=float, parse_constant=len)
json.loads('{"x": {"y": 2}}', object_hook=lambda d: sorted(d))
json.loads('{"x": {"y": 2}, "x": 1}', object_pairs_hook=list)
json.loads("[" * 200 + "]" * 200)
json.loads('"' + "[" * 500 + '\\\\"' + "{" * 500 + '"')
json.loads(5)
json.loads("")
json.loads("[1,]")
json.loads("{'a': 1}")
json.loads('{"a": 1,\\n "b": oops}')
json.loads('"unterminated')
json.loads("[1] extra")
json.loads("\\ufeff1")
json.loads(b"\\xff")
""",
    """
random.seed(7); [random.random(), random.uniform(1, 2), random.randint(1, 6), random.randrange(10)]
random.seed("text"); [random.randrange(0, 100, 7), random.choice("abc"), random.getrandbits(100)]
random.seed(1.5); [random.choices([1, 2, 3], k=5), random.choices("ab", [1, 3], k=5), random.randbytes(5)]
random.seed(b"x"); [random.choices("ab", cum_weights=[1, 3], k=5), random.sample(range(10**12), 4)]
random.seed(2); [random.sample([1, 2, 3, 4], 3), random.sample("ab", 3, counts=[2, 2]), random.gauss(), random.gauss(1, 2)]
random.seed(3); [random.normalvariate(1, 2), random.expovariate(2), random.betavariate(1, 2), random.triangular(1, 5, 2)]
random.seed(4); [random.gammavariate(0.5, 1), random.gammavariate(1, 1), random.lognormvariate(0, 1)]
random.seed(5); [random.paretovariate(2), random.weibullvariate(1, 2), random.vonmisesvariate(0, 4), random.triangular()]
random.seed(6); x = list(range(20)); random.shuffle(x); x
random.seed([])
random.choice([])
random.choice({"a": 1})
random.randint(2, 1)
random.randrange(5, 5)
random.randrange(1, 5, 0)
random.sample({1}, 1)
random.sample([1], 2)
random.sample([1], -1)
random.choices([1], [1], cum_weights=[1])
random.choices([1, 2], [1])
random.choices([1, 2], [0, 0])
random.choices([1, 2], 5)
random.shuffle("ab")
random.shuffle((1, 2))
random.getrandbits(-1)
random.expovariate(0)
random.gammavariate(-1, 1)
""",
    """
re.match(r"(\\w+) (\\w+)", "hello big world").groups()
re.search("a", "xyz")
re.fullmatch(r"\\d+", "123").span(), re.fullmatch(r"\\d+", "123x")
m = re.search(r"(?P<y>\\d{4})-(?P<m>\\d\\d)(x)?", "on 2024-03-09"); [m.groupdict(), m["y"], m[2], m.group(1, "m"), m.groups(0)]
m = re.search(r"(?P<y>\\d{4})", "on 2024"); [m.start("y"), m.end(), m.span(1), m.lastindex, m.lastgroup, m.string, m.pos, m.endpos]
m = re.search(r"(a)(b)?", "ab"); [m.expand(r"\\2\\1 \\g<1>"), m.re.pattern, m.re.groups]
re.findall(r"(\\w)=(\\d)", "a=1 b=2"), re.findall("", "ab"), re.findall(b"a", b"aa")
[(m.group(), m.start()) for m in re.finditer(r"\\w+", "ab c")]
re.split(r",\\s*", "a, b,c", 1), re.split(r"(\\d)", "a1b2c"), re.split("x*", "axbc")
re.sub("a", "b", "aaa", 2), re.sub("a", "b", "aaa", count=1), re.sub("", "-", "abc"), re.subn("a", "", "aba")
re.sub(r"(a)(b)?", r"[\\1|\\2]", "abac"), re.sub(r"(?P<a>\\d)", r"<\\g<a>>", "x5"), re.sub("a", r"\\\\n", "bab")
re.sub(r"\\d+", lambda m: str(int(m[0]) * 2), "3 and 10"), re.sub("a", lambda m: None, "bab")
re.sub("a", r"\\2", "bab")
re.findall("A", "aA", re.I), re.findall("^x", "x\\nx", re.M), re.findall("a.b", "a\\nb", re.S | re.I)
re.findall("a # x", "a", re.X), re.findall(r"\\w", "é", re.A), re.findall(r"\\w", "é", re.U), re.findall("(?i)a", "A")
p = re.compile(r"(?P<w>\\w)(\\d)", re.I); [p.pattern, p.flags, p.groups, dict(p.groupindex), p.match("a1").groups(), p == re.compile(p)]
p = re.compile("a"); [p.findall("aaa", 1), p.search("aaa", 1, 2).span(), p.match("ba", pos=1) is None, p.split("bab", maxsplit=1)]
p = re.compile("a"); [p.sub("b", "aa", 1), p.subn("b", "aa"), p.fullmatch("a").span(), [m.start() for m in p.finditer("aa")]]
re.escape("a.b*c[d] \\n"), re.escape(b"1+1")
re.compile("(unclosed")
re.compile("a**")
re.compile(5)
re.compile(re.compile("a"), re.I)
re.search("a", 5)
re.search("a", b"a")
re.search("(a)", "a").group(5)
re.search("(?P<x>a)", "a")["y"]
repr(re.search("a+", "caat")), repr(re.compile("a", re.I))
""",
    """
datetime.datetime(2024, 3, 9, 14, 5, 7, 120, tzinfo=datetime.timezone.utc)
datetime.datetime(2024, 13, 1)
datetime.datetime(2024, 1, 1, 25)
datetime.datetime(2024, 1, 1).replace(day=31, fold=1), datetime.datetime(2024, 1, 1).fold
datetime.datetime(2024, 1, 1) + datetime.timedelta(days=31, hours=5) - datetime.timedelta(minutes=1)
datetime.datetime(2024, 3, 1) - datetime.datetime(2024, 2, 1, 12)
datetime.datetime(2024, 1, 1) - datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
datetime.datetime(2024, 1, 1) < datetime.datetime(2024, 1, 2), datetime.datetime(2024, 1, 1) == datetime.date(2024, 1, 1)
datetime.datetime(2024, 1, 1, 12, 30).isoformat(sep=" ", timespec="minutes"), datetime.datetime(2024, 1, 1).ctime()
datetime.datetime(2024, 1, 1, 12, 30).strftime("%d/%m/%y %H:%M %A %j"), datetime.date(2024, 1, 1).strftime("%B")
datetime.datetime(2024, 1, 1, 12, 30).date(), datetime.datetime(2024, 1, 1, 12, 30).time(), datetime.time(5).strftime("%H")
datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc).astimezone(datetime.timezone(datetime.timedelta(hours=2)))
datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC).utcoffset(), datetime.datetime(2024, 1, 1).tzname()
datetime.datetime.fromisoformat("2024-01-02T03:04:05+02:00"), datetime.datetime.fromisoformat("20240102")
datetime.datetime.fromisoformat("nope")
datetime.datetime.fromisoformat(5)
datetime.datetime.strptime("09/03/24 14:05", "%d/%m/%y %H:%M"), datetime.datetime.strptime("2024 +0100", "%Y %z")
datetime.datetime.strptime("x", "%Y")
datetime.datetime.strptime("x", "%!")
datetime.datetime.strptime(5, "%Y")
datetime.datetime.combine(datetime.date(2024, 1, 1), datetime.time(9, tzinfo=datetime.timezone.utc))
datetime.datetime.combine(datetime.date(2024, 1, 1), datetime.time(9), tzinfo=datetime.timezone.utc)
datetime.datetime.fromtimestamp(0, datetime.timezone.utc), datetime.datetime.fromtimestamp(1.5, tz=datetime.timezone.utc)
datetime.datetime.fromtimestamp(1e30, datetime.timezone.utc)
datetime.datetime.fromordinal(738000), datetime.datetime.fromisocalendar(2026, 1, 1), datetime.datetime.min
datetime.datetime.fromtimestamp(0, 5)
datetime.date(2024, 2, 29).isocalendar(), datetime.date(2024, 2, 29).isocalendar().week, datetime.date(2024, 2, 29)
datetime.date(2024, 2, 29).timetuple(), datetime.date(2024, 2, 29).timetuple().tm_yday
datetime.date(2024, 2, 29).weekday(), datetime.date(2024, 2, 29).isoweekday(), datetime.date(2024, 2, 29).toordinal()
datetime.date(2023, 2, 29)
datetime.date.fromisoformat("2024-12-25"), datetime.date.fromordinal(5), datetime.date.fromisocalendar(2024, 1, 1)
datetime.date.max, datetime.date.resolution, datetime.date.max + datetime.timedelta(1)
datetime.time(9, 30) < datetime.time(10), datetime.time.fromisoformat("09:30:05.5"), datetime.time(1, 2).replace(hour=5)
datetime.time(25)
datetime.timedelta(days=1, hours=2, minutes=3, seconds=4.5, milliseconds=1, microseconds=2, weeks=1)
[datetime.timedelta(1) / 2, datetime.timedelta(7) // datetime.timedelta(2), -datetime.timedelta(1), abs(datetime.timedelta(-1))]
[datetime.timedelta(hours=36).days, datetime.timedelta(hours=36).seconds, datetime.timedelta(hours=36).total_seconds()]
datetime.timedelta.max, datetime.timedelta.max * 2
datetime.timedelta(days=10**100)
datetime.timedelta("a")
datetime.timezone(datetime.timedelta(hours=5, minutes=30), "IST"), str(datetime.timezone.utc), datetime.timezone.max
datetime.timezone(datetime.timedelta(days=2))
datetime.timezone.utc.utcoffset(None), datetime.timezone.utc.tzname(None), datetime.UTC is datetime.timezone.utc
hash(datetime.date(2024, 1, 1)) == hash(datetime.date(2024, 1, 1)), datetime.MINYEAR, datetime.MAXYEAR
""",
    """
statistics.mean([1, 2, 3, 4]), statistics.mean([1, 2]), statistics.mean([0.1] * 3), statistics.mean([1, 3])
statistics.mean([decimal.Decimal("0.5"), decimal.Decimal("0.75")]), statistics.mean(range(5)), statistics.mean([True, False])
statistics.mean([])
statistics.mean(["a"])
statistics.fmean([1, 2, 4]), statistics.fmean([10, 20], weights=[3, 1]), statistics.fmean([1, 2], [1, 1])
statistics.fmean([])
statistics.geometric_mean([54, 24, 36]), statistics.geometric_mean([0, 1])
statistics.harmonic_mean([40, 60]), statistics.harmonic_mean([40, 60], weights=[5, 30])
statistics.harmonic_mean([-1])
statistics.median([5, 1, 3]), statistics.median([1, 2]), statistics.median(["b", "a", "c"])
statistics.median_low([1, 2]), statistics.median_high([1, 2])
statistics.median([])
statistics.mode("banana"), statistics.mode([1, "a", "a"]), statistics.multimode([1, 1, 2, 2, 3])
statistics.mode([])
statistics.stdev([1.5, 2.5, 2.75]), statistics.pstdev([1, 2, 4]), statistics.variance([2, 4, 9]), statistics.pvariance([2, 4, 9])
statistics.stdev([1, 2, 4], 2), statistics.variance([1, 2, 4], xbar=2), statistics.pvariance([1, 2], mu=1.5)
statistics.stdev([1])
statistics.quantiles([1, 2, 3, 4, 5]), statistics.quantiles(range(11), n=10), statistics.quantiles([1, 2, 3], method="inclusive")
statistics.quantiles([1, 2], n=0)
statistics.quantiles([1, 2], method="x")
statistics.correlation([1, 2, 3], [7, 4, 2]), statistics.covariance([1, 2, 3], [1, 4, 7])
statistics.correlation([1, 1], [1, 2])
statistics.linear_regression([1, 2, 3], [3, 5, 7]), statistics.linear_regression([1, 2], [3, 5], proportional=True).slope
statistics.linear_regression([1, 1], [1, 2])
""",
    """
uuid.UUID("12345678123456781234567812345678"), uuid.UUID("{12345678-1234-5678-1234-567812345678}").hex
uuid.UUID("urn:uuid:12345678-1234-5678-1234-567812345678").urn, uuid.UUID(int=5).int, uuid.UUID(bytes=bytes(16)).bytes
uuid.UUID("nope")
uuid.UUID()
uuid.UUID(int=-1)
uuid.UUID(int=1, version=4).version, uuid.UUID(int=1).fields, uuid.UUID(int=1).variant, uuid.UUID(int=9).node
uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), uuid.uuid3(uuid.NAMESPACE_URL, "http://example.org")
str(uuid.UUID(int=5)), uuid.UUID(int=5) < uuid.UUID(int=6), uuid.UUID(int=5) == uuid.UUID(int=5), {uuid.UUID(int=5): 1}
""",
    """
decimal.Decimal("0.1") + decimal.Decimal("0.2"), decimal.Decimal(1) / 3, decimal.Decimal(2).sqrt(), decimal.Decimal(2) ** 100
decimal.Decimal("1.10"), decimal.Decimal(0.5), decimal.Decimal((1, (1, 2), -1)), decimal.Decimal(), decimal.Decimal(value=3)
decimal.Decimal(1) / 0
decimal.Decimal(0) / 0
decimal.Decimal([])
decimal.Decimal("1") + 0.5
decimal.Decimal("2.675").quantize(decimal.Decimal("0.01")), decimal.Decimal("2.675").quantize(decimal.Decimal("0.01"), rounding=decimal.ROUND_DOWN)
decimal.Decimal("1.500").normalize(), decimal.Decimal("3.7").to_integral_value(), decimal.Decimal("-5").copy_abs()
decimal.Decimal("1.23").as_tuple(), decimal.Decimal("1.23").as_tuple().digits, decimal.Decimal("1E2").adjusted()
decimal.Decimal("1.5").as_integer_ratio(), decimal.Decimal.from_float(0.1), decimal.Decimal("NaN").is_nan()
decimal.Decimal(1).exp(), decimal.Decimal(10).ln(), decimal.Decimal(10).log10(), decimal.Decimal(7).remainder_near(4)
decimal.Decimal(1).compare(decimal.Decimal(2)), decimal.Decimal(3).max(5), decimal.Decimal(2).fma(3, 4), decimal.Decimal("1.5e5").to_eng_string()
max(decimal.Decimal(1), decimal.Decimal(2)), sum([decimal.Decimal(1)] * 3), round(decimal.Decimal("2.675"), 2), int(decimal.Decimal("3.9"))
[decimal.ROUND_CEILING, decimal.ROUND_05UP, decimal.ROUND_HALF_UP, decimal.getcontext().prec, decimal.getcontext().rounding]
""",
    """
time.gmtime(0), time.gmtime(1e9).tm_hour, time.strftime("%d.%m.%Y %H:%M", time.gmtime(0)), time.strftime("%Y", (2024,) + (1,) * 8)
time.strftime("%Y", 5)
time.strftime(5)
time.sleep(-1)
time.sleep("a")
""",
)


@pytest.mark.parametrize("text", SAME_AS_HOST)
def test_same_as_host(session: Session, text: str) -> None:
    expected = evaluated_by_host(text)
    value = evaluated(session, text.replace("; ", "\n"))
    assert (repr(value), type(value)) == (repr(expected), type(expected))


EXAMPLES = [
    (library.name, name, doc) for library in LIBRARIES.values() for name, doc in (
        *((name, library.docs.get(name) or getattr(member, "doc", None) or member.__doc__) for name, member in library.members.items()),
        *((f"{name}.{static}", function.__doc__) for name, member in library.members.items() if type(member) is NativeType
          for static, function in member.statics.items() if callable(function)),
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("library", "name", "doc"), EXAMPLES, ids=[f"{library}.{name}" for library, name, _ in EXAMPLES]
)
def test_examples(session: Session, desk: Desk, library: str, name: str, doc: str) -> None:
    examples = doctest.DocTestParser().get_examples(doc)
    assert examples, f"{library}.{name} has no example"
    for example in examples:
        desk.printed = ""
        value = session.evaluate(example.source)
        shown = "" if value is None else represent(value) + "\n"
        assert desk.printed + shown == example.want, example.source


def test_all_of_the_hosts_mathematics() -> None:
    assert {name for name in vars(host_math) if not name.startswith("_")} <= set(LIBRARIES["math"].members) | {
        "sumprod",
        "fma",
    }


TOO_MUCH = lines(
    """
math.factorial(10**7)
math.factorial(10**400)
math.factorial(10**5000)
math.comb(10**7, 5 * 10**6)
math.comb(10**400, 10**399)
math.comb(10**5000, 10**4999)
math.perm(10**7)
math.perm(10**9, 10**6)
math.perm(10**400, 10**4)
math.prod(range(1, 10**13))
math.prod([[1], 10**12])
math.prod(["a", 10**12])
math.prod(iter(int, 1))
math.fsum(iter(int, 1))
math.fsum(range(10**13))
math.dist(iter(int, 1), [1])
math.lcm(*(2**100 + n for n in range(1, 30000, 2)))
[math.gcd(3**600000, 5**400000) for i in range(100)]
json.loads("[" + "1," * 10**7 + "1]")
x = []; [x := [x, x] for i in range(100)]; json.dumps(x)
x = []; [x := [x] for i in range(300)]; json.dumps(x)
json.dumps([[1]], indent=10**12)
json.dumps([[1]] * 9, indent=" " * 10**7)
json.dumps({1}, default=lambda value: [{1}])
json.dumps("\\0" * 2 * 10**7)
json.dumps([0] * 3 * 10**6)
random.getrandbits(10**10)
random.randbytes(10**10)
random.choices([1], k=10**10)
random.choices([1, 2], iter(lambda: 1, 0))
random.sample(range(10**12), 10**10)
random.sample([1], 1, counts=iter(lambda: 1, 0))
random.shuffle([0] * 3 * 10**6)
statistics.mean(iter(int, 1))
statistics.mean(range(10**13))
statistics.mode(iter(int, 1))
statistics.quantiles([1, 2], n=10**10)
statistics.variance([3**600000] * 100)
statistics.pvariance([decimal.Decimal(1).scaleb(-n) for n in range(90_000, 99_000)])
re.search("(a)*", "a" * 6 * 10**6)
re.compile("(?:(?:a{100}){100}){100}")
re.compile("(" * 101 + "a" + ")" * 101)
re.search("(a|a)*$", "a" * 60 + "!")
re.compile("a" * 20_000)
re.sub("", "a" * 10**5, "a" * 10**5)
re.sub("(a+)b?", r"\\1" * 1000, "a" * 10**5)
re.sub("a", lambda m: "a" * 10**5, "a" * 10**5)
re.match("(a+)", "a" * 10**5).expand(r"\\1" * 10**5)
[re.sub("a", "b", "a" * 10**6) for i in range(10**6)]
list(re.finditer("", "a" * 10**6)) * 3
datetime.date.max.strftime("%Y" * 10**6)
time.strftime("%Y" * 10**6)
""",
)


@pytest.mark.parametrize("text", TOO_MUCH)
def test_too_much_is_refused(session: Session, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES["re"].members["search"].__globals__, "SECONDS", 0.5)
    with pytest.raises(LimitError):
        session.evaluate(text.replace("; ", "\n"))


REFUSED = {
    'json.loads("[" * 100_000)': "JSONDecodeError: Nested more than 200 deep: line 1 column 201 (char 200)",
    'json.loads("[" * 201 + "]" * 201)': "JSONDecodeError: Nested more than 200 deep: line 1 column 201 (char 200)",
    "json.loads('{\"a\":' * 201)": "JSONDecodeError: Nested more than 200 deep: line 1 column 1001 (char 1000)",
    'json.dumps(5, indent="a", separators=(1, 2))': "TypeError: separators must be text, not int",
    "re.sub('a', lambda m: 5, 'bab')": "TypeError: expected str instance, int found",
    "json.dumps([math.inf], allow_nan=False)": "ValueError: Out of range float values are not JSON compliant: inf",
    "re.compile('a', 128)": "ValueError: flags must be some of A I M S U X",
    "random.choices([1, 2], ['a', 'b'])": "TypeError: weights must be numbers, not str",
    "random.choices([1, 2], [1 << 2000, 1])": "OverflowError: int too large to convert to float",
    "random.sample([1, 2], 1, counts=['a', 'b'])": "TypeError: Counts must be integers",
    "random.sample([1, 2], 1, counts=[1 << 70, 1])": "OverflowError: Python int too large to convert to C ssize_t",
    "random.gammavariate(math.nan, 1)": "ValueError: alpha must be a number up to 1e300, not nan",
    "random.gammavariate(1e308, 1)": "ValueError: alpha must be a number up to 1e300, not 1e+308",
    "random.betavariate(1, math.inf)": "ValueError: beta must be a number up to 1e300, not inf",
    "random.vonmisesvariate(0, math.nan)": "ValueError: kappa must be a number up to 1e300, not nan",
    "random.randrange(2.5)": "TypeError: 'float' object cannot be interpreted as an integer",
    "statistics.quantiles(['a', 'b'], n=10)": "TypeError: can't convert type 'str' to numerator/denominator",
    "datetime.date(b'\\x00\\x00\\x01\\x00', 1, 1)": "TypeError: 'bytes' object cannot be interpreted as an integer",
    "datetime.datetime.strptime(' ' * 10**6, '%Y')": "ValueError: strptime() takes up to 1,000 characters, got 1,000,000",
    "datetime.datetime.strptime('1 2', '%Y %Y')": "ValueError: a directive occurs twice in format '%Y %Y'",
    "datetime.datetime.now(5)": "TypeError: tzinfo argument must be None or of a tzinfo subclass, not type 'int'",
    "uuid.UUID(5)": "TypeError: hex must be text, not int",
    "uuid.uuid5('a', 'b')": "TypeError: namespace must be a UUID, not str",
    "uuid.uuid5(uuid.NAMESPACE_DNS, b'b')": "TypeError: name must be text, not bytes",
    "decimal.Decimal('abc')": "InvalidOperation: 'abc' is not a decimal number",
    "decimal.Decimal('1e999999999')": "Overflow: a number beyond 1E+99999 or 1E-99999",
    "decimal.Decimal('0e-999999999')": "Overflow: a number beyond 1E+99999 or 1E-99999",
    "decimal.Decimal('9' * 10**6)": "Overflow: a number of more than 99,999 digits",
    "decimal.Decimal(1 << 999_999)": "Overflow: a number of more than 99,999 digits",
    "decimal.Decimal((0, (1,) * 10**6, 0))": "Overflow: a number of more than 99,999 digits",
    "decimal.Decimal('1e99999') * 10": "Overflow: [<class 'decimal.Overflow'>]",
    "decimal.Decimal(10) ** 10**9": "Overflow: [<class 'decimal.Overflow'>]",
    "decimal.set_precision(0)": "ValueError: a precision is 1 to 1,000 digits, not 0",
    "decimal.set_precision(10**5000)": "ValueError: a precision is 1 to 1,000 digits, not more",
    "decimal.set_precision('a')": "TypeError: a precision is a whole number, not str",
    "decimal.getcontext().prec = 5": "AttributeError: 'decimal.Context' object attribute 'prec' is read-only",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_a_reason(session: Session, text: str) -> None:
    assert evaluated(session, text) == REFUSED[text]


def test_json_writes_dates_as_iso_text(session: Session) -> None:
    assert session.evaluate("json.dumps([datetime.date(2026, 5, 1), datetime.time(9, 30), get_current_time()])") == (
        '["2026-05-01", "09:30:00", "2026-05-01T12:00:00.123456+00:00"]'
    )


def test_json_errors_tell_the_place(session: Session) -> None:
    program = (
        "try:\n    json.loads('[1,\\n x]')\nexcept ValueError as e:\n    place = e.msg, e.doc, e.pos, e.lineno, e.colno"
    )
    session.run(program)
    assert session.evaluate("place") == ("Expecting value", "[1,\n x]", 5, 2, 2)


@pytest.mark.parametrize("size", [10, 150_000])
def test_json_of_long_texts(session: Session, size: int) -> None:
    text = "aé\n\U0001f600" * size
    session.register("long", lambda: text)
    assert session.evaluate("json.dumps(long())") == host_json.dumps(text)
    assert session.evaluate("json.dumps([long()], ensure_ascii=False)") == host_json.dumps([text], ensure_ascii=False)
    assert session.evaluate("json.loads(json.dumps({long(): [long()]})) == {long(): [long()]}") is True


def test_chance_is_that_of_the_host() -> None:
    text = "import random, uuid\n[random.random(), str(uuid.uuid4()), generate_unique_id(), str(uuid.uuid7())]"
    results = []
    for _ in range(2):
        desk = Desk()
        desk._random = host_random.Random(5)
        results.append(Session(desk).evaluate(text))
    (_, by_chance, first, second), again = results
    assert results[0] == again
    assert first < second
    assert [by_chance[14], first[14], second[14]] == ["4", "7", "7"]


def test_seeding_without_a_seed_stays_within_the_host(desk: Desk) -> None:
    results = []
    for _ in range(2):
        desk._random = host_random.Random(5)
        results.append(Session(desk).evaluate("import random\nrandom.seed()\nrandom.random()"))
    assert results[0] == results[1]


# Time


def test_the_clock_gives_aware_times_in_utc(session: Session, desk: Desk) -> None:
    for text in (
        "get_current_time()",
        "datetime.datetime.now()",
        "datetime.datetime.utcnow()",
        "datetime.datetime.today()",
        "datetime.datetime.now(datetime.timezone.utc)",
    ):
        value = session.evaluate(text)
        assert (value, value.tzinfo) == (desk.start, UTC)
    east = session.evaluate("datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=2)))")
    assert east.isoformat() == "2026-05-01T14:00:00.123456+02:00"
    assert session.evaluate("datetime.date.today()") == host_datetime.date(2026, 5, 1)
    assert session.evaluate("time.time()") == desk.start.timestamp()
    assert session.evaluate("time.time_ns()") == 1_777_636_800_123_456_000
    assert session.evaluate("time.gmtime()[:6]") == (2026, 5, 1, 12, 0, 0)
    assert session.evaluate("time.strftime('%H:%M')") == "12:00"
    assert session.evaluate("[time.monotonic(), time.perf_counter()]") == [1000, 1000]


def test_naive_times_count_as_utc(session: Session) -> None:
    assert session.evaluate("datetime.datetime(1970, 1, 2).timestamp()") == 86400
    assert session.evaluate("datetime.datetime(1970, 1, 2).astimezone().isoformat()") == "1970-01-02T00:00:00+00:00"
    assert session.evaluate("datetime.datetime.fromtimestamp(0).isoformat()") == "1970-01-01T00:00:00+00:00"
    assert session.evaluate("datetime.datetime.utcfromtimestamp(0).isoformat()") == "1970-01-01T00:00:00+00:00"
    assert session.evaluate("datetime.date.fromtimestamp(0).isoformat()") == "1970-01-01"


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("0", 0),
        ("3", 3),
        ("0.3", 0.3),
        ("'90s'", 90),
        ("'5m'", 300),
        ("'2h'", 7200),
        ("'1h30m'", 5400),
        ("'1h 30m'", 5400),
        ("'500ms'", 0.5),
        ("'1.5s'", 1.5),
        ("'1d'", 86400),
        ("datetime.timedelta(minutes=1)", 60),
    ],
)
def test_wait_for_a_time(session: Session, desk: Desk, duration: str, seconds: float) -> None:
    assert session.evaluate(f"wait({duration})") is None
    assert sum(desk.slept) == pytest.approx(seconds, abs=1e-6)
    assert max(desk.slept, default=0) <= 0.25


def test_sleep(session: Session, desk: Desk) -> None:
    session.run("time.sleep(1)\ntime.sleep(True)")
    assert desk.slept == [0.25] * 8


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        ("-1", "ValueError: a duration cannot be negative: -1"),
        ("-0.5", "ValueError: a duration cannot be negative: -0.5"),
        ("math.nan", "ValueError: nan is not a duration"),
        ("math.inf", "ValueError: inf is not a duration"),
        ("'soon'", "ValueError: 'soon' is not a duration; write numbers with ms, s, m, h, d or w, such as '1h30m'"),
        ("'5'", "ValueError: '5' is not a duration; write numbers with ms, s, m, h, d or w, such as '1h30m'"),
        ("'-5m'", "ValueError: '-5m' is not a duration; write numbers with ms, s, m, h, d or w, such as '1h30m'"),
        ("''", "ValueError: '' is not a duration; write numbers with ms, s, m, h, d or w, such as '1h30m'"),
        ("True", "TypeError: a duration is a number of seconds or a text such as '5m', not bool"),
        ("None", "TypeError: a duration is a number of seconds or a text such as '5m', not NoneType"),
        ("5, timeout=3", "TypeError: wait() takes a timeout only with a function"),
        ("bool, interval=0", "ValueError: interval must be longer than 0"),
        ("datetime.timedelta(-1)", "ValueError: a duration cannot be negative: -1 day, 0:00:00"),
    ],
)
def test_what_cannot_be_waited_for(session: Session, desk: Desk, duration: str, message: str) -> None:
    assert evaluated(session, f"wait({duration})") == message
    assert not desk.slept


def test_wait_until_something_is_so(session: Session, desk: Desk) -> None:
    session.run("calls = []\ndef ready():\n    calls.append(1)\n    return len(calls) == 4")
    assert session.evaluate("wait(ready, interval='2s')") is True
    assert (session.evaluate("len(calls)"), sum(desk.slept)) == (4, 6)


def test_wait_until_a_time_out(session: Session, desk: Desk) -> None:
    session.run("calls = []\ndef never():\n    calls.append(1)\n    return []")
    assert session.evaluate("wait(never, timeout='5s', interval=2)") is False
    assert (session.evaluate("len(calls)"), sum(desk.slept)) == (4, 5)
    assert session.evaluate("wait(never, timeout=0)") is False


class Sleeper(Host):
    """Sleeps for real, and says when it does."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        super().sleep(seconds)


def test_waiting_ends_at_the_deadline() -> None:
    started = host_time.monotonic()
    with pytest.raises(LimitError):
        Session(Host(), limits=Limits(seconds=0.1)).run("wait('1h')")
    assert host_time.monotonic() - started < 60


def test_waiting_can_be_interrupted() -> None:
    host = Sleeper()
    session = Session(host)
    threading.Thread(target=lambda: host.asleep.wait() and session.cancel(), daemon=True).start()
    with pytest.raises(Interrupted):
        session.run("wait('1h')")


# Patterns

EXPONENTIAL = lines(
    r"""
(a+)+$
(a*)*b
^(\w+\s?)*$
(\w+\s?)+:
([a-zA-Z0-9]+)*@
(.*)*x
"(?:[^"\\]+|\\.)*"
(?:\s*\w+\s*,?)+$
(a|b+)*c
((a+)+b)*c
(?=(a+)+b)
(?>(a+)+b)
(\d{1,3},?)+$
(a+){20,}b
(?i)(A+)+$
(?s)(.+)+b
(x+x+)+y
(\w\s*\w*)+$
(a|a)*$
(.*,){9}x
(?:a?){60}a{60}
(.+)\1+b
(?<=(?=(a|a)*$)a)b
(\w|\d|a)*[^a]$
""",
)


@pytest.mark.parametrize("pattern", EXPONENTIAL)
@pytest.mark.parametrize("text", ["a" * 60 + "!", "x" * 60, "1,a " * 200 + "-"])
def test_every_pattern_comes_to_an_end(
    session: Session, pattern: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIBRARIES["re"].members["search"].__globals__, "SECONDS", 0.05)
    session.register("pattern", lambda: pattern)
    session.register("text", lambda: text)
    begin = host_time.process_time()
    for function in "match search fullmatch findall split".split():
        with suppress(LimitError):
            session.evaluate(f"re.{function}(pattern(), text())")
    assert host_time.process_time() - begin < 2


def test_a_pattern_that_takes_too_long_is_a_limit(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES["re"].members["search"].__globals__, "SECONDS", 0.05)
    with pytest.raises(LimitError) as caught:
        session.run("try:\n    re.search('(a|a)*$', 'a' * 60 + 'b')\nexcept Exception:\n    pass")
    assert caught.value.diagnostic.message == "the pattern '(a|a)*$' took longer than 0.05 s"


def test_a_pattern_ends_at_the_deadline() -> None:
    session = Session(limits=Limits(seconds=0.2))
    with pytest.raises(LimitError) as caught:
        session.run("import re\nre.search('(a|a)*$', 'a' * 60 + 'b')")
    assert caught.value.diagnostic.message == "the program ran longer than 0.2 s"


def _generated(chance: host_random.Random, depth: int) -> str:
    """A pattern."""
    if depth == 0:
        return chance.choice(ATOMS)
    kind = chance.randrange(12)
    if kind < 4:
        return _generated(chance, depth - 1) + _generated(chance, depth - 1)
    if kind < 6:
        return f"({_generated(chance, depth - 1)})" + chance.choice(["", "", "?", "*", "{2}", "+?"])
    if kind < 8:
        return chance.choice(ATOMS) + chance.choice(["*", "+", "?", "*?", "+?", "??", "{2}", "{,2}", "{1,}", "*+"])
    if kind == 8:
        return f"(?:{_generated(chance, depth - 1)}|{_generated(chance, depth - 1)})"
    if kind == 9:
        return chance.choice(["(?=%s)", "(?!%s)", "(?>%s)", "(?i:%s)", "(?s:%s)", "(?P<n>%s)"]) % _generated(
            chance, depth - 1
        )
    return _generated(chance, depth - 1) + chance.choice([r"\b", r"\B", "^", "$", r"\Z", r"\1", "(?<=a)", "(?<!b.)"])


def compiled(compile: Any, pattern: str, flags: int) -> Any:
    """A pattern, or the error as text."""
    try:
        return compile(pattern, flags)
    except host_re.error as error:
        return str(error)


ATOMS = [
    *"abck1_é²-{},i",
    *(
        r". \w \W \d \D \s \S [ab] [^a] [\w-] [^\s] [\W\d] [^a-z] [[a] [[:alpha:]] [a||b] [a--b] [a&&b] {e<=1} ı İ ſ"
    ).split(),
]
SUBJECTS = [
    "",
    "a",
    "ab\n",
    "aab cab",
    "a1b2_c-",
    "éaİıiI²1",
    "ßſsS kK",
    "x{e<=1}y",
    "\x1ca\x1d\n",
    "[:alpha:]",
    "a\u0301b\u3000c",
]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_patterns_mean_what_they_mean_to_the_host(session: Session) -> None:
    chance = host_random.Random(5)
    methods = METHODS[host_re.Pattern]
    count = 0
    with session._running():
        for _ in range(4000):
            pattern = _generated(chance, 3)
            flags = chance.choice([0, 0, 0, host_re.I, host_re.M, host_re.S, host_re.A, host_re.X])
            expected = compiled(host_re.compile, pattern, flags)
            made = compiled(LIBRARIES["re"].members["compile"], pattern, int(flags))
            if isinstance(expected, str):
                assert made == expected
                continue
            count += 1
            for text in chance.sample(SUBJECTS, 4):
                session.meter.limits.steps = None
                assert [
                    [(m.span(), m.groups()) for m in methods["finditer"](made, text)],
                    methods["findall"](made, text),
                    methods["split"](made, text),
                    methods["sub"](made, r"<\g<0>>", text),
                    *(
                        (m and (m.span(), m.groups()))
                        for m in (methods["match"](made, text), methods["fullmatch"](made, text))
                    ),
                ] == [
                    [(m.span(), m.groups()) for m in expected.finditer(text)],
                    expected.findall(text),
                    expected.split(text),
                    expected.sub(r"<\g<0>>", text),
                    *((m and (m.span(), m.groups())) for m in (expected.match(text), expected.fullmatch(text))),
                ], (pattern, flags, text)
    assert count > 2000


def test_pattern_errors_tell_the_place(session: Session) -> None:
    session.run(
        "try:\n    re.compile('a\\n(')\nexcept re.error as e:\n    place = e.msg, e.pattern, e.pos, e.lineno, e.colno"
    )
    assert session.evaluate("place") == ("missing ), unterminated subpattern", "a\n(", 2, 2, 1)


# Decimal numbers


def test_precision_belongs_to_the_run(desk: Desk) -> None:
    first, second = Session(desk), Session(desk)
    first.run("import decimal\ndecimal.set_precision(5)")
    second.run("import decimal")
    text = "[str(decimal.Decimal(1) / 3), decimal.precision(), decimal.getcontext().prec]"
    assert first.evaluate(text) == ["0.33333", 5, 5]
    assert second.evaluate(text) == ["0." + "3" * 28, 28, 28]
    assert first.evaluate(text) == ["0.33333", 5, 5]


def test_the_largest_decimals_are_quick(session: Session) -> None:
    started = host_time.monotonic()
    session.evaluate("int(decimal.Decimal('9.5e99999')) % 7, decimal.Decimal('1.7e-99999').as_integer_ratio()[1] % 7")
    session.evaluate(
        "decimal.set_precision(1000)\ndecimal.Decimal(2) ** decimal.Decimal('0.5'), decimal.Decimal(3).ln()"
    )
    assert host_time.monotonic() - started < 5


# Logs


def logged(program: str, desk: Desk, **settings: Any) -> list[str]:
    Session(desk, settings=settings).run(program)
    return [line.removeprefix("2026-05-01T12:00:00.123Z ") for line in desk.logged]


def test_lines_of_text(desk: Desk) -> None:
    program = """
log("message", level="info", key="value", key2="two words", n=17, f=1.5, nothing=None)
log("Warned", "Warn")
log.debug("hidden")
log.info("a")
log.warn("b")
log.warning("c")
log.error("d")
log.critical("e", message="m", level="l")
log(["any", 1], empty="", quoted='say "hi"', path="a\\\\b", pair="a=b", when=get_current_time(), data={"k": [1]})
log("two\\nlines\\r\\t\\x1b[31m\\x9b\\u2028\\u202e\\ud800", **{"a b": "c\\nd", "é": "日本 👩‍👩‍👧"})
"shouted".log()
"""
    assert logged(program, desk) == [
        'INFO  message key=value key2="two words" n=17 f=1.5 nothing=None',
        "WARNING Warned",
        "INFO  a",
        "WARNING b",
        "WARNING c",
        "ERROR d",
        "CRITICAL e message=m level=l",
        'INFO  [\'any\', 1] empty="" quoted="say \\"hi\\"" path="a\\\\b" pair="a=b" when=2026-05-01T12:00:00.123456+00:00'
        " data=\"{'k': [1]}\"",
        'INFO  two\\nlines\\r\\t\\u001b[31m\\u009b\\u2028\\u202e\\ud800 "a b"="c\\nd" é="日本 👩‍👩‍👧"',
        "INFO  shouted",
    ]
    assert desk.logged[0].startswith("2026-05-01T12:00:00.123Z INFO  message ")


def test_lines_of_json(desk: Desk) -> None:
    program = """
log("two\\nlines\\u202e", order=17, ratio=0.5, ok=True, nothing=None, text="é", when=get_current_time(), data={"k": [1, {2}]})
log.error(5, level="x", time="y", message="z", nan=float("nan"), keys={(1, 2): 3}, call=len)
"""
    assert logged(program, desk, log_format="json") == [
        '{"time": "2026-05-01T12:00:00.123Z", "level": "INFO", "message": "two\\nlines\\u202e", "order": 17, "ratio": 0.5, '
        '"ok": true, "nothing": null, "text": "é", "when": "2026-05-01T12:00:00.123456+00:00", "data": {"k": [1, "{2}"]}}',
        '{"time": "2026-05-01T12:00:00.123Z", "level": "ERROR", "message": "5", "level_": "x", "time_": "y", '
        '"message_": "z", "nan": "nan", "keys": "{(1, 2): 3}", "call": "<built-in function len>"}',
    ]
    assert host_json.loads(desk.logged[0])["message"] == "two\nlines\u202e"


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("letter", ["a", "é", "👩", "\\n", "\\x07"])
def test_a_line_has_an_end(desk: Desk, form: str, letter: str) -> None:
    logged(
        f"log('{letter}' * 100_000, field='{letter}' * 100_000)\nlog('short', field='{letter}' * 100_000)",
        desk,
        log_format=form,
    )
    for line in desk.logged:
        assert len(line.encode()) <= 65_536
        assert len(line.splitlines()) == 1
        if form == "json":
            assert host_json.loads(line)["cut"] is True
        else:
            assert line.endswith("…")


def test_levels(desk: Desk) -> None:
    program = """
log_level("warn")
log("hidden")
log("shown", level="ERROR")
print(log_level())
log_level("Debug")
log.debug("shown too")
"""
    assert logged(program, desk) == ["ERROR shown", "DEBUG shown too"]
    assert desk.printed == "WARNING\n"


def test_the_level_belongs_to_the_run(desk: Desk) -> None:
    assert logged("log('a')\nlog.error('b')", desk, log_level="error") == ["ERROR b"]
    desk.logged.clear()
    assert logged("log('a')", desk) == ["INFO  a"]


def test_unknown_levels(session: Session, desk: Desk) -> None:
    assert evaluated(session, "log('a', level='inf')") == "ValueError: 'inf' is not a log level; did you mean INFO?"
    assert evaluated(session, "log_level('verbose')") == (
        "ValueError: 'verbose' is not a log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    assert evaluated(session, "log('a', level=20)") == "TypeError: a log level is text, not int"
    assert not desk.logged


def test_log_as_a_module(desk: Desk) -> None:
    assert logged("import log as l\nl.warning('a')\nl.log('b')\nfrom log import error\nerror('c')", desk) == [
        "WARNING a",
        "INFO  b",
        "ERROR c",
    ]


# The domain

RESULTS = lines(
    """
datetime.date.today()
datetime.datetime.now()
datetime.time()
datetime.timedelta()
datetime.timezone.utc
datetime.datetime.now().tzinfo
datetime.date.today().isocalendar()
datetime.date.today().timetuple()
datetime.datetime.now().utctimetuple()
time.gmtime()
decimal.Decimal()
decimal.Decimal().as_tuple()
decimal.getcontext()
decimal.Decimal(1) + 1
uuid.uuid4()
uuid.NAMESPACE_DNS
re.compile("a")
re.search("a", "a")
re.finditer("a", "a")
statistics.linear_regression([1, 2], [1, 2])
random.random
""",
)


@pytest.mark.parametrize("text", RESULTS)
def test_results_are_of_registered_types(session: Session, text: str) -> None:
    value = session.evaluate(text)
    assert type(value) in TYPES or callable(value)
    for attribute in ("__class__", "__dict__", "__init__", "__reduce__", "__globals__", "_x"):
        assert evaluated(session, f"getattr({text}, '{attribute}')").startswith("AttributeError: "), attribute


def fields() -> Iterator[tuple[NativeType, str]]:
    for library in LIBRARIES.values():
        for member in library.members.values():
            if type(member) is NativeType:
                yield from ((member, name) for name in (*member.methods, *member.fields, *member.statics))


def test_tables_have_public_names_only() -> None:
    names = [f"{kind.name}.{name}" for kind, name in fields()]
    assert len(names) > 150
    assert not [name for name in names if "._" in name]


def test_libraries_cannot_be_changed(session: Session) -> None:
    assert evaluated(session, "math.pi = 3").startswith("AttributeError: ")
    assert evaluated(session, "datetime.datetime.now = 3").startswith("AttributeError: ")
    assert evaluated(session, "log.info = 3").startswith("AttributeError: ")
    assert evaluated(session, "datetime.date(2026, 5, 1).day = 3").startswith("AttributeError: ")
