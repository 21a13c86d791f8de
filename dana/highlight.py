"""Programs in color: a lexer for Pygments, made from the table of tokens in grammar/tokens.py, and what it prints."""

from __future__ import annotations

from pygments import highlight
from pygments.lexer import RegexLexer, bygroups, include
from pygments.token import string_to_tokentype

from dana import modules
from dana.values import NativeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dana.source import Source
    from grammar import tokens  # as it is called in a checkout, where types are checked
else:
    from dana.grammar import tokens


def library_names() -> dict[str, list[str]]:
    """The names that need no import, as the table wants them: `builtin_type`, `exception` and `builtin`."""
    found: dict[str, list[str]] = {"builtin_type": [], "exception": [], "builtin": []}
    core = modules.library("core").members
    for name in sorted({*modules.builtin_names()}):
        value = core.get(name)
        if name.endswith("Error") or (isinstance(value, type) and issubclass(value, BaseException)):
            found["exception"].append(name)
        elif isinstance(value, type | NativeType) or (value is None and name[0].isupper()):
            found["builtin_type"].append(name)
        else:
            found["builtin"].append(name)
    return found


def _states(contexts: tokens.Contexts) -> dict[str, list[Any]]:
    """The contexts as Pygments takes them: a state for each, and one for each Span, which ends itself."""
    states: dict[str, list[Any]] = {}
    for name, rules in contexts.items():
        state = states["root" if name == "program" else name] = []
        for at, rule in enumerate(rules):
            if isinstance(rule, str):
                state.append(include(rule))
            elif isinstance(rule, tokens.Match):
                state.append((rule.pattern, _types(rule.classes)))
            else:
                span = f"{name} {at}"
                state.append((rule.begin, _types(rule.begin_classes), span))
                states[span] = [(rule.end, _types(rule.end_classes), "#pop"), include(rule.inside)]
    return states


def _types(classes: tuple[str, ...]) -> Any:
    """The Pygments types of a whole match, or of its groups."""
    types = [string_to_tokentype(tokens.CLASSES[each][0]) for each in classes]
    return types[0] if len(types) == 1 else bygroups(*types)


class DanaLexer(RegexLexer):  # type: ignore[misc]
    """The lexer of Dana for Pygments."""

    name = "Dana"
    aliases = ["dana", "na"]  # noqa: RUF012 - lists, as Pygments has it
    filenames = ["*.na"]  # noqa: RUF012
    mimetypes = ["text/x-dana"]  # noqa: RUF012
    tokens = _states(tokens.contexts(library_names()))


def highlighted(source: Source, form: str) -> str:
    """A program as colored text of a terminal, a page of HTML or a LaTeX document: `terminal`, `html` or `latex`."""
    from pygments.formatters import HtmlFormatter, LatexFormatter, TerminalFormatter  # the prompt needs the lexer alone

    if form == "terminal":
        formatter = TerminalFormatter(bg="dark")
    else:
        formatter = {"html": HtmlFormatter, "latex": LatexFormatter}[form](full=True, title=source.name)
    lexer = DanaLexer(stripnl=False, filters=["tokenmerge"])
    return str(highlight(source.text, lexer, formatter))
