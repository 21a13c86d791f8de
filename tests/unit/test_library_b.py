"""The libraries of containers, iterators, functions and texts: equal to CPython's, and within the limits."""

from __future__ import annotations

import ast
import builtins
import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from textwrap import dedent
from typing import Any

import pytest

from dana.errors import LimitReached
from dana.formatting import represent
from dana.host import Host
from dana.limits import Limits, Meter
from dana.run import RUN, Run
from dana.values import PROGRAM_CODE, TYPES, Class, NativeType, build_class, get_attribute

NAMES = "base64 collections copy csv functools hashlib itertools operator string textwrap".split()
LIBRARIES = {name: import_module(f"dana.stdlib.{name}").library for name in NAMES}
MODULES: dict[str, Any] = {name: library.module() for name, library in LIBRARIES.items()}
HOST_MODULES: dict[str, Any] = {name: import_module(name) for name in NAMES}


@pytest.fixture(autouse=True)
def meter() -> Iterator[Meter]:
    meter = Meter(Limits(steps=100_000, text=1_000_000, items=1_000_000))
    token = RUN.set(Run(Host(), meter, None))
    yield meter
    RUN.reset(token)


class Guarded(ast.NodeTransformer):
    """Reads attributes as a program does: through the tables of types."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(ast.Name("get", ast.Load()), [node.value, ast.Constant(node.attr)], [])


def get(value: Any, name: str) -> Any:
    """An attribute of a value; what the tests need of str, list and dict is the host's."""
    if type(value) in (str, bytes, list, dict, set):
        return getattr(value, name)
    return get_attribute(value, name)


def build(body: Any, name: str, *bases: Any) -> Class:
    """What a class statement does in a program."""
    members: dict[str, Any] = {}
    exec(body.__code__, body.__globals__, members)
    del members["__module__"], members["__qualname__"]
    return build_class(name, bases, members, name)


def in_program(text: str, **names: Any) -> Any:
    """The value of the last line, which is an expression, in the domain of programs."""
    scope = {
        **MODULES,
        **names,
        "get": get,
        "__name__": "test",
        "__builtins__": {**vars(builtins), "__build_class__": build, "repr": represent},
    }
    return outcome(ast.fix_missing_locations(Guarded().visit(ast.parse(text))), scope)


def in_host(text: str) -> Any:
    """The value of the last line with CPython's own libraries."""
    return outcome(ast.parse(text), {**HOST_MODULES, "__name__": "test"})


def outcome(tree: ast.Module, scope: dict[str, Any]) -> Any:
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    try:
        exec(compile(tree, PROGRAM_CODE, "exec"), scope)
        return eval(compile(ast.Expression(last.value), PROGRAM_CODE, "eval"), scope)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


COLLECTIONS = """
c = collections.Counter("abracadabra")
    [c, c["z"], c.most_common(), c.most_common(1), c.total(), list(c.elements())]
c = collections.Counter({"a": 2}, b=1); c.update("ab"); c.update({"a": 1}); c.subtract(["b", "b"])
    [c, c.copy(), c == {"a": 4, "b": 0}]
c = collections.Counter(a=3, b=1); d = collections.Counter(a=1, b=2)
    [c + d, c - d, c & d, c | d, +c, -c, c <= d, c == d]
c = collections.Counter(a=3); c += collections.Counter(a=1); c -= collections.Counter(b=1)
    c |= collections.Counter(b=5); c &= c; [c, c + c]
c = collections.Counter(a=1); [(c + c).most_common(), isinstance(c + c, dict), "a" in c, len(c), sorted(c.items())]
collections.Counter(5)
collections.Counter([[]])
d = collections.defaultdict(list); d["a"].append(1)
    [d, d.default_factory, d.get("b"), "b" in d, d.copy(), d == {"a": [1]}]
d = collections.defaultdict(lambda: 7, {"a": 1}, b=2); d["c"]; d.update([("e", 1)], f=2); d |= {"g": 1}
    [sorted(d.items()), d.pop("a"), len(d)]
collections.defaultdict(5)
collections.defaultdict(None)["x"]
collections.defaultdict(list, {}, {})
d = collections.OrderedDict([("a", 1), ("b", 2)], c=3); d.move_to_end("a"); d.move_to_end("c", last=False)
    [list(d.items()), list(d), d.popitem(last=False), d.popitem()]
d = collections.OrderedDict.fromkeys("abca", 0)
    [list(d), d == {"a": 0, "b": 0, "c": 0}, list(reversed(d)), list(d | {"z": 1}), list({"z": 1} | d)]
d = collections.OrderedDict(a=1); d |= [("b", 2)]; d.update({"c": 3}); d.setdefault("d", 4)
    [d.keys(), d.values(), d.items(), d == d.copy()]
collections.OrderedDict(a=1) == collections.OrderedDict(a=1, b=2)
d = collections.deque([1, 2, 3]); d.append(4); d.appendleft(0); d.extend([5]); d.extendleft("ab")
    d.rotate(2); [d, d.pop(), d.popleft(), d[0], len(d)]
d = collections.deque(range(5), maxlen=3); d.append(9)
    [d, d.maxlen, d.copy(), d + d, d * 2, 2 * d, list(reversed(d)), 9 in d]
d = collections.deque("abca"); d.remove("a"); d.insert(1, "x"); d.reverse(); d += "yz"; d *= 2
    [d, d.count("a"), d.index("x"), d.index("x", 3)]
d = collections.deque([1]); d.extend(d); d[0] = 5; [d, d == collections.deque([5, 1]), d < collections.deque([6])]
d = collections.deque([1]); d.append(d); d
[collections.OrderedDict(), collections.Counter(a=None, b=1)]
collections.deque(maxlen=-1)
collections.deque([1]) + [1]
collections.deque([1]) * "a"
collections.deque([1]).index(2)
collections.deque().pop()
P = collections.namedtuple("P", "x, y z", defaults=[0]); p = P(1, y=2)
    [p, p.x, p[2], p == (1, 2, 0), {p: 1}[(1, 2, 0)], len(p), list(p), P._fields]
P = collections.namedtuple("P", ["x", "y"]); p = P(1, 2)
    [p._replace(x=5), p._asdict(), P._make([3, 4]), p + (3,), p * 2, isinstance(p, tuple), p < (1, 3)]
P = collections.namedtuple("P", "x y", defaults=(1, 2)); [P(), P._field_defaults]
P = collections.namedtuple("P", "class x x", rename=True); P(1, 2, 3)
P = collections.namedtuple("P", "x"); x, = P([1]); x
collections.namedtuple("P", "x x")
collections.namedtuple("P", "_x")
collections.namedtuple("P", "a-b")
collections.namedtuple("P", "class")
collections.namedtuple("P", "x", defaults=[1, 2])
collections.namedtuple("P", "x y")(1)
collections.namedtuple("P", "x")._make([1, 2])
collections.namedtuple("P", "x")(1) + [1]
collections.namedtuple("P", "x")(1) * "a"
"""

