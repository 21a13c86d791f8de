"""What a native costs follows the size of what it is given: ten times the input, about ten times the steps and bytes.

Each line is an expression over `n`, the size. Its cost is the steps that it takes and the bytes that natives tell
of, a thousand of which count as one step.
"""

from __future__ import annotations

import pytest

from dana import Host, Limits, Session

SIZE = 20_000

PREPARED = """
import base64, collections, copy, csv, datetime, decimal, functools, hashlib, itertools, json, math, operator, random, re
import statistics, string, textwrap
def text(n): return "ab, " * (n // 4)
def ints(n): return list(range(n))
"""

LINEAR = """
text(n).upper()
text(n).replace("a", "bc")
text(n).split(",")
text(n).splitlines()
text(n).translate({97: "x"})
text(n).count("b")
text(n).encode()
text(n).title()
",".join(["ab"] * n)
"x".ljust(n)
"x".center(n)
"x".zfill(n)
"\\t".expandtabs(n)
bytes(n)
bytes([1] * n)
bytes(n).hex()
bytes(n).replace(b"\\0", b"ab")
list(range(n))
tuple(range(n))
set(range(n))
frozenset(range(n))
dict.fromkeys(range(n))
dict(zip(range(n), range(n)))
ints(n).copy()
ints(n).count(-1)
sorted(ints(n))
sorted(ints(n), key=abs)
min(ints(n))
max(ints(n), key=abs)
sum(ints(n))
any(itertools.repeat(0, n))
all(ints(n)[1:])
list(map(abs, ints(n)))
list(filter(none, ints(n)))
list(zip(ints(n), ints(n)))
list(enumerate(ints(n)))
list(reversed(ints(n)))
set(ints(n)).union(ints(n))
set(ints(n)).intersection(ints(n))
collections.Counter(ints(n))
collections.Counter(ints(n)).most_common()
collections.deque(ints(n))
collections.OrderedDict(zip(ints(n), ints(n)))
copy.copy(ints(n))
copy.deepcopy(ints(n))
functools.reduce(operator.add, ints(n))
list(itertools.accumulate(ints(n)))
list(itertools.chain(ints(n), ints(n)))
list(itertools.islice(itertools.count(), n))
list(itertools.product(ints(n), [1]))
list(itertools.permutations(ints(n), 1))
list(itertools.pairwise(ints(n)))
list(itertools.tee(ints(n))[0])
list(itertools.zip_longest(ints(n), [1]))
json.dumps(ints(n))
json.loads("[" + "1," * n + "1]")
math.prod([1] * n)
math.fsum(ints(n))
math.dist(ints(n), ints(n))
random.choices(ints(n), k=n)
random.sample(ints(n), n)
random.shuffle(ints(n))
random.randbytes(n)
re.findall("a", text(n))
re.sub("a", "b", text(n))
re.sub("a", lambda m: "x", text(n))
re.split(",", text(n))
list(re.finditer("a", text(n)))
re.escape(text(n))
statistics.mean(ints(n))
statistics.median(ints(n))
statistics.stdev(ints(n))
string.capwords(text(n))
textwrap.wrap(text(n))
textwrap.dedent(text(n))
textwrap.indent(text(n), "> ")
base64.b64encode(bytes(n))
base64.b64decode(base64.b64encode(bytes(n)))
base64.b85encode(bytes(n))
hashlib.sha256(bytes(n)).hexdigest()
list(csv.reader(["a,b"] * n))
"""
"""What costs in proportion."""

CONSTANT = """
len(range(n))
range(n)[5]
n in range(n)
range(n).index(5)
sum(range(n))
itertools.count(n)
itertools.repeat("x", n)
random.randrange(n)
random.sample(range(n), 3)
math.sqrt(n)
"""
"""What costs the same whatever the size."""


def cost(text: str, size: int) -> int:
    """What the evaluation of an expression costs."""
    session = Session(Host(), limits=Limits())
    session.run(PREPARED)
    session.run(f"n = {size}")
    steps, charged = session.meter.steps, session.meter.charged
    session.evaluate(text)
    return session.meter.steps - steps + (session.meter.charged - charged) // 1000


@pytest.mark.parametrize("text", LINEAR.strip().splitlines())
def test_ten_times_the_size_costs_ten_times_as_much(text: str) -> None:
    small, large = cost(text, SIZE), cost(text, 10 * SIZE)
    assert 5 <= large / max(small, 1) <= 20, (small, large)


@pytest.mark.parametrize("text", CONSTANT.strip().splitlines())
def test_size_makes_no_difference(text: str) -> None:
    assert cost(text, 10 * SIZE) <= cost(text, SIZE) + 5
