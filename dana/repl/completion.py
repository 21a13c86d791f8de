"""What may come next at the end of a text: names, attributes, keys, keywords, modules, files, from live values.

Nothing of a program runs for it: attributes are looked up in the tables of values, properties are not read, keys are
compared when they are plain texts only.
"""

from __future__ import annotations

import inspect
import os
import re
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from dana import modules
from dana.calls import OPTIONS
from dana.errors import ProgramError
from dana.formatting import PLAIN
from dana.lexer import KEYWORDS, MASTER, LexicalError, string_end
from dana.nodes import ClassDefinition, FunctionDefinition
from dana.parser import parse
from dana.resolver import resolve
from dana.session import Session, read_source
from dana.source import Source
from dana.values import TYPES, UNBOUND, Class, Module, NativeType, attribute_names, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

MOST = 500
"""How many candidates are offered at once."""
LOOKED_AT = 20_000
"""How many keys of a dict are looked at."""
_SHOWN = 60
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodDescriptorType)
"""What has parameters that can be read: functions of programs, of the library and of the host."""

_WORDS = sorted({*KEYWORDS, "match", "case", "struct", "resource", "interface"} - {"async", "await"})


class Candidate(NamedTuple):
    """What may stand in place of the last `typed` characters: the text, how a menu calls it, and what it is."""

    text: str
    typed: int
    label: str
    meaning: str = ""


class Token(NamedTuple):
    """A token of a text that need not be complete; of a string that is not closed the kind is OPEN."""

    kind: str
    text: str
    start: int
    end: int


class Candidates(Completer):
    """The candidates for the prompt."""

    def __init__(self, session: Session, commands: Callable[[str], Iterable[Candidate] | str]) -> None:
        self.session = session
        self.commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        found = self.commands(before) if before.startswith(":") else before
        if isinstance(found, str):
            found = candidates(found, self.session)
        for each in found:
            yield Completion(each.text, -each.typed, display=each.label, display_meta=each.meaning)


def candidates(text: str, session: Session) -> list[Candidate]:
    """What may come at the end of a program's text."""
    tokens = tokens_of(text)
    last = tokens[-1] if tokens else None
    if last is not None and last.kind == "COMMENT" and last.end == len(text):
        return []
    if last is not None and last.kind == "OPEN":
        return _inside_text(tokens, session)
    tokens = [token for token in tokens if token.kind not in ("SPACE", "COMMENT")]
    typed = ""
    if last is not None and last.kind == "NAME" and last.end == len(text):
        typed = tokens.pop().text
    elif last is not None and last.kind == "NUMBER" and last.end == len(text):
        return []
    found = _offered(tokens, typed, session)
    return sorted((each for each in found if each.text.startswith(typed)), key=_order)[:MOST]


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, those without meaning too."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = MASTER.match(text, at)
        if match is None:
            if text[at] in "\"'":
                found.append(Token("OPEN", text[at:], at, len(text)))
                return found
            at += 1
            continue
        kind, end = match.lastgroup or "", match.end()
        if kind == "FSTRING":
            try:
                end = string_end(text, at, end, len(text))
            except LexicalError:
                found.append(Token("OPEN", text[at:], at, len(text)))
                return found
        found.append(Token(kind, text[at:end], at, end))
        at = end
    return found


def _order(candidate: Candidate) -> tuple[bool, bool, str]:
    """Keyword arguments first, names that begin with an underscore last."""
    return not candidate.text.endswith("="), candidate.text.startswith("_"), candidate.text.lower()


def _offered(tokens: list[Token], typed: str, session: Session) -> Iterator[Candidate]:
    line = _statement(tokens)
    if line and line[0].text in ("import", "from"):
        yield from _imported(line, typed, session)
        return
    if tokens and tokens[-1].text == ".":
        value = value_of(tokens[:-1], session)
        if value is not UNBOUND:
            yield from _attributes(value, typed, session)
        return
    if tokens and tokens[-1].text == "[" and not typed:
        yield from _keys(value_of(tokens[:-1], session), "", '"', "")
    yield from _arguments(tokens, typed, session)
    yield from _names(tokens, typed, session)


def _statement(tokens: list[Token]) -> list[Token]:
    """The tokens of the line that is being typed."""
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].kind == "NEWLINE" or tokens[at].text == ";":
            return tokens[at + 1 :]
    return tokens