ITERTOOLS = """
[list(itertools.accumulate([1, 2, 3])), list(itertools.accumulate("abc")),
    list(itertools.accumulate([1, 5, 2], max)), list(itertools.accumulate([], initial=9))]
[list(itertools.chain()), list(itertools.chain("ab", [1])), list(itertools.chain.from_iterable([[1], "a", ()]))]
[list(itertools.combinations("abcd", 2)), list(itertools.combinations([1], 2)),
    list(itertools.combinations("ab", 0))]
[list(itertools.combinations_with_replacement("ab", 3)), list(itertools.permutations("abc", 2)),
    list(itertools.permutations([1, 2, 3]))]
[list(itertools.compress("abcdef", [1, 0, 1, 0, 1])), list(itertools.islice(itertools.count(5, 2), 3)),
    list(itertools.islice(itertools.cycle("ab"), 5))]
[list(itertools.dropwhile(lambda x: x < 3, [1, 4, 1])),
    list(itertools.takewhile(lambda x: x < 3, [1, 4, 1])), list(itertools.filterfalse(None, [0, 1, ""]))]
[(k, list(g)) for k, g in itertools.groupby([1, 1, 2, 1])] + [(k, list(g)) for k,
    g in itertools.groupby(["a", "b", "cc"], key=len)]
[list(itertools.islice("abcdef", 2)), list(itertools.islice("abcdef", 2, None)),
    list(itertools.islice(iter("abcdef"), 1, 5, 2)), list(itertools.islice([], 3))]
[list(itertools.pairwise("abc")), list(itertools.product("ab", [1, 2])),
    list(itertools.product([0, 1], repeat=2)), list(itertools.product())]
[list(itertools.repeat(1, 3)), list(itertools.starmap(pow, [(2, 3), [3, 2]])),
    list(itertools.zip_longest("abc", [1], fillvalue=0)), itertools.repeat(2, 3)]
a, b = itertools.tee(iter([1, 2, 3])); [next(a), list(b), list(a), itertools.tee([], 0)]
i = itertools.count(); next(i); i
s = iter([1, 2, 3, 4]); list(itertools.islice(s, 2)); list(s)
s = iter([1, 2, 3, 4, 5]); list(itertools.islice(s, 1, 4, 2)); list(s)
[itertools.count, itertools.chain]
itertools.islice([1], -1)
itertools.islice([1], "a")
itertools.islice([1], 1, 2, 0)
itertools.cycle(5)
itertools.combinations("ab", -1)
itertools.permutations("ab", -1)
itertools.product("ab", repeat=-1)
list(itertools.starmap(pow, [5]))
itertools.tee([1], -1)
itertools.count("a")
r = itertools.repeat([1], 3); next(r); [r, itertools.repeat("a"), itertools.repeat(1, times=-1)]
itertools.repeat()
itertools.repeat(1, None)
itertools.zip_longest(1)
"""

