"""Literals: numbers, constants, texts, and f-strings taken apart into the expressions that they hold."""

from __future__ import annotations

from dana import nodes
from dana.lexer import SCOPES, LexicalError, Token, inner_text_end, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.nodes import Expression

_new = tuple.__new__

_CONSTANTS = {"True": True, "true": True, "False": False, "false": False, "None": None, "none": None, "null": None}


def constant(start: int, end: int, token: Token) -> nodes.Constant:
    return _new(nodes.Constant, (start, end, _CONSTANTS[token[1]]))


def ellipsis(start: int, end: int, _: Token) -> nodes.Constant:
    return nodes.Constant(start, end, ...)


def number(start: int, end: int, token: Token) -> nodes.Constant:
    return _new(nodes.Constant, (start, end, _number(token)))


def _number(token: Token) -> int | float | complex:
    text = token[1].replace("_", "")
    if text.isdigit():
        if len(text) > 4000:
            raise LexicalError("bad-number", f"a number of {len(text):,} digits is too long", token[2], token[3])
        return int(text)
    mark = text[:2].lower()
    if mark in ("0x", "0b", "0o"):
        return int(text, 0)
    return complex(text) if text[-1] in "jJ" else float(text)


_SIMPLE_ESCAPES = {
    "\n": "", "\\": "\\", "'": "'", '"': '"',
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip


def strings(start: int, end: int, tokens: list[Token]) -> Expression:
    """Texts that stand beside each other, joined."""
    parts: list[Any] = []
    kinds = set()
    for token in tokens:
        if token[0] == "STRING":
            value = _text(token)
            kinds.add(type(value))
            parts.append(nodes.Constant(token[2], token[3], value))
        else:
            kinds.add(str)
            parts += fstring(token)
    if len(kinds) > 1:
        raise LexicalError("mixed-strings", "cannot mix bytes and nonbytes literals", start, end)
    if all(token[0] == "STRING" for token in tokens):
        if len(parts) == 1:
            return nodes.Constant(start, end, parts[0].value)
        nothing: Any = b"" if bytes in kinds else ""
        return nodes.Constant(start, end, nothing.join([part.value for part in parts]))
    return nodes.JoinedString(start, end, merged(parts))


def merged(parts: list[Any]) -> tuple[Any, ...]:
    """Parts with neighbouring constants joined and empty ones left out."""
    found: list[Any] = []
    for part in parts:
        if type(part) is nodes.Constant:
            if not part.value:
                continue
            if found and type(found[-1]) is nodes.Constant:
                before: Any = found[-1].value
                found[-1] = nodes.Constant(found[-1].start, part.end, before + part.value)
                continue
        found.append(part)
    return tuple(found)


def _text(token: Token) -> str | bytes:
    """The value of a literal text or bytes."""
    text = token[1]
    quote = min(at for at in (text.find('"'), text.find("'")) if at >= 0)
    prefix = text[:quote].lower()
    size = 3 if text.startswith((text[quote] * 3), quote) and len(text) >= quote + 6 else 1
    body = text[quote + size : -size]
    at = token[2] + quote + size
    if "b" in prefix:
        for offset, character in enumerate(body):
            if ord(character) > 127:
                raise LexicalError(
                    "bad-escape", "bytes can only contain ASCII literal characters", at + offset, at + offset + 1
                )
    if "r" not in prefix and "\\" in body:
        body = unescaped(body, at, "b" in prefix)
    return body.encode("latin-1") if "b" in prefix else body


def unescaped(body: str, at: int, is_bytes: bool = False) -> str:
    """A text with its escapes replaced; `at` is where it stands in the source."""
    parts: list[str] = []
    position = 0
    while True:
        slash = body.find("\\", position)
        if slash < 0:
            parts.append(body[position:])
            return "".join(parts)
        parts.append(body[position:slash])
        if slash + 1 == len(body):  # what follows is a field of an f-string
            parts.append("\\")
            return "".join(parts)
        letter = body[slash + 1]
        position = slash + 2
        simple = _SIMPLE_ESCAPES.get(letter)
        if simple is not None:
            parts.append(simple)
        elif letter in "01234567":
            end = position
            while end < slash + 4 and end < len(body) and body[end] in "01234567":
                end += 1
            parts.append(chr(int(body[slash + 1 : end], 8) & (0xFF if is_bytes else 0x1FF)))
            position = end
        elif letter == "x" or (letter in "uU" and not is_bytes):
            size = {"x": 2, "u": 4, "U": 8}[letter]
            digits = body[position : position + size]
            if len(digits) < size or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise LexicalError(
                    "bad-escape",
                    f"the escape \\{letter} needs {size} hexadecimal digits",
                    at + slash,
                    at + slash + 2 + len(digits),
                )
            code = int(digits, 16)
            if code > 0x10FFFF:
                raise LexicalError("bad-escape", f"\\U{digits} is no character", at + slash, at + slash + 10)
            parts.append(chr(code))
            position += size
        elif letter == "N" and not is_bytes:
            import unicodedata  # only for named characters

            close = body.find("}", position)
            name = body[position + 1 : close]
            if body[position : position + 1] != "{" or close < 0:
                raise LexicalError(
                    "bad-escape", "\\N needs the name of a character in braces", at + slash, at + slash + 2
                )
            try:
                parts.append(unicodedata.lookup(name))
            except KeyError:
                raise LexicalError(
                    "bad-escape", f"there is no character named {name}", at + slash, at + close + 1
                ) from None
            position = close + 1
        else:
            parts.append("\\" + letter)


def fstring(token: Token) -> list[Any]:
    """The parts of an f-string."""
    text, start = token[1], token[2]
    quote = min(at for at in (text.find('"'), text.find("'")) if at >= 0)
    size = 3 if text.startswith(text[quote] * 3, quote) and len(text) >= quote + 6 else 1
    raw = "r" in text[:quote].lower()
    return _fields(text, quote + size, len(text) - size, start, raw, False)[0]


def _fields(text: str, at: int, stop: int, offset: int, raw: bool, in_spec: bool) -> tuple[list[Any], int]:
    """The parts of an f-string, or of the specification of a field, from `at`; and where they end."""
    parts: list[Any] = []
    begin = at

    def constant(end: int) -> None:
        body = text[begin:end]
        if body:
            value = body if raw or "\\" not in body else unescaped(body, offset + begin)
            parts.append(nodes.Constant(offset + begin, offset + end, value))

    while at < stop:
        character = text[at]
        if character == "\\" and not raw:
            at += 1 if text.startswith("{", at + 1) else 2
            if text.startswith("N{", at - 1):
                at = text.index("}", at) + 1
        elif character == "{" and text.startswith("{{", at) and not in_spec:
            constant(at + 1)
            at += 2
            begin = at
        elif character == "{":
            constant(at)
            field, at = _field(text, at, stop, offset, raw)
            parts += field
            begin = at
        elif character == "}" and in_spec:
            break
        elif character == "}":
            if not text.startswith("}}", at):
                raise LexicalError(
                    "unmatched-bracket",
                    "a single '}' in an f-string",
                    offset + at,
                    offset + at + 1,
                    "write '}}' for a brace",
                )
            constant(at + 1)
            at += 2
            begin = at
        else:
            at += 1
    constant(at)
    return list(merged(parts)), at


def _field(text: str, at: int, stop: int, offset: int, raw: bool) -> tuple[list[Any], int]:
    """A field `{value=!r:spec}` of an f-string, and where it ends."""
    opening = at
    end = _expression_end(text, at + 1, stop)
    inside = text[at + 1 : end]
    shows = False
    value_end = end
    if text.startswith("=", end):
        shows = True
        end += 1
        while end < stop and text[end] in " \t\n":
            end += 1
        inside = text[at + 1 : end]
    if not text[at + 1 : value_end].strip():
        raise LexicalError(
            "empty-field", "an f-string's field has no expression", offset + at, offset + min(end + 1, stop)
        )
    value = _nested(text, at + 1, value_end, offset)
    conversion = None
    if text.startswith("!", end):
        letter = end + 1
        while end < stop and text[end] not in ":}":
            end += 1
        conversion = text[letter:end].strip()
        if conversion not in ("r", "s", "a"):
            raise LexicalError(
                "bad-conversion",
                f"'!{conversion}' is no conversion",
                offset + letter - 1,
                offset + end,
                "one of !r, !s and !a",
            )
    spec = None
    if text.startswith(":", end):
        parts, after = _fields(text, end + 1, stop, offset, raw, True)
        spec = nodes.JoinedString(offset + end + 1, offset + after, tuple(parts))
        end = after
    if not text.startswith("}", end) or end >= stop:
        raise LexicalError(
            "unclosed-bracket", "'{' is never closed in this f-string", offset + opening, offset + opening + 1
        )
    if shows and conversion is None and spec is None:
        conversion = "r"
    field: list[Any] = [nodes.Interpolation(offset + opening, offset + end + 1, value, conversion, spec)]
    if shows:
        field.insert(0, nodes.Constant(offset + opening + 1, offset + opening + 1 + len(inside), inside))
    return field, end + 1


def _expression_end(text: str, at: int, stop: int) -> int:
    """Where the expression of a field ends: before `=` (shown), `!r`, `:` or `}` outside of any bracket."""
    depth = 0
    while at < stop:
        character = text[at]
        if character in "\"'":
            at = inner_text_end(text, at, stop)
            continue
        if character in "([{":
            depth += 1
        elif character in ")]}":
            if not depth:
                return at
            depth -= 1
        elif not depth:
            if character == ":" and not _is_scope(text, at, stop):
                return at
            if character == "!" and not text.startswith("!=", at):
                return at
            if character == "=" and text[at + 1 : at + 2] != "=" and text[at - 1] not in "=!<>":
                return at
            if character in "=!<>" and text.startswith("=", at + 1):
                at += 1
        at += 1
    return at


def _is_scope(text: str, colon: int, stop: int) -> bool:
    """Whether a colon belongs to a variable such as `private:x`, and does not begin a specification."""
    first = colon
    while text[first - 1].isalnum() or text[first - 1] in "_.":
        first -= 1
    return text[first:colon] in SCOPES and (text[colon + 1 : min(colon + 2, stop)] + "0").isidentifier()


def _nested(text: str, at: int, end: int, offset: int) -> Expression:
    """The expression in text[at:end], its positions shifted by `offset`."""
    from dana.parser import UnexpectedToken, run_tokens

    while at < end and text[at] in " \t\n\f":
        at += 1
    try:
        tokens = tokenize(text, at, end, expression=True)
    except LexicalError as error:
        error.start += offset
        error.end += offset
        raise
    if offset:
        tokens = [(kind, value, start + offset, stop + offset) for kind, value, start, stop in tokens]
    try:
        found: Expression = run_tokens(tokens, "field")
    except UnexpectedToken as error:
        error.nested = True
        raise
    return found