# Names


def _names(tokens: list[Token], typed: str, session: Session) -> Iterator[Candidate]:
    bound = session.variables
    typed_before = {token.text for token in tokens if token.kind == "NAME"}
    for name in sorted({*(name for name in bound.own if name in bound), *modules.builtin_names(), *session.registered}):
        if name.startswith(typed) and name[0] != "$":
            value = lookup(name, session)
            yield Candidate(name, len(typed), name, meaning(value))
            typed_before.discard(name)
    for word in _WORDS:
        if word.startswith(typed):
            yield Candidate(word, len(typed), word, "keyword")
            typed_before.discard(word)
    for name in typed_before - set(KEYWORDS):
        yield Candidate(name, len(typed), name)


def lookup(name: str, session: Session) -> Any:
    """The value of a name, without asking callers or loading what is written in Dana; UNBOUND for none."""
    found = session.variables.get(name, UNBOUND)
    if found is UNBOUND:
        found = session.registered.get(name, UNBOUND)
    return modules.builtin(name) if found is UNBOUND else found


def value_of(tokens: list[Token], session: Session) -> Any:
    """The value of the names, attributes and constant keys at the end of the tokens, or UNBOUND."""
    steps: list[tuple[str, Any]] = []
    at = len(tokens) - 1
    while at >= 0:
        token = tokens[at]
        if token.text == "]" and at >= 2 and tokens[at - 2].text == "[" and tokens[at - 1].kind in ("STRING", "NUMBER"):
            steps.append(("item", _constant(tokens[at - 1].text)))
            at -= 3
            continue
        if token.kind == "NAME" and at >= 1 and tokens[at - 1].text == ".":
            steps.append(("attribute", token.text))
            at -= 2
            continue
        if token.kind == "NAME":
            value = lookup(token.text, session)
        elif token.kind == "STRING":
            value = _constant(token.text)
        else:
            return UNBOUND
        for step, name in reversed(steps):
            value = _item(value, name) if step == "item" else attribute(value, name)
        return value
    return UNBOUND


def _constant(text: str) -> Any:
    from ast import literal_eval

    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return UNBOUND


def _item(value: Any, key: Any) -> Any:
    if type(value) is dict:
        for _, (known, item) in zip(range(LOOKED_AT), value.items(), strict=False):
            if type(known) is type(key) and type(key) in PLAIN and known == key:
                return item
    elif type(value) in (list, tuple) and type(key) is int and -len(value) <= key < len(value):
        return value[key]
    return UNBOUND


def attribute(value: Any, name: str) -> Any:
    """`value.name` where finding it runs nothing of a program; UNBOUND otherwise."""
    kind = type(value)
    native = TYPES.get(kind)
    if native is not None:
        if name in native.methods:
            return MethodType(native.methods[name], value)
        return _item(value, name) if kind is dict else UNBOUND  # reading a field may do more than look
    if kind is NativeType:
        return value.statics.get(name, value.methods.get(name, UNBOUND))
    if kind is Module:
        return value.members.get(name, UNBOUND) if name in value.names() else UNBOUND
    if kind.__class__ is Class and name in getattr(value, "__dict__", ()):
        return value.__dict__[name]
    owner = value if kind is Class else kind if kind.__class__ is Class else None
    for each in owner.__mro__ if owner is not None else ():
        if type(each) is Class and name in vars(each):
            found = vars(each)[name]
            if type(found) in (staticmethod, classmethod):
                return found.__func__ if type(found) is staticmethod else MethodType(found.__func__, owner)
            if type(found) is FunctionType:
                return found if kind is Class else MethodType(found, value)
            return UNBOUND if type(found) is property else found
    return UNBOUND


def _attributes(value: Any, typed: str, session: Session) -> Iterator[Candidate]:
    names = {*attribute_names(value), *session.receivers.get(type(value), ())}
    if type(value) is dict:
        names.update(key for key in _texts(value) if key.isidentifier())
    for name in names:
        if typed or name[0] != "_":
            found = attribute(value, name)
            if found is UNBOUND:
                found = session.receivers.get(type(value), {}).get(name, UNBOUND)
            yield Candidate(name, len(typed), name, meaning(found))


def _texts(value: dict[Any, Any]) -> Iterator[str]:
    return (key for _, key in zip(range(LOOKED_AT), value, strict=False) if type(key) is str)