FUNCTOOLS = """
[functools.reduce(lambda a, b: a * b, [1, 2, 3]), functools.reduce(max, [], 4),
    functools.reduce(lambda a, b: [a, b], "abc", None)]
functools.reduce(max, [])
p = functools.partial(int, base=2); [p("101"), p.func, p.args, p.keywords, functools.partial(p, "11")()]
[functools.partial(max, 1, key=None), functools.partial(functools.partial(max, [2]), 3)]
functools.partial(5)
functools.partial(max, 1)(key=5)
f = functools.lru_cache(maxsize=2)(lambda x: x * 2)
    [f(1), f(1), f(2), f(3), f(1), f.cache_info(), f.cache_clear(), f.cache_info()]
f = functools.lru_cache(lambda x, y=1: x + y)
    [f(1), f(1, y=2), f.cache_info().hits, f.cache_info()[1], f.cache_info().maxsize]
f = functools.lru_cache(None, typed=True)(str); [f(3), f(3.0), f.cache_info()]
functools.lru_cache("a")
functools.cache(len)([])
[sorted([3, 1, 2], key=functools.cmp_to_key(lambda a, b: b - a)),
    functools.cmp_to_key(lambda a, b: 0)(5).obj,
    functools.cmp_to_key(lambda a, b: a - b)(1) < functools.cmp_to_key(lambda a, b: a - b)(2)]
functools.cmp_to_key(lambda a, b: 0)(1) < 5
"""

TEXTS = """
[string.ascii_letters, string.ascii_lowercase, string.ascii_uppercase, string.digits, string.hexdigits,
    string.octdigits, string.punctuation, string.printable, string.whitespace]
[string.capwords("the  quick fox "), string.capwords("a-b", "-"), string.capwords("")]
t = string.Template("$a ${b}c $$ $d")
    [t.substitute(a=1, b=[2], d=None), t.safe_substitute({"a": 5}, b=6), t.template, t.is_valid(),
    t.get_identifiers()]
t = string.Template("$a"); [t.substitute({"a": "$b"}), t.substitute({"a": 1}, a=2)]
string.Template("$x").substitute({})
string.Template("$x").substitute()
string.Template("a\\n $ b").substitute()
string.Template("a $ b $").safe_substitute()
[textwrap.wrap("to be or not to be that is the question", w) for w in (2, 10, 70)]
[textwrap.fill("some longer text-with-hyphens here", 9, initial_indent="* ", subsequent_indent="  "),
    textwrap.wrap("a\\tb  c", 5, tabsize=2, expand_tabs=True)]
[textwrap.wrap("x" * 10, 4), textwrap.wrap("x" * 10, 4, break_long_words=False),
    textwrap.wrap("a b c d", 3, max_lines=2, placeholder="~"), textwrap.wrap("")]
[textwrap.shorten("hello  big world", 11), textwrap.shorten("hello", 3, placeholder="."),
    textwrap.shorten("hello big world", width=9, placeholder="~")]
[textwrap.dedent(" a\\n  b\\n \\n"), textwrap.dedent(""), textwrap.indent("a\\n\\n b", "> "),
    textwrap.indent("a\\n\\nb", "> ", lambda line: True)]
textwrap.wrap("a", 0)
textwrap.wrap("a", 5, colour=1)
textwrap.shorten("a b c d", 2)
[base64.b64encode(b"hello?>"), base64.b64encode(b"\\xfb\\xff", b"-_"), base64.b64decode("aGVs\\nbG8="),
    base64.b64decode(b"-_8=", b"-_")]
[base64.urlsafe_b64encode(b"\\xfb\\xff"), base64.urlsafe_b64decode("-_8="),
    base64.standard_b64encode(b"ab"), base64.standard_b64decode("YWI=")]
[base64.b32encode(b"abc"), base64.b32decode("mfrgg===", True), base64.b32decode("MFRGG===", map01=b"L"),
    base64.b16encode(b"abc"), base64.b16decode("6a", casefold=True)]
[base64.b85encode(b"hello"), base64.b85encode(b"hello", pad=True), base64.b85decode("Xk~0{Zv")]
base64.b85decode("a b")
base64.b64decode("é")
base64.b64encode(5)
[hashlib.sha256(b"abc").hexdigest(), hashlib.md5().digest(), hashlib.new("sha1", b"a").hexdigest(),
    hashlib.blake2b(b"a", digest_size=4, key=b"k").hexdigest()]
h = hashlib.sha512(b"a"); g = h.copy(); h.update(b"b")
    [h.hexdigest(), g.digest(), h.name, h.digest_size, h.block_size]
[hashlib.new("SHA256", b"x").hexdigest(), hashlib.blake2s(b"x", salt=b"s", person=b"p").hexdigest(),
    hashlib.md5(b"x", usedforsecurity=False).hexdigest()]
hashlib.new("crc32")
hashlib.sha256("text")
hashlib.sha256().update("text")
hashlib.blake2b(digest_size=65)
[list(csv.reader(["a,b", '"x,y","say ""hi"" "', ""])), list(csv.reader(['"two', 'lines",1'])),
    list(csv.reader(["a|b"], delimiter="|")), list(csv.reader(["a\\tb"], "excel-tab"))]
r = csv.reader(["1,'a b'", "2"], quotechar="'", quoting=csv.QUOTE_NONNUMERIC)
    [next(r), r.line_num, csv.QUOTE_ALL, csv.QUOTE_NONE, csv.QUOTE_MINIMAL]
r = csv.DictReader(["a,b", "1,2,3", "", "4"], restkey="more", restval="-"); [r.fieldnames, list(r), r.line_num]
list(csv.DictReader(["1,2"], fieldnames=("x", "y"), dialect="unix"))
list(csv.reader([5]))
csv.reader(["a"], "nothing")
csv.reader(["a"], delimiter="ab")
csv.reader(5)
list(csv.reader(['"a" b'], strict=True))
"""

