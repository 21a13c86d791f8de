"""The targets: how each makes an input, and what must hold when it is used."""

from __future__ import annotations

import json
import linecache
import marshal
import random
import re
import traceback
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from dana import DanaError, Host, Session, UncaughtError
from dana.answers import Boolean, Either, List, Literal, Number, Object, Shape, Text
from dana.diagnostics import render_github, render_json, render_text
from dana.errors import Diagnostic, Interrupted, UsageError
from dana.formatting import represent
from dana.lexer import LexicalError, tokenize
from dana.limits import Limits
from dana.parser import parse
from dana.resolver import resolve
from dana.session import decode_source
from dana.source import Source
from dana.tree_cache import decode, encode
from tests.fuzz import corpus, generation

HOST_TEXT = re.compile(
    r"<shape>|object at 0x|/site-packages/|Traceback \(most recent|internal error|<frozen |\.py\", line|dana\.(?:evaluation|nodes|values)"
)
"""What no message may say, unless the input does."""

INNER_ERRORS = (
    SyntaxError,
    SystemError,
    RecursionError,
    MemoryError,
    AssertionError,
    AttributeError,
    UnboundLocalError,
)
INNER_FILE = re.compile(
    r"/dana/(?:evaluation/(?:lowering|shapes|definitions|patterns)|resolver|overlap|inference|builder|nodes)\.py$"
)

FUNCTIONS = {"act": lambda **given: {"n": 2}, "undo": lambda **given: None}


class Fault(Exception):
    """Something that must not happen; the same cause has the same text."""


@dataclass(frozen=True)
class Target:
    """`make` gives an input, `run` raises Fault when it breaks something."""

    make: Callable[[random.Random], bytes]
    run: Callable[[bytes], None]


class Closed(Host):
    """A host without effects; it counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.effects = 0
        self.clock = 0.0

    def write(self, text: str) -> None:
        self.effects += 1

    def write_log(self, line: str) -> None:
        self.effects += 1

    def read_line(self, prompt: str) -> str:
        self.effects += 1
        raise EOFError("input() has nothing left to read")

    def monotonic(self) -> float:
        self.clock += 0.001
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.effects += 1
        self.clock += seconds

    def random(self) -> random.Random:
        return random.Random(0)

    def read_source(self, path: str) -> bytes | None:
        self.effects += 1
        return None


def limits() -> Limits:
    return Limits(steps=20_000, seconds=2, depth=150, text=200_000, items=20_000, bits=20_000)


# What must hold


def check_error(error: DanaError, data: bytes) -> None:
    """Raise Fault for an error that is not one a person can act on."""
    if not error.diagnostics:
        raise Fault("an error without a diagnostic")
    for diagnostic in error.diagnostics:
        check_diagnostic(diagnostic, data)
    if isinstance(error, UncaughtError):
        check_cause(error.exception)


def check_diagnostic(diagnostic: Diagnostic, data: bytes) -> None:
    source = diagnostic.source
    if source is not None:
        spans = [(diagnostic.start, diagnostic.end), *((start, end) for _, start, end in diagnostic.notes)]
        for start, end in spans:
            if not 0 <= start <= end <= len(source.text) + 1:
                raise Fault(f"{diagnostic.code} lies outside of the source")
    shown = render_text(diagnostic)
    json.dumps(render_json(diagnostic))
    render_github(diagnostic)
    shown.encode("utf-8")
    if not diagnostic.message.strip():
        raise Fault(f"{diagnostic.code} says nothing")
    if len(shown) > 40_000:
        raise Fault(f"{diagnostic.code} is shown in {len(shown) // 10_000 * 10_000} characters")
    if any(character < " " and character not in "\n" for character in re.sub("\t", "", shown)):
        raise Fault(f"{diagnostic.code} shows control characters")
    found = HOST_TEXT.search(shown)
    if found and found[0].encode() not in data:
        raise Fault(f"{diagnostic.code} speaks of the host: {found[0]}")
    for frame in diagnostic.frames:
        if not 0 <= frame.start <= frame.end <= len(frame.source.text):
            raise Fault("a frame lies outside of its source")


def check_cause(error: BaseException) -> None:
    """Raise Fault for an exception that is Dana's own fault though it is shown as the program's."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    if not place:
        return
    file, number = place[0].filename, place[0].lineno or 0
    line = linecache.getline(file, number).strip()
    if "/dana/" not in file and "/stdlib/" not in file:
        return
    deliberate = line.startswith(("raise", "getattr(", "return getattr(", "delattr(")) or "raise " in line
    if (isinstance(error, INNER_ERRORS) or INNER_FILE.search(file)) and not deliberate:
        raise Fault(f"{type(error).__name__} at {file.rpartition('/')[2]}:{number}: {line}")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass") if b"\xff" not in data else data.decode("utf-8", "replace")


