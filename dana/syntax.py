"""What is wrong with a text that does not parse: every mistake of it that stands on its own.

After a mistake is explained, the statement that holds it is covered by `pass` (a header of a block by `if 1:`),
at the same length so that all positions stay, and the text is parsed again. So what follows is judged as if
that statement had been right, and one mistake is not reported twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dana.errors import Diagnostic, ProgramError, nearest
from dana.lexer import KEYWORDS, OPERATORS, LexicalError, Token, tokenize

if TYPE_CHECKING:
    from dana.nodes import Module
    from dana.parser import UnexpectedToken
    from dana.source import Source

MOST = 20
"""How many mistakes are reported at once."""

_WRITTEN = {name: text for text, name in OPERATORS.items()} | {name: word for word, name in KEYWORDS.items()}
_DEFINITIONS = ("DEF", "CLASS", "STRUCT", "RESOURCE", "INTERFACE")
_FLAT = {
    "STRUCT": ("a struct", "give it a field of the other struct, or write class"),
    "RESOURCE": ("a resource", "give it a field of the other resource, or write class"),
    "INTERFACE": ("an interface", "write the signatures of the other interface, too"),
}
_HEADERS = ("IF", "ELIF", "ELSE", "WHILE", "FOR", "TRY", "EXCEPT", "FINALLY", "WITH", "MATCH", "CASE", *_DEFINITIONS)
_STATEMENTS = (
    "while for if elif else try except finally def class return import from with raise assert del pass break "
    "continue global nonlocal match case struct"
).split()
_OTHER_LANGUAGES = {"function": "def", "func": "def", "fn": "def", "elsif": "elif", "elseif": "elif", "foreach": "for"}
_OPERAND = frozenset("NAME NUMBER STRING FSTRING CONSTANT LPAR LSQB LBRACE ELLIPSIS LAMBDA NOT TILDE".split())
_OPERAND_END = frozenset("NAME NUMBER STRING FSTRING CONSTANT RPAR RSQB RBRACE ELLIPSIS".split())
_CONDITIONS = frozenset(("IF", "ELIF", "WHILE", "ASSERT", "RETURN"))
_CLAUSES = {
    "except": "except:", "elif": "elif 1:", "else": "else:", "finally": "finally:", "case": "case _:",
    "interface": "interface _:",
}  # fmt: skip
_OPEN = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "WITHPAR": "RPAR"}


def repair(text: str) -> tuple[str, Module | None]:
    """The text with every statement covered that does not parse, at the same length, and its tree; None without one."""
    from dana.parser import UnexpectedToken, run_tokens

    for _ in range(MOST):
        try:
            return text, run_tokens(tokenize(text), "program")
        except (LexicalError, UnexpectedToken) as failure:
            covered = _without(text, failure)
        if covered == text:
            break
        text = covered
    return text, None


def cover(text: str, place: int) -> str:
    """The text with the line of a statement covered, so that what is below it stays where it is."""
    begin = text.rfind("\n", 0, place) + 1
    end = _line_end(text, place)
    begin += _indent(text, begin)
    return _replaced(text, begin, end, _stand_in(text, begin, end))


def explain(source: Source, failure: LexicalError | UnexpectedToken, start: str) -> ProgramError:
    """The error that reports what the parser met first, and every further mistake of the text."""
    from dana.parser import UnexpectedToken, run_tokens

    incomplete = _is_incomplete(failure)
    text = source.text
    found: list[Diagnostic] = []
    while True:
        if isinstance(failure, LexicalError):
            if failure.code == "unclosed-bracket" and any(each.code == "mismatched-bracket" for each in found):
                break  # the bracket that was meant to close it has been reported
            found.append(failure.program_error(source).diagnostic)
        else:
            found.append(_Explanation(source, failure).diagnostic())
        text = _without(text, failure)
        if len(found) >= MOST or start != "program":
            break
        try:
            run_tokens(tokenize(text), start)
            break
        except (LexicalError, UnexpectedToken) as error:
            failure = error
        place = failure.start if isinstance(failure, LexicalError) else failure.tokens[failure.at][2]
        if any(diagnostic.start == place for diagnostic in found) or place >= len(text):
            break
    found.sort(key=lambda diagnostic: diagnostic.start)
    return ProgramError(*found, incomplete=incomplete and len(found) == 1)


def _is_incomplete(failure: LexicalError | UnexpectedToken) -> bool:
    """Whether more input could make the text right."""
    if isinstance(failure, LexicalError):
        return failure.incomplete
    kind = failure.tokens[failure.at][0]
    if kind == "NEWLINE" and failure.tokens[failure.at - 1][0] == "COLON":
        return True
    return kind in ("$END", "DEDENT") and all(token[0] in ("DEDENT", "$END") for token in failure.tokens[failure.at :])


# Going on after a mistake


def _without(text: str, failure: LexicalError | UnexpectedToken) -> str:
    """The text without the statement of a mistake."""
    if isinstance(failure, LexicalError):
        return _covered(text, failure.start, failure)
    return _recovered(text, failure)


def _covered(text: str, place: int, failure: LexicalError) -> str:
    """The text without the line of a lexical mistake; an open bracket takes the lines inside it along."""
    begin = text.rfind("\n", 0, place) + 1
    end = _line_end(text, place)
    indent = _indent(text, begin)
    if failure.code == "unterminated-string" and failure.incomplete:
        end = len(text)
    elif failure.code in ("unclosed-bracket", "mismatched-bracket"):
        while end < len(text):
            line = end + 1
            if text[line:].strip() and not text[line : _line_end(text, line)].strip():
                end = _line_end(text, line)
                continue
            if line >= len(text) or (_indent(text, line) <= indent and text[line:].lstrip()[:1] not in ")]}\"'"):
                break
            end = _line_end(text, line)
    if failure.code == "bad-indentation" or failure.code == "mixed-indentation":
        return _blank(text, begin, end)
    return _replaced(text, begin + indent, end, _stand_in(text, begin + indent, end))


def _stand_in(text: str, begin: int, end: int) -> str:
    """What stands in for a statement: `pass`, or a header of the same kind where a block follows; for `@x` nothing."""
    if text.startswith("@", begin):
        return ""
    after = end
    while after < len(text) and not text[after + 1 : _line_end(text, after + 1)].strip():
        after = _line_end(text, after + 1)
    line = text.rfind("\n", 0, begin) + 1
    word = text[begin:end].split()[0].rstrip(":") if text[begin:end].split() else ""
    if word in _CLAUSES:
        return _CLAUSES[word] + ("" if _has_block(text, after, line) else " pass")
    return "if 1:" if _has_block(text, after, line) else "pass"


def _has_block(text: str, after: int, line: int) -> bool:
    return after < len(text) and _indent(text, after + 1) > _indent(text, line)


def _recovered(text: str, failure: UnexpectedToken) -> str:
    """The text without the statement of an unexpected token."""
    tokens, at = failure.tokens, failure.at
    token = tokens[at]
    if token[0] == "INDENT":
        begin = text.rfind("\n", 0, token[3]) + 1
        depth = _indent(text, begin)
        end = _line_end(text, begin)
        while end < len(text):
            line = end + 1
            if text[line : _line_end(text, line)].strip() and _indent(text, line) < depth:
                break
            end = _line_end(text, line)
        return _blank(text, begin, end)
    first, last = _logical_line(tokens, at)
    if _lacks_block(tokens, at):
        first, last = _logical_line(tokens, at - 2)
        return _replaced(text, tokens[first][2], tokens[last][2])
    begin, end = tokens[first][2], tokens[last][2]
    if failure.nested:
        begin = text.rfind("\n", 0, begin) + 1
        begin, end = begin + _indent(text, begin), _line_end(text, end)
    return _replaced(text, begin, end, _stand_in(text, begin, end))


def _logical_line(tokens: list[Token], at: int) -> tuple[int, int]:
    """The first token of a statement and the NEWLINE (or end) after it."""
    first = at
    while first and tokens[first - 1][0] not in ("NEWLINE", "INDENT", "DEDENT"):
        first -= 1
    last = at
    while tokens[last][0] not in ("NEWLINE", "$END"):
        last += 1
    return first, last


def _lacks_block(tokens: list[Token], at: int) -> bool:
    """Whether a token stands where an indented block should begin."""
    return at >= 2 and tokens[at - 1][0] == "NEWLINE" and tokens[at - 2][0] == "COLON" and tokens[at][0] != "INDENT"


def _replaced(text: str, begin: int, end: int, by: str = "pass") -> str:
    if end - begin < len(by):
        if by != "pass" or end == begin:
            return _blank(text, begin, end)
        by = "0"  # too short for any other statement
    return text[:begin] + by + _spaces(text[begin + len(by) : end]) + text[end:]


def _blank(text: str, begin: int, end: int) -> str:
    return text[:begin] + _spaces(text[begin:end]) + text[end:]


def _spaces(part: str) -> str:
    return " " * len(part)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _indent(text: str, line: int) -> int:
    at = line
    while at < len(text) and text[at] in " \t":
        at += 1
    return at - line


# Saying what is wrong


class _Explanation:
    """What is wrong where the parser stopped."""

    def __init__(self, source: Source, failure: UnexpectedToken) -> None:
        self.source = source
        self.tokens = failure.tokens
        self.at = failure.at
        self.states = failure.states
        self.nested = failure.nested
        self.token = failure.tokens[failure.at]
        self.before: Token = failure.tokens[failure.at - 1] if failure.at else ("START", "", 0, 0)
        first, last = _logical_line(self.tokens, self.at)
        self.line = self.tokens[first:last]
        self.first: Token = self.line[0] if self.line else self.token

    def diagnostic(self) -> Diagnostic:
        """The first explanation that fits."""
        found = self.explained()
        if self.nested:
            found.message += ", in this f-string"
        return found

    def explained(self) -> Diagnostic:
        for explanation in (
            self.indentation, self.coroutine, self.misspelt, self.other_language, self.equal_sign, self.operator,
            self.named_like_keyword, self.orphan, self.incomplete_try, self.except_list, self.missing_colon,
            self.parameter, self.bare_tuple, self.missing_comma, self.walrus, self.missing_else,
        ):  # fmt: skip
            found = explanation()
            if found is not None:
                return found
        return self.unexpected()

    def say(self, code: str, message: str, token: Token | None = None, hint: str | None = None) -> Diagnostic:
        _, _, start, end = token or self.token
        if token is None and self.token[0] in ("NEWLINE", "$END", "DEDENT"):
            start = self.before[3]
            end = start + 1
        return Diagnostic(code, message, self.source, start, end, hint=hint)

    def indentation(self) -> Diagnostic | None:
        if self.token[0] == "INDENT":
            return self.say("unexpected-indent", "unexpected indent", hint="begin the line where the one above begins")
        if _lacks_block(self.tokens, self.at):
            header, _ = _logical_line(self.tokens, self.at - 2)
            word = self.tokens[header]
            line = self.source.line_of(word[2])
            message = f"expected an indented block after '{word[1]}' on line {line}"
            token = self.token if self.token[0] not in ("$END", "DEDENT") else self.tokens[self.at - 2]
            if self.token[0] == "DEDENT":
                after = next((each for each in self.tokens[self.at :] if each[0] != "DEDENT"), token)
                token = after if after[0] != "$END" else token
            return self.say("missing-block", message, token, "write pass where nothing is to be done")
        return None

    def coroutine(self) -> Diagnostic | None:
        for token in (self.token, self.before):
            if token[0] in ("ASYNC", "AWAIT"):
                hint = "waiting overlaps by itself: leave the word out"
                return self.say("not-in-dana", f"{token[1]} is not part of Dana", token, hint)
        return None

    def misspelt(self) -> Diagnostic | None:
        first = self.first
        if (
            first[0] != "NAME"
            or len(first[1]) < 3
            or len(self.line) < 2
            or self.line[1][0] in ("EQUAL", "DOT", "LPAR", "COMMA", "AUGMENTED")
        ):
            return None
        word = _OTHER_LANGUAGES.get(first[1]) or nearest(first[1], _STATEMENTS)
        if word is None or self.line[1][0] not in (*_OPERAND, "COLON", "STAR"):
            return None
        if self.line[1][0] == "COLON" and self.tokens[self.at][0] not in ("NEWLINE", "INDENT"):
            return None
        return self.say("misspelt-keyword", f"{first[1]} begins no statement", first, f"did you mean {word}?")

    def other_language(self) -> Diagnostic | None:
        if self.before[1] == "print" and self.before[0] == "NAME" and self.token[0] in _OPERAND:
            return self.say("missing-parentheses", "missing parentheses in the call of print", hint="write print(...)")
        if self.first[0] == "ELSE" and self.token[0] == "IF":
            return self.say("unexpected-token", "expected ':' after else, got if", hint="write elif")
        if self.token[1] == "then":
            return self.say("unexpected-token", "expected ':', got then", hint="a block begins after ':'")
        if self.token[0] == "LBRACE" and self.first[0] in _HEADERS and "COLON" in self.accepted():
            return self.say(
                "unexpected-token", "expected ':', got '{'", hint="a block begins after ':' and is indented"
            )
        if self.first[0] in _FLAT and self.token[0] == "LPAR":
            what, hint = _FLAT[self.first[0]]
            return self.say("unexpected-token", f"{what} has no bases", hint=hint)
        if self.token[0] == "DOUBLESLASH" and self.first is self.token:
            return self.say("unexpected-token", "expected a statement, got '//'", hint="a comment begins with #")
        return None

    def equal_sign(self) -> Diagnostic | None:
        if self.token[0] == "EQUAL" and self.first[0] in _CONDITIONS:
            return self.say("assignment-in-expression", "'=' does not compare", hint="did you mean '=='?")
        return None

    def operator(self) -> Diagnostic | None:
        same = self.token[0] == self.before[0] and self.token[2] == self.before[3]
        if same and self.token[0] in ("AMPERSAND", "BAR"):
            word = "and" if self.token[0] == "AMPERSAND" else "or"
            whole = (self.token[0], "", self.before[2], self.token[3])
            return self.say("unknown-operator", f"{self.token[1] * 2} is no operator", whole, f"write {word}")
        if self.token[0] in ("NEWLINE", "RPAR") and self.before[0] in ("PLUS", "MINUS") and self.at >= 2:
            twice = self.tokens[self.at - 2]
            if twice[0] == self.before[0] and twice[3] == self.before[2]:
                whole = (twice[0], "", twice[2], self.before[3])
                hint = f"write {twice[1]}= 1"
                return self.say(
                    "unknown-operator",
                    f"expected an expression after {twice[1] * 2}, which is no operator",
                    whole,
                    hint,
                )
        return None

    def named_like_keyword(self) -> Diagnostic | None:
        kind = self.token[0]
        is_keyword = self.token[1] in KEYWORDS and kind not in ("NEWLINE", "$END")
        if is_keyword and "NAME" in self.accepted() and not _OPERAND_END & {self.before[0]}:
            message = f"expected a name, got the keyword {self.token[1]}"
            return self.say("keyword-as-name", message, hint=f"a keyword cannot be a name; {self.token[1]}_ can")
        if kind == "EQUAL" and self.before[1] in KEYWORDS and self.before is self.first:
            message = f"{self.before[1]} is a keyword and cannot be a name"
            return self.say("keyword-as-name", message, self.before, f"{self.before[1]}_ can be one")
        return None

    def orphan(self) -> Diagnostic | None:
        parents = {"ELSE": "if, for, while or try", "ELIF": "if", "EXCEPT": "try", "FINALLY": "try"}
        if self.token is self.first and self.token[0] in parents:
            word = self.token[1]
            return self.say(
                "misplaced-clause",
                f"{word} does not follow {parents[word.upper()]}",
                hint="check how far it is indented",
            )
        if self.token is self.first and self.token[1] == "case":
            return self.say("misplaced-clause", "case is not inside match")
        return None

    def incomplete_try(self) -> Diagnostic | None:
        if self.token is self.first and {"EXCEPT", "FINALLY"} <= self.accepted() and "RETURN" not in self.accepted():
            return self.say(
                "incomplete-try",
                "expected except or finally after the block of try",
                hint="add except ...: or finally:",
            )
        return None

    def except_list(self) -> Diagnostic | None:
        if self.first[0] == "EXCEPT" and self.token[0] == "COMMA":
            return self.say(
                "missing-parentheses", "several types of exceptions need parentheses", hint="write except (A, B):"
            )
        return None

    def missing_colon(self) -> Diagnostic | None:
        if self.token[0] == "NEWLINE" and self.first[0] in (*_HEADERS, "LAMBDA") and "COLON" in self.accepted():
            end = ("", "", self.before[3], self.before[3] + 1)
            return self.say("missing-colon", f"expected ':' after {self.first[1]}", end, "a block begins after ':'")
        if self.token[0] == "NEWLINE" and self.first[0] == "DEF" and self.before[0] == "NAME" and len(self.line) == 2:
            return self.say(
                "missing-parentheses",
                f"expected '(' after def {self.before[1]}",
                hint="write def name(): for no parameters",
            )
        if self.first[0] == "DEF" and self.token[0] == "COLON" and self.before is self.line[1]:
            return self.say(
                "missing-parentheses", f"expected '(' after def {self.before[1]}", hint=f"write def {self.before[1]}():"
            )
        return None

    def parameter(self) -> Diagnostic | None:
        if self.first[0] != "DEF":
            return None
        if self.token[0] == "EQUAL" and self.tokens[self.at - 2][0] in ("STAR", "DOUBLESTAR"):
            return self.say("bad-parameter", "a starred parameter cannot have a default value")
        if self.token[0] == "LPAR" and self.before[0] in ("LPAR", "COMMA"):
            return self.say(
                "bad-parameter", "a parameter cannot be in parentheses", hint="take the tuple apart in the body"
            )
        return None

    def bare_tuple(self) -> Diagnostic | None:
        if (
            self.token[0] == "FOR"
            and self.token is not self.first
            and "COMMA" in self.accepted()
            and self.inside_bracket()
        ):
            return self.say(
                "missing-parentheses", "a tuple before for needs parentheses", hint="write (a, b) for a, b in ..."
            )
        return None

    def missing_comma(self) -> Diagnostic | None:
        if self.token[0] not in _OPERAND or self.before[0] not in _OPERAND_END or not self.inside_bracket():
            return None
        if "COMMA" not in self.accepted():
            return None
        gap = ("", "", self.before[2], self.token[3])
        if "COLON" in self.accepted() and self.first[0] not in _HEADERS:
            message = f"expected ':' or ',' before {_called(self.token)}"
            return self.say("missing-comma", message, gap, "a dict holds key: value, with ',' between them")
        return self.say(
            "missing-comma", f"expected ',' or an operator before {_called(self.token)}", gap, "is a comma missing?"
        )

    def inside_bracket(self) -> bool:
        depth = 0
        for token in self.tokens[: self.at]:
            depth += (token[0] in _OPEN) - (token[0] in ("RPAR", "RSQB", "RBRACE"))
        return depth > 0

    def walrus(self) -> Diagnostic | None:
        if self.token[0] == "WALRUS":
            return self.say(
                "unexpected-token",
                "':=' cannot stand here without parentheses",
                hint="write =, or put it in parentheses",
            )
        return None

    def missing_else(self) -> Diagnostic | None:
        accepted = self.accepted()
        if "ELSE" in accepted and "COLON" not in accepted and any(token[0] == "IF" for token in self.line[1:]):
            return self.say(
                "missing-else",
                "expected else: a choice needs a value for both cases",
                hint="write a if condition else b",
            )
        return None

    def unexpected(self) -> Diagnostic:
        wanted = _wanted(self.accepted(), self.before)
        got = _called(self.token)
        if self.token[0] in ("NEWLINE", "$END", "DEDENT") and self.before[0] != "START":
            return self.say("unexpected-token", f"expected {wanted} after {_called(self.before)}")
        return self.say("unexpected-token", f"expected {wanted}, got {got}")

    def accepted(self) -> set[str]:
        """The kinds of token that could stand here: those that lead to a shift."""
        from dana.parser import machine

        table = machine().table
        found = set()
        for kind in table.actions[self.states[-1]]:
            states = list(self.states)
            while True:
                action = table.actions[states[-1]].get(kind)
                if action is None:
                    break
                if action >= 0:
                    found.add(kind)
                    break
                size, origin, _ = table.rules[~action]
                if size:
                    del states[-size:]
                states.append(table.gotos[states[-1]][origin])
                if kind == "$END" and states[-1] in table.ends.values():
                    break
        return found


def _called(token: Token) -> str:
    kind = token[0]
    if kind in ("NEWLINE", "$END"):
        return "the end of the line" if kind == "NEWLINE" else "the end"
    if kind == "DEDENT":
        return "the end of the block"
    if kind in ("NAME", "NUMBER"):
        return token[1]
    if kind in ("STRING", "FSTRING"):
        return "a text"
    if kind == "AUGMENTED" or kind == "CONSTANT":
        return token[1]
    written = _WRITTEN.get(kind, token[1])
    return written if written.isalpha() else f"'{written}'"


def _wanted(accepted: set[str], before: Token) -> str:
    if {"NUMBER", "NAME", "LPAR"} <= accepted:
        return "an expression"
    if accepted == {"NAME"} or "NAME" in accepted:
        return "a name"
    for kind in ("COLON", "IN", "IMPORT", "RPAR", "RSQB", "RBRACE", "EQUAL", "CASE", "INDENT"):
        if kind in accepted and len(accepted) < 12:
            return {"CASE": "case", "IN": "in", "IMPORT": "import", "INDENT": "an indented block"}.get(
                kind
            ) or f"'{_WRITTEN[kind]}'"
    if "NEWLINE" in accepted or "SEMICOLON" in accepted:
        return "an operator or the end of the line"
    return "an operator"