OPERATORS = """
[operator.add(1, 2), operator.sub(1, 2), operator.mul("a", 3), operator.mul(3, [0]), operator.truediv(1, 2),
    operator.floordiv(7, 2), operator.mod(-7, 3), operator.pow(2, -1)]
[operator.and_(6, 3), operator.or_({1}, {2}), operator.xor(5, 1), operator.lshift(1, 3),
    operator.rshift(8, 1), operator.neg(1), operator.pos(True), operator.abs(-2), operator.inv(1),
    operator.invert(1)]
[operator.lt(1, 2), operator.le(1, 1), operator.eq("a", "a"), operator.ne(1, 1.0), operator.ge(1, 2),
    operator.gt(2, 1), operator.is_(None, None), operator.is_not(1, None), operator.not_(0),
    operator.truth("")]
[operator.contains([1, 2], 2), operator.contains(range(5), 2.0), operator.contains(iter([1]), 1),
    operator.contains("abc", "bc"), operator.countOf([1, 1.0, 2], 1), operator.indexOf("abc", "c"),
    operator.concat("a", "b")]
[operator.getitem([1, 2, 3], slice(1, None)), operator.index(True), operator.itemgetter(1)("abc"),
    operator.itemgetter("a", "b")({"a": 1, "b": 2}), operator.itemgetter(slice(2))("abc")]
x = [1, 2, 3, 4]; operator.setitem(x, 0, 9); operator.setitem(x, slice(1, 3), "ab"); operator.delitem(x, -1); x
P = collections.namedtuple("P", "x y"); p = P(1, P(2, 3))
    [operator.attrgetter("x")(p), operator.attrgetter("y.x", "x")(p), operator.methodcaller("_replace", x=5)(p),
    operator.methodcaller("index", 1)(p)]
[operator.itemgetter(1, "a"), operator.attrgetter("a", "b.c"), operator.methodcaller("f", 1, k=[2])]
operator.mod("%s-%03d", (1, 2))
operator.add(1, "a")
operator.add([1], (2,))
operator.concat(1, 2)
operator.contains(5, 1)
operator.indexOf([1], 2)
operator.attrgetter(5)
operator.methodcaller(5)
operator.attrgetter("nothing")(collections.namedtuple("P", "x")(1))
operator.itemgetter(5)([1])
operator.index(1.5)
operator.pow(0, -1)
"""

COPIES = """
a = [[1], (2, [3]), {"k": {4}}]; b = copy.copy(a); c = copy.deepcopy(a); a[0].append(9); a[1][1].append(9)
    a[2]["k"].add(9); [a, b, c]
a = []; a.append(a); b = copy.deepcopy(a); [b is a, b[0] is b, len(b)]
a = [1]; b = copy.deepcopy([a, a]); [b[0] is b[1], b[0] is a]
t = (1, "a", (2,)); [copy.copy(t) is t, copy.deepcopy(t) is t, copy.deepcopy(([],))]
l = []; t = (l,); l.append(t); u = copy.deepcopy(t); [u[0][0] is u, u is t]
d = collections.defaultdict(list, a=[1]); e = copy.deepcopy(d); f = copy.copy(d); d["a"].append(2)
    [d, e, f, e["new"]]
d = collections.deque([[1], [2]], maxlen=5); e = copy.deepcopy(d); f = copy.copy(d); d[0].append(2)
    [d, e, f, e.maxlen]
c = collections.Counter(a=1); o = collections.OrderedDict(b=[1])
    [copy.copy(c), copy.deepcopy({c["a"]: c}), copy.copy(o).items(), copy.deepcopy(o).items()]
s = {(1, 2), frozenset([3])}
    [copy.copy(s) == s, copy.deepcopy(s) == s, copy.deepcopy(s) is s, copy.deepcopy({(1, 2): [3]})]
[copy.copy(x) for x in (None, 1, 2.5, "a", b"b", range(3), True, ...)] + [copy.deepcopy(len) is len]
P = collections.namedtuple("P", "x y"); p = P([1], 2); q = copy.deepcopy(p); p.x.append(2)
    [p, q, copy.copy(p), q.y, type(q) is P]
f = lambda: 1
    [copy.copy(f) is f, copy.deepcopy([f])[0] is f, copy.deepcopy(functools.partial) is functools.partial]
e = ValueError("a", [1]); f = copy.deepcopy(e); g = copy.copy(e); e.args[1].append(2); [f, g, type(f)]
e = OSError(2, "gone", "file"); f = copy.copy(e); [f, f.errno, f.filename, f.strerror, str(f)]
e = UnicodeDecodeError("ascii", b"a", 0, 1, "why"); f = copy.deepcopy(e); [f, str(f), f.reason]
copy.deepcopy(slice(1, 2)) == slice(1, 2)
"""