def _keys(value: Any, typed: str, quote: str, opened: str) -> Iterator[Candidate]:
    """The keys of a dict; `opened` is the quote when it is typed already."""
    if type(value) is dict:
        for key in _texts(value):
            if key.startswith(typed) and key.isprintable() and "\\" not in key and quote not in key:
                text = f"{key}{quote}]" if opened else f"{quote}{key}{quote}]"
                yield Candidate(text, len(typed), key, meaning(_item(value, key)))


# Arguments


def _arguments(tokens: list[Token], typed: str, session: Session) -> Iterator[Candidate]:
    at = _open_call(tokens)
    if at is None or (tokens[-1].text not in ("(", ",")):
        return
    function = value_of(tokens[:at], session)
    given = {token.text for token, after in zip(tokens[at:], tokens[at + 1 :], strict=False) if after.text == "="}
    for name in _keywords(function):
        if name.startswith(typed) and name not in given:
            yield Candidate(f"{name}=", len(typed), f"{name}=", "argument")


def _open_call(tokens: list[Token]) -> int | None:
    """Where the innermost bracket is that is open, when it is that of a call."""
    depth = 0
    for at in range(len(tokens) - 1, -1, -1):
        text = tokens[at].text
        if text in (")", "]", "}"):
            depth += 1
        elif text in ("(", "[", "{"):
            depth -= 1
            if depth < 0:
                return at if text == "(" and at and tokens[at - 1].kind == "NAME" else None
    return None


def _keywords(function: Any) -> list[str]:
    if function is modules.builtin("reason"):
        return OPTIONS
    layout = vars(function).get("__struct__") if type(function) is Class else None
    if layout is not None:
        return list(layout.fields)
    found = _signature(function)
    if found is None:
        return []
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [name for name, parameter in found.parameters.items() if parameter.kind in kinds]


def _signature(function: Any) -> inspect.Signature | None:
    """The parameters with which a value is called; None where they are not known without running something."""
    if type(function) is NativeType:
        function = function.construct
    own = False
    if type(function) is Class:
        function, own = attribute(function, "__init__"), True
    if type(function) is MethodType:
        function, own = function.__func__, True
    if type(function) not in _FUNCTIONS:
        return None
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return found.replace(parameters=list(found.parameters.values())[own:])


def signature(function: Any, name: str) -> str:
    """How a function is called, or nothing."""
    layout = vars(function).get("__struct__") if type(function) is Class else None
    if layout is not None:
        return f"{name}({', '.join(layout.fields)})"
    found = _signature(function)
    if found is None:
        return ""
    empty = inspect.Parameter.empty
    plain = [
        each.replace(annotation=empty, default=each.default if each.default is empty else _Default(each.default))
        for each in found.parameters.values()
    ]
    return f"{name}{found.replace(parameters=plain, return_annotation=empty)}"