def guarded(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A run that turns what escapes into Fault, and checks errors."""

    def guard(data: bytes) -> None:
        try:
            run(data)
        except DanaError as error:
            check_error(error, data)
        except Interrupted:
            raise Fault("interrupted") from None

    def outer(data: bytes) -> None:
        try:
            guard(data)
        except Fault:
            raise
        except BaseException as error:
            places = [
                f
                for f in traceback.extract_tb(error.__traceback__)
                if "/dana/" in f.filename or "/stdlib/" in f.filename
            ]
            place = f" at {places[-1].filename.rpartition('/')[2]}:{places[-1].name}" if places else ""
            raise Fault(f"{type(error).__name__}{place}") from error

    return outer


# The front end


def lex(data: bytes) -> None:
    text = Source(text_of(data)).text
    try:
        tokens = tokenize(text)
    except LexicalError as error:
        if not 0 <= error.start <= error.end <= len(text) + 1:
            raise Fault(f"{error.code} lies outside of the text") from None
        return
    last = 0
    for kind, value, start, end in tokens:
        if not last <= start <= end <= len(text):
            raise Fault(f"{kind} lies outside of the text")
        written = unicodedata.normalize("NFKC", text[start:end]) if value.isalpha() else text[start:end]
        if kind not in ("NAME", "INDENT", "DEDENT", "NEWLINE", "$END") and written != value and value.isascii():
            raise Fault(f"{kind} is not what stands there")
        last = end if kind not in ("INDENT", "DEDENT") else last
    if [kind for kind, *_ in tokens].count("INDENT") != [kind for kind, *_ in tokens].count("DEDENT"):
        raise Fault("blocks that do not end")


def parse_text(data: bytes) -> None:
    source = Source(text_of(data), "input.na")
    module = parse(source)
    groups = encode(module)
    kept = marshal.dumps(groups, 2)
    if kept != marshal.dumps(encode(parse(source)), 2):
        raise Fault("the tree differs when it is parsed again")
    if kept != marshal.dumps(encode(decode(marshal.loads(marshal.dumps(groups)))), 2):  # type: ignore[arg-type]
        raise Fault("the tree differs when it comes from the cache")
    for node in module.walk():
        if not 0 <= node.start <= node.end <= len(source.text):
            raise Fault(f"{type(node).__name__} lies outside of the source")


def parse_bytes(data: bytes) -> None:
    parse(decode_source(data, "input.na"))


def check_program(data: bytes) -> None:
    from dana.models.inspection import asked_calls

    source = Source(text_of(data), "input.na")
    session = Session(Closed())
    for strict in (False, True):
        for diagnostic in session.check(source, strict=strict):
            check_diagnostic(diagnostic, data)
    resolve(parse(source), source)
    for call in asked_calls(source):
        call.shape.schema()


def evaluate(data: bytes) -> None:
    host = Closed()
    session = Session(host, limits=limits(), settings={"log_level": "ERROR"})
    for name, function in FUNCTIONS.items():
        session.register(name, function)
    session.run(text_of(data), "input.na")
    if host.effects > 20_000:
        raise Fault("more effects than steps")


def describe_error(data: bytes) -> None:
    """Diagnostics about any place of any text, in any width."""
    source = Source(text_of(data), "input.na" if len(data) % 3 else text_of(data)[:80])
    chance = random.Random(data)
    size = len(source.text)
    for _ in range(5):
        start, end = sorted((chance.randint(0, size), chance.randint(0, size)))
        note = sorted((chance.randint(0, size), chance.randint(0, size)))
        message = source.text[start:end] or "nothing"
        found = Diagnostic(
            "fuzz", message, source, start, end, hint=message[:50], notes=((message[:9], note[0], note[1]),)
        )
        for width in (1, 20, 100):
            shown = render_text(found, width=width, color=width == 20)
            shown.encode("utf-8")
            if width == 100 and any(character < " " and character not in "\n\t" for character in shown):
                raise Fault("control characters are shown")
        json.dumps(render_json(found))
        if "\n" in render_github(found):
            raise Fault("more than one line for GitHub")


# Data


def check_definition(data: bytes) -> None:
    """Whatever a definition says, its problems are listed; it runs, or its error is one of the workflow."""
    from dana.workflow_files import check_file, read_definition, run_file

    source = Source(text_of(data), "input.json")
    try:
        for diagnostic in check_file(source):
            check_diagnostic(diagnostic, data)
        found = read_definition(source)
    except UsageError as error:
        check_error(error, data)
        return
    except UncaughtError as error:
        raise Fault(f"the check fails: {str(error).strip().splitlines()[-1][:60]}") from None
    session = Session(Closed(), limits=limits(), settings={"log_level": "ERROR"})
    for name, function in FUNCTIONS.items():
        session.register(name, function)
    run_file(session, found, {"n": 1})


def configure(data: bytes) -> None:
    from dana import configuration

    configuration.parse(Source(text_of(data), "dana.toml"))


SHAPES: list[Shape] = [
    Text(),
    Boolean(),
    Number(whole=True, low=0, high=10),
    Number(),
    Literal(["big", "small"]),
    List(Number()),
    List(Object({"name": Text(), "score": Number()})),
    Object({"branch": Literal(["big", "small"]), "reasoning": Text()}, optional=["reasoning"]),
    Object({}, rest=Boolean()),
    Either(
        [Object({"kind": Literal(["a"]), "x": Number()}), Object({"kind": Literal(["b"])}), List(Boolean()), Boolean()]
    ),
]


def read_answer(data: bytes) -> None:
    from dana.models.asking import ItemReader, Unusable, read
    from dana.models.requests import Reply
    from dana.values import to_value

    text = text_of(data)
    for shape in SHAPES:
        try:
            found = read(Reply(text, "stop", 1, 1), shape)
            json.dumps(found, allow_nan=False)
            represent(to_value(found))
        except Unusable as problem:
            if not str(problem).strip() or len(str(problem)) > 2_000:
                raise Fault("a problem that nobody can read") from None
    reader = ItemReader()
    try:
        for at in range(0, len(text), 7):
            reader.feed(text[at : at + 7])
    except Unusable:
        pass


# Inputs


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def program(chance: random.Random) -> bytes:
    """A changed program, or one made from the grammar; sometimes the second changed too."""
    if chance.random() < 0.7:
        return _encoded(corpus.Mutation(chance).program())
    made = generation.program(chance)
    return _encoded(made if chance.random() < 0.7 else corpus.Mutation(chance).tokens(made))


def changed_bytes(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randint(0, 200))
    return corpus.Mutation(chance).bytes(program(chance))


TARGETS = {
    "lexer": Target(program, guarded(lex)),
    "parser": Target(program, guarded(parse_text)),
    "bytes": Target(changed_bytes, guarded(parse_bytes)),
    "check": Target(program, guarded(check_program)),
    "evaluator": Target(program, guarded(evaluate)),
    "diagnostics": Target(program, guarded(describe_error)),
    "definitions": Target(lambda chance: _encoded(corpus.definition(chance)), guarded(check_definition)),
    "configuration": Target(lambda chance: _encoded(corpus.configuration(chance)), guarded(configure)),
    "answers": Target(lambda chance: _encoded(corpus.answer(chance)), guarded(read_answer)),
}