ROWS = 'a,1.5,,True\n"x,y","say ""hi""","two\nlines"\n'
PAIRS = "cannot convert dictionary update sequence element"
TOO_LONG = "dictionary update sequence element #0 has length 3; 2 is required"


def programs(table: str) -> list[str]:
    """The programs of a table: each starts a line, and goes on in the lines below it that are indented."""
    return [re.sub(r"; |\n +", "\n", program) for program in re.split(r"\n(?! )", table.strip())]


@pytest.mark.parametrize(
    "text",
    [text for table in (COLLECTIONS, ITERTOOLS, FUNCTOOLS, TEXTS, OPERATORS, COPIES) for text in programs(table)],
)
def test_equals_the_host(text: str) -> None:
    assert spelled(in_program(text)) == spelled(in_host(text))


def spelled(value: Any) -> str:
    """A value as text, without what only one side has."""
    return repr(value).replace("dana.stdlib.", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'csv.format([["a", 1.5, None, True], ["x,y", "say \"hi\"", "two\nlines"]])', ROWS),
        (r'csv.format([[1, 2]], ["a", "b"], delimiter=";", lineterminator="\r\n")', "a;b\r\n1;2\r\n"),
        ('csv.format([{"a": 1}, {"a": 2}])', "a\n1\n2\n"),
        ('csv.format([{"a": 1, "b": 2}, {"b": 3}], header=["b", "a"])', "b,a\n2,1\n3,\n"),
        ('csv.format([{"a": 1}, {"b": 2}])', "ValueError: dict contains fields not in header: 'b'"),
        ("csv.format([])", ""),
        ('csv.format(["ab"])', "TypeError: a row must be a list or a dict, not str"),
        ('csv.format([["a", 1]], dialect="unix")', '"a","1"\n'),
        ('csv.format([["a,b"]], quoting=csv.QUOTE_NONE)', "Error: need to escape, but no escapechar set"),
        (r'list(csv.reader("a,b\r\n\"c\nd\",\u2028\n"))', [["a", "b"], ["c\nd", "\u2028"]]),
        (r'list(csv.DictReader("a,b\n1,2\n"))', [{"a": "1", "b": "2"}]),
        ('csv.reader(["a"], 5)', "TypeError: dialect must be the name of one, not int"),
        ("string.Template(5)", "TypeError: a template must be a str, not int"),
        ("string.capwords(5)", "TypeError: capwords() argument must be str, not int"),
        ("textwrap.dedent(5)", "TypeError: text must be a str, not int"),
        ('base64.b64encode("a")', "TypeError: a bytes-like object is required, not 'str'; encode it first"),
        ('base64.b64decode("abc")', "ValueError: Incorrect padding"),
        ('base64.b32decode("a")', "ValueError: Incorrect padding"),
        ('base64.b16decode("a")', "ValueError: Non-base16 digit found"),
        ('hashlib.new("shake_128")', "ValueError: unsupported hash type shake_128"),
        ('copy.copy(hashlib.md5(b"a")).hexdigest()', "0cc175b9c0f1b6a831c399e269772661"),
        ("copy.copy(iter([]))", "TypeError: cannot copy 'list_iterator' object"),
        ("copy.deepcopy([{}.keys()])", "TypeError: cannot copy 'dict_keys' object"),
        ("copy.deepcopy(x for x in [])", "TypeError: cannot copy 'generator' object"),
        ("collections.OrderedDict([1])", f"TypeError: {PAIRS} #0 to a sequence"),
        ('collections.defaultdict(None, ["abc"])', "ValueError: " + TOO_LONG),
        ("collections.namedtuple(5, 'x')", "TypeError: Type names and field names must be strings"),
        ("collections.namedtuple('P', [1])", "TypeError: Type names and field names must be strings"),
        (
            "c = collections.Counter()\nc += [1]\nc",
            "TypeError: unsupported operand type(s) for +=: 'Counter' and 'list'",
        ),
        ("d = collections.OrderedDict(a=1)\nd['b'] = d\nrepr(d)", "OrderedDict([('a', 1), ('b', ...)])"),
        ("collections.namedtuple('P', 'x')(1)._replace(z=2)", "ValueError: Got unexpected field names: ['z']"),
        ("functools.total_ordering(5)", "TypeError: total_ordering() decorates a class, not 'int'"),
        ("repr(collections.Counter)", "<class 'collections.Counter'>"),
        ("repr(functools.wraps(len))", "<decorator object>"),
        ("repr(functools.lru_cache(len))", "<functools._lru_cache_wrapper object>"),
        ("repr(csv.reader([]))", "<_csv.reader object>"),
        ("repr(hashlib.sha256())", "<sha256 hashlib.HASH object>"),
        ("repr(hashlib.blake2b())", "<blake2b hashlib.HASH object>"),
    ],
)
def test_differs_from_the_host(text: str, expected: Any) -> None:
    assert in_program(text) == expected