class _Default:
    """A default in a signature: as it is written where it is plain."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return _plain(self.value) if type(self.value) in PLAIN else "..."


def call_at_end(text: str, session: Session) -> str:
    """How the function is called whose arguments are being typed, or nothing."""
    tokens = [token for token in tokens_of(text) if token.kind not in ("SPACE", "COMMENT")]
    at = _open_call(tokens)
    if at is None:
        return ""
    return signature(value_of(tokens[:at], session), tokens[at - 1].text)


def meaning(value: Any) -> str:
    """What a menu says of a value: how it is called and its first line of documentation, or its type."""
    if value is UNBOUND:
        return ""
    kind = type(value)
    if kind in PLAIN and kind is not type(None):
        return f"{type_name(value)}  {_plain(value)}"
    if kind in (list, dict, tuple, set, frozenset):
        return f"{type_name(value)}  {len(value)} item{'s' * (len(value) != 1)}"
    if kind in (NativeType, Module):
        return f"{'type' if kind is NativeType else 'module'}  {_first_line(value.doc)}"
    name = getattr(value, "__name__", "") if callable(value) else ""
    called = signature(value, name)
    function = value.__func__ if kind is MethodType else value
    core = modules.library("core")
    if kind is Class:
        doc = vars(value).get("__doc__")
    elif kind is BuiltinFunctionType and core.members.get(name) is value:
        doc = core.docs[name]
    else:
        doc = getattr(function, "__doc__", None) if type(function) in _FUNCTIONS else None
    said = _first_line(doc)
    if kind is Class:
        return f"{called or 'class'}  {said}".rstrip()
    return f"{called or type_name(value)}  {said}".rstrip()


def _plain(value: Any) -> str:
    """A value that holds no others, in short."""
    if type(value) is int and value.bit_length() > _SHOWN:
        return "..."
    return repr(value[:_SHOWN] if type(value) in (str, bytes) else value)[:_SHOWN]


def _first_line(doc: Any) -> str:
    lines = doc.strip().splitlines() if type(doc) is str else []
    return lines[0] if lines else ""


# Modules


def _imported(line: list[Token], typed: str, session: Session) -> Iterator[Candidate]:
    words = [token.text for token in line]
    if words[0] == "from" and "import" in words:
        name = "".join(words[1 : words.index("import")])
        for member, said in _members(name, session):
            yield Candidate(member, len(typed), member, said)
        return
    dotted = ""
    while len(words) > 1 and words[-1] == ".":
        dotted = f"{words[-2]}.{dotted}"
        words = words[:-2]
    if not dotted:
        if len(words) > 1 and words[-1] != ",":
            if words[0] == "from":
                yield Candidate("import", len(typed), "import", "keyword")
            return
        for name in modules.module_names():
            yield Candidate(name, len(typed), name, _first_line(modules.library(name).doc))
    for name in _files_of_modules(dotted.replace(".", os.sep)):
        yield Candidate(name, len(typed), name, os.path.join(dotted.replace(".", os.sep), name))


def _files_of_modules(folder: str) -> Iterator[str]:
    for entry in _entries(folder):
        name, dot, suffix = entry.name.rpartition(".")
        if suffix == "na" and dot and name.isidentifier() and name != "__init__":
            yield name
        elif entry.name.isidentifier() and os.path.isfile(os.path.join(entry.path, "__init__.na")):
            yield entry.name


def _members(name: str, session: Session) -> Iterator[tuple[str, str]]:
    """The names in a module; that of a file is read, and not run."""
    standard = modules.standard_module(name)
    for path in modules.files_of(name, ""):
        if os.path.isfile(path):
            try:
                source = read_source(path)
                tree = parse(source)
                bound = resolve(tree, source).scopes[id(tree)].bound
            except (ProgramError, OSError):
                return
            for each, node in bound.items():
                if each[0] != "_":
                    yield each, _heading(node, source)
            return
    if standard is not None:
        for each in standard.names():
            yield each, meaning(standard.members[each])


def _heading(node: Any, source: Source) -> str:
    if isinstance(node, FunctionDefinition | ClassDefinition):
        return source.line(source.line_of(node.start)).strip().rstrip(":")
    return ""


# Texts


def _inside_text(tokens: list[Token], session: Session) -> list[Candidate]:
    """What may come in a string that is not closed: an expression in an f-string, a key, or a file."""
    token = tokens[-1]
    prefix = token.text[: len(token.text) - len(token.text.lstrip("rRbBfFuU"))]
    inside = token.text[len(prefix) :]
    quote = inside[:3] if inside[:3] in ('"""', "'''") else inside[:1]
    inside = inside[len(quote) :]
    before = [each for each in tokens[:-1] if each.kind not in ("SPACE", "COMMENT")]
    if "f" in prefix.lower():
        field = re.search(r"(?<!\{)(?:\{\{)*\{([^{}]*)\Z", inside)
        if field is not None:
            return candidates(field[1], session)
    elif before and before[-1].text == "[" and len(quote) == 1:
        found = sorted(_keys(value_of(before[:-1], session), inside, quote, quote), key=_order)
        if found:
            return found[:MOST]
    return files(inside) if "\n" not in inside else []


def files(typed: str) -> list[Candidate]:
    """The files and folders whose path begins as typed."""
    folder, _, start = typed.rpartition("/")
    place = f"{folder}/" if "/" in typed else ""
    found = []
    for entry in _entries(os.path.expanduser(place)):
        if entry.name.startswith(start) and (start or entry.name[0] != ".") and entry.name.isprintable():
            name = entry.name + "/" * entry.is_dir()
            found.append(Candidate(name, len(start), name))
    return sorted(found)[:MOST]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or os.curdir) as entries:
            return [entry for _, entry in zip(range(LOOKED_AT), entries, strict=False)]
    except (OSError, ValueError):
        return []