CLASSES = {
    "a cached property is computed once for each instance": (
        """
        class Order:
            def __init__(self, prices):
                self.prices = prices
            @functools.cached_property
            def total(self):
                return sum(self.prices)
        a, b = Order([1, 2]), Order([5])
        first = a.total
        a.prices.append(4)
        [first, a.total, b.total, repr(Order.total)]
        """,
        "[3, 3, 5, '<functools.cached_property object>']",
    ),
    "a cached property needs a place": (
        """
        class P(collections.namedtuple("P", "x")):
            __slots__ = ()
            @functools.cached_property
            def double(self):
                return self.x * 2
        P(1).double
        """,
        "TypeError: a 'P' cannot keep the value of its cached property 'double'",
    ),
    "a method with a cache is a method": (
        """
        class Table:
            @functools.lru_cache(maxsize=None)
            def at(self, n):
                return (n, self)
        t = Table()
        [t.at(1) is t.at(1), t.at(2)[0], Table.at.cache_info()]
        """,
        "[True, 2, CacheInfo(hits=1, misses=2, maxsize=None, currsize=2)]",
    ),
    "a partial in a class is no method": (
        """
        class Greeter:
            hello = functools.partial("{} {}".format, "hello")
        Greeter().hello("Ann")
        """,
        "'hello Ann'",
    ),
    "comparisons are completed": (
        """
        @functools.total_ordering
        class V:
            def __init__(self, n):
                self.n = n
            def __eq__(self, other):
                return self.n == other.n
            def __lt__(self, other):
                return self.n < other.n
        largest = max([V(3), V(4)], key=operator.attrgetter("n"))
        [V(1) <= V(1), V(1) > V(2), V(2) >= V(1), largest.n]
        """,
        "[True, False, True, 4]",
    ),
    "comparisons need a beginning": (
        "class A:\n    pass\nfunctools.total_ordering(A)",
        "'ValueError: must define at least one ordering operation: < > <= >='",
    ),
    "a class may derive from a named tuple": (
        """
        class Point(collections.namedtuple("Point", "x y")):
            def norm(self):
                return (self.x ** 2 + self.y ** 2) ** 0.5
        p = Point(3, 4)
        [p, p.norm(), p._replace(x=0).norm(), Point._make([1, 2]), p == (3, 4), copy.copy(p), sum(p)]
        """,
        "[Point(x=3, y=4), 5.0, 4.0, Point(x=1, y=2), True, Point(x=3, y=4), 7]",
    ),
    "copies of instances": (
        """
        class Node:
            def __init__(self, value):
                self.value, self.next = value, None
        a = Node([1])
        a.next = a
        b, c = copy.copy(a), copy.deepcopy(a)
        a.value.append(2)
        [b.value, b.next is a, c.value, c.next is c, type(c) is Node]
        """,
        "[[1, 2], True, [1], True, True]",
    ),
    "copies of instances as keys": (
        """
        class Key:
            def __init__(self, name):
                self.name = name
            def __eq__(self, other):
                return self.name == other.name
            def __hash__(self):
                return hash(self.name)
        k = Key("a")
        d = copy.deepcopy({k: [k], (k, 1): {k}, 2: frozenset([k])})
        [d[Key("a")][0].name, next(iter(d)) is k, next(iter(d)) is d[k][0], d[(k, 1)] == {k}, d[2] == frozenset([k])]
        """,
        "['a', False, True, True, True]",
    ),
    "copies of exceptions": (
        """
        class Failure(ValueError):
            def __init__(self, code, detail):
                self.code = code
                self.detail = detail
        f = Failure(7, [1])
        g = copy.deepcopy(f)
        f.detail.append(2)
        [type(g) is Failure, g.args, g.code, g.detail, copy.copy(f).detail]
        """,
        "[True, (7, [1]), 7, [1], [1, 2]]",
    ),
    "copies of bound methods": (
        """
        class Box:
            def __init__(self):
                self.items = []
            def add(self, x):
                self.items.append(x)
                return self.items
        b = Box()
        add = copy.deepcopy(b.add)
        [add(1), b.items, copy.copy(b.add)(2), b.items]
        """,
        "[[1], [2], [2], [2]]",
    ),
    "operators of classes": (
        """
        class M:
            def __matmul__(self, other):
                return ("at", other)
            def __rmul__(self, other):
                return "times"
            def __radd__(self, other):
                return "plus"
        p = collections.namedtuple("P", "x")(1)
        d = collections.deque([1])
        [operator.matmul(M(), 1), p * M(), p + M(), d * M(), d + M()]
        """,
        "[('at', 1), 'times', 'plus', 'times', 'plus']",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CLASSES.values(), ids=CLASSES)
def test_classes(text: str, expected: str) -> None:
    found = in_program(dedent(text))
    assert (found if isinstance(found, str) and not expected.startswith("'") else repr(found)) == expected


def test_wrapping_copies_the_name() -> None:
    def wrapped(x: int) -> int:
        """Adds one."""
        return x + 1

    text = "def double(): pass\nfunctools.update_wrapper(double, wrapped)\n(double, functools.wraps(max)(max))"
    double, native = in_program(text, wrapped=wrapped)
    assert (double.__name__, double.__qualname__, double.__doc__) == (
        wrapped.__name__,
        wrapped.__qualname__,
        "Adds one.",
    )
    assert native is max


def test_long_chains_are_copied() -> None:
    chain: Any = None
    for _ in range(20_000):
        chain = [chain]
    copied = in_program("copy.deepcopy(chain)", chain=chain)
    depth = 0
    while copied is not None:
        (copied,) = copied
        depth += 1
    assert depth == 20_000
    while chain is not None:
        (chain,) = chain


@pytest.mark.parametrize("kind", [tuple, frozenset])
def test_deep_nesting_of_what_cannot_wait_is_refused(kind: Callable[[Any], Any]) -> None:
    value: Any = kind([])
    for _ in range(300):
        value = kind([value])
    with pytest.raises(LimitReached, match="nested more than 200 deep"):
        in_program("copy.deepcopy([value])", value=value)


ENDLESS = """
collections.Counter(itertools.repeat(1))
collections.Counter().update(itertools.count())
collections.Counter().subtract(itertools.count())
collections.deque(itertools.count())
collections.deque(itertools.count(), maxlen=2)
collections.deque(range(10**12))
collections.deque(itertools.count(), maxlen=10**15)
collections.deque([1], maxlen=10**15) * 10**12
collections.deque().extend(itertools.repeat(0))
collections.deque(maxlen=1).extendleft(itertools.repeat(0))
collections.deque([1]) * 10**10
10**10 * collections.deque([1])
d = collections.deque([1]); d *= 10**10; d
d = collections.deque([1]); d += itertools.count(); d
collections.OrderedDict(zip(itertools.count(), itertools.count()))
collections.OrderedDict([itertools.count()])
collections.OrderedDict.fromkeys(itertools.repeat(1))
collections.defaultdict(list).update(zip(itertools.repeat(1), itertools.repeat(1)))
d = collections.defaultdict(list); d |= zip(itertools.repeat(1), itertools.repeat(1)); d
d = collections.OrderedDict(); d |= [itertools.count()]; d
collections.namedtuple("P", "x")(1) * 10**10
10**10 * collections.namedtuple("P", "x")(1)
collections.namedtuple("P", "x")._make(itertools.count())
collections.namedtuple("P", map(str, itertools.count()))
collections.namedtuple("P", "x", defaults=itertools.count())
functools.lru_cache(len).cache_info() * 10**10
functools.reduce(max, itertools.count())
functools.reduce(operator.mul, itertools.repeat(10**9))
functools.reduce(operator.add, itertools.repeat("a" * 10**4))
next(itertools.chain.from_iterable(itertools.repeat([])))
itertools.combinations(itertools.count(), 2)
itertools.combinations([1], 10**10)
itertools.combinations_with_replacement([1], 10**10)
itertools.permutations([1], 10**10)
itertools.product(range(10**9), repeat=100)
itertools.product([0, 1], repeat=10**9)
itertools.product(itertools.count())
next(itertools.compress(itertools.repeat(1), itertools.repeat(0)))
list(itertools.islice(itertools.cycle(itertools.count()), 10**12))
next(itertools.dropwhile(int, itertools.repeat(1)))
next(itertools.filterfalse(None, itertools.repeat(1)))
next(itertools.islice(itertools.groupby(itertools.repeat(1)), 1, 2))
next(itertools.islice(itertools.count(), 10**12, None))
list(itertools.islice(itertools.islice(itertools.count(), 0, None, 10**12), 2))
next(itertools.starmap(print, [itertools.count()]))
itertools.tee([1], 10**10)
list(itertools.accumulate(itertools.repeat("a" * 10**4)))[0]
operator.add("a" * 700_000, "a" * 700_000)
operator.add([0] * 600_000, [0] * 600_000)
operator.mul("a", 10**10)
operator.mul(10**10, [1])
operator.pow(9, 10**9)
operator.lshift(1, 10**10)
operator.contains(itertools.count(1), 0)
operator.contains(range(10**13), 0.5)
operator.countOf(itertools.repeat(1), 1)
operator.indexOf(itertools.repeat(1), 2)
operator.setitem([], slice(0, 0), itertools.count())
string.Template("$a" * 1000).substitute(a="a" * 10_000)
string.Template("$a" * 1000).safe_substitute(a="a" * 10_000)
textwrap.indent("a\\n" * 1_000, " " * 10_000)
textwrap.wrap("\\t" * 1000, tabsize=10**9)
textwrap.fill("ab " * 10_000, 10_001, subsequent_indent=" " * 10_000)
textwrap.wrap("a" * 200_000, 1)
base64.b64encode(b"a" * 900_000)
base64.b16encode(b"a" * 700_000)
functools.reduce(lambda h, data: h.update(data) or h, itertools.repeat(b"a" * 900_000), hashlib.sha256())
list(csv.reader(itertools.repeat("")))[0]
next(csv.DictReader(itertools.repeat("\\n"), ["a"]))
csv.DictReader([], itertools.repeat("a"))
next(csv.reader(["," * 1_000_001]))
next(csv.reader(itertools.chain(['"'], itertools.repeat('",' + "," * 100_000 + '"'))))
csv.format(itertools.repeat([1]))
csv.format([itertools.repeat(1)])
csv.format([["a" * 700_000], ["a" * 700_000]])
copy.deepcopy([0] * 100_001)
copy.copy([0] * 100_001)
"""


@pytest.mark.parametrize("text", programs(ENDLESS))
def test_what_would_not_end_is_stopped(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(LimitReached):
        in_program(text)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "collections.deque([shared])",
        "collections.Counter(a=shared)",
        "collections.defaultdict(None, a=shared)",
        "collections.OrderedDict(a=shared)",
        "collections.OrderedDict(a=shared).values()",
        "collections.namedtuple('P', 'x')(shared)",
        "collections.namedtuple('P', [f'x{i}' for i in range(100)])(*['a' * 50_000] * 100)",
        "functools.partial(max, shared)",
        "itertools.repeat(shared)",
        "operator.itemgetter(shared)",
        "operator.methodcaller('a', shared)",
        "string.Template('$a').substitute(a=shared)",
        "csv.format([[shared]])",
    ],
)
def test_what_is_shared_a_thousand_times_is_not_shown(text: str) -> None:
    shared: list[Any] = [0] * 10
    for _ in range(12):
        shared = [shared] * 10
    with pytest.raises(LimitReached):
        in_program(f"repr({text})", shared=shared)


def test_an_endless_mapping_of_a_class_is_stopped() -> None:
    text = """
        class Endless:
            def keys(self):
                return itertools.count()
            def __getitem__(self, key):
                return key
            def items(self):
                return itertools.repeat((1, 1))
        """
    with pytest.raises(LimitReached):
        in_program(dedent(text) + "collections.OrderedDict(Endless())")
    assert in_program(dedent(text) + "c = collections.Counter()\nc += Endless()\nc").startswith("TypeError")


def test_every_result_is_of_a_registered_type() -> None:
    texts = """
        iter(collections.deque())
        reversed(collections.deque())
        collections.OrderedDict().keys()
        collections.OrderedDict().values()
        collections.OrderedDict().items()
        iter(collections.OrderedDict())
        reversed(collections.OrderedDict())
        collections.Counter() + collections.Counter()
        -collections.Counter()
        collections.deque() + collections.deque()
        collections.deque() * 2
        collections.deque().copy()
        collections.defaultdict(list).copy()
        collections.defaultdict(list) | {}
        {} | collections.OrderedDict()
        copy.deepcopy(collections.OrderedDict())
        next(itertools.groupby([1]))[1]
        itertools.tee([])[0]
        copy.copy(collections.deque())
        functools.lru_cache(len)
        functools.lru_cache(5)
        functools.lru_cache(len).cache_info()
        functools.cmp_to_key(len)
        functools.wraps(len)
        functools.cached_property(len)
        functools.partial(len)
        operator.itemgetter(1)
        operator.attrgetter("a")
        operator.methodcaller("a")
        csv.reader([])
        csv.DictReader([])
        string.Template("")
        hashlib.sha3_256()
        hashlib.blake2b()
        hashlib.blake2s()
        hashlib.md5().copy()
        """
    for text in texts.split("\n        ")[1:-1]:
        value = in_program(text)
        assert type(value) in TYPES, text
        assert value.__class__ is not str, value
    for library in LIBRARIES.values():
        for member in library.members.values():
            if type(member) is NativeType:
                assert TYPES[member.host] is member  # type: ignore[index]


def test_host_attributes_are_out_of_reach() -> None:
    for text in (
        "functools.lru_cache(len).__wrapped__",
        "functools.partial(len).__class__",
        "collections.namedtuple('P', 'x')(1).__class__",
        "collections.namedtuple('P', 'x').__new__",
        "operator.attrgetter('__class__')([])",
        "operator.attrgetter('real.__class__')(5)",
        "operator.methodcaller('__reduce__')([])",
        "string.Template('').pattern",
        "csv.reader([]).dialect",
        "collections.deque().__class__",
        "collections.Counter.__init__",
        "itertools.count().__reduce__",
    ):
        assert in_program(text).startswith("AttributeError: "), text
