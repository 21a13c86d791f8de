"""Writes what editors need from the table of tokens: `python -m tests.grammar` makes the files of FILES anew.

`textmate` is the table in the words of VS Code and its kin, `vim` in those of Vim. Vim has patterns of its own, into
which the parsed form of Python's is translated, and no groups within an item: each group of a Match becomes an item
that looks behind and ahead for the rest. Of two Vim items that begin at one place the later one wins, so the rules
are sorted by who comes before whom in any context.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from re import _constants as of  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from dana.grammar.tokens import CLASSES, Contexts, Match, Rule, Span, contexts

from dana.highlight import library_names

FOLDER = Path(__file__).parent.parent / "grammar"
NOTE = "Made from grammar/tokens.py by python -m tests.grammar"


def textmate(table: Contexts) -> str:
    """The table as a TextMate grammar, JSON."""
    grammar = {
        "information_for_contributors": [NOTE],
        "name": "Dana",
        "scopeName": "source.dana",
        "fileTypes": ["na"],
        "patterns": [{"include": "#program"}],
        "repository": {name: {"patterns": [_textmate_rule(rule) for rule in rules]} for name, rules in table.items()},
    }
    return json.dumps(grammar, indent=1, ensure_ascii=False) + "\n"


def _textmate_rule(rule: Rule) -> dict[str, Any]:
    if isinstance(rule, str):
        return {"include": f"#{rule}"}
    if isinstance(rule, Match):
        return {"match": rule.pattern, "captures": _captures(rule.classes)}
    return {
        "begin": rule.begin,
        "beginCaptures": _captures(rule.begin_classes),
        "end": rule.end,
        "endCaptures": _captures(rule.end_classes),
        "patterns": [{"include": f"#{rule.inside}"}],
    }


def _captures(classes: tuple[str, ...]) -> dict[str, dict[str, str]]:
    scopes = [" ".join(f"{scope}.dana" for scope in CLASSES[each][1].split()) for each in classes]
    first = 0 if len(scopes) == 1 else 1
    return {str(at): {"name": scope} for at, scope in enumerate(scopes, first) if scope}


def vim(table: Contexts) -> str:
    """The table as a syntax file of Vim."""
    names: dict[int, str] = {}
    rules: dict[int, Match | Span] = {}
    for name, context in table.items():
        for at, rule in enumerate(context):
            if not isinstance(rule, str) and id(rule) not in rules:
                names[id(rule)], rules[id(rule)] = f"dana_{name}_{at}", rule
    order: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(rules, ()))
    for name in table:
        for first, then in pairwise(_flat(table, name)):
            order.add(id(first), id(then))
    top = {id(rule) for rule in _flat(table, "program")}
    items = {each: _vim_items(names[each], rules[each], each not in top) for each in order.static_order()}
    lines = [
        f'" {NOTE}',
        "if exists('b:current_syntax')",
        "  finish",
        "endif",
        "let s:options = &cpoptions",
        "set cpoptions&vim",
        "syntax sync fromstart",
        *(f"syntax {item}" for each in items for item, _, _ in items[each]),
    ]
    for name in table:
        held = [item for rule in _flat(table, name) for _, item, _ in items[id(rule)]]
        if held:
            lines.append(f"syntax cluster dana_{name} contains={','.join(held)}")
    lines += [f"highlight default link {item} dana_{kind}" for each in items for _, item, kind in items[each] if kind]
    lines += [f"highlight default link dana_{kind} {group}" for kind, (_, _, group) in CLASSES.items() if group]
    lines += ["let b:current_syntax = 'dana'", "let &cpoptions = s:options", "unlet s:options"]
    return "\n".join(lines) + "\n"


def _flat(table: Contexts, name: str) -> Iterator[Match | Span]:
    """The rules of a context, with those of the contexts that stand in it."""
    for rule in table[name]:
        if isinstance(rule, str):
            yield from _flat(table, rule)
        else:
            yield rule


def _vim_items(name: str, rule: Match | Span, contained: bool) -> list[tuple[str, str, str]]:
    """The items of a rule, each with its name and class; blanks need none."""
    flag = " contained" if contained else ""
    if isinstance(rule, Span):
        start = f"matchgroup={_vim_class(rule.begin_classes[-1])} start=/{_vim_pattern(rule.begin)}/"
        edges = " ".join([start, *_vim_ends(rule)])
        return [(f"region {name}{flag} {edges} contains=@dana_{rule.inside}", name, "")]
    parts = list(parser.parse(rule.pattern))
    groups = [at for at, (kind, _) in enumerate(parts) if kind is of.SUBPATTERN and _[0]]
    if not groups:
        (kind,) = rule.classes
        return [(f"match {name}{flag} /{_vim_pattern(rule.pattern)}/", name, kind)] if kind else []
    found = []
    for number, (at, kind) in enumerate(zip(groups, rule.classes, strict=True)):
        if kind:
            before, after = _vim(parts[:at]), _vim(parts[at + 1 :], ahead=True)
            pattern = (f"%({before})@<=" if before else "") + _vim([parts[at]]) + (f"%({after})@=" if after else "")
            found.append((f"match {name}_{number}{flag} /\\v\\C{pattern}/", f"{name}_{number}", kind))
    return found


def _vim_ends(rule: Span) -> Iterator[str]:
    """The ends of a region, one for each alternative. What looks for `$` must not keep what is around it open."""
    kinds = list(rule.end_classes)
    parts = list(parser.parse(rule.end))
    for alternative in parts[0][1][1] if parts[0][0] is of.BRANCH else [parts]:
        kind = kinds.pop(0) if len(kinds) > 1 else kinds[0]
        pattern = _vim(alternative)
        yield f"{'excludenl ' if '$' in pattern else ''}matchgroup={_vim_class(kind)} end=/\\v\\C{pattern}/"


def _vim_class(kind: str) -> str:
    return f"dana_{kind}" if kind else "NONE"


def _vim_pattern(pattern: str) -> str:
    return "\\v\\C" + _vim(parser.parse(pattern))


def _vim(parts: Any, ahead: bool = False) -> str:
    """A parsed pattern in Vim's very magic form; `ahead`: it is looked at only, so that a newline is the end of a line."""
    return "".join(_vim_part(kind, value, ahead) for kind, value in parts)


def _vim_part(kind: Any, value: Any, ahead: bool) -> str:
    if kind is of.LITERAL:
        return ("$" if ahead else "\\n") if value == 10 else _vim_literal(chr(value))
    if kind is of.NOT_LITERAL:
        return _vim_set([(of.NEGATE, None), (of.LITERAL, value)], ahead)
    if kind is of.ANY:
        return "."
    if kind is of.IN:
        return _vim_set(value, ahead)
    if kind is of.MAX_REPEAT:
        least, most, repeated = value
        times = {(0, of.MAXREPEAT): "*", (1, of.MAXREPEAT): "+", (0, 1): "="}.get((least, most), f"{{{least},{most}}}")
        single = len(repeated) == 1 and repeated[0][0] in (of.LITERAL, of.ANY, of.SUBPATTERN, of.BRANCH, of.IN)
        return _vim(repeated, ahead) + times if single else f"%({_vim(repeated, ahead)}){times}"
    if kind is of.SUBPATTERN:
        return f"%({_vim(value[3], ahead)})"
    if kind is of.BRANCH:
        return f"%({'|'.join(_vim(each, ahead) for each in value[1])})"
    if kind in (of.ASSERT, of.ASSERT_NOT):
        direction, inner = value
        sign = "=" if kind is of.ASSERT else "!"
        return f"%({_vim(inner, True)})@{'<' if direction < 0 else ''}{sign}"
    if kind is of.AT:
        return {of.AT_BEGINNING: "%(^)", of.AT_BOUNDARY: "%(<|>)"}[value]
    raise ValueError(f"no translation of {kind} into a pattern of Vim")


def _vim_literal(character: str) -> str:
    if character == "\t":
        return "\\t"
    return character if character.isalnum() or character == "_" else f"\\{character}"


def _vim_set(members: list[Any], ahead: bool) -> str:
    """A set of characters; \\w is Vim's \\k, which cannot stand in brackets and is put beside them."""
    negated = members[0][0] is of.NEGATE
    members = members[negated:]
    categories = [value for kind, value in members if kind is of.CATEGORY]
    if negated and of.CATEGORY_NOT_WORD in categories:  # [^\W\d], a letter
        return "%([0-9]@!\\k)"
    newline = (of.LITERAL, 10) in members
    inside = ""
    for kind, value in members:
        if kind is of.RANGE:
            inside += "-".join(map(chr, value))
        elif kind is of.LITERAL and value != 10:
            inside += {9: "\\t"}.get(value, f"\\{chr(value)}" if chr(value) in "\\]^-/" else chr(value))
        elif value is of.CATEGORY_SPACE:
            inside += " \\t"
    word = ["\\k"] if of.CATEGORY_WORD in categories else []
    if negated:
        if not word:
            return ("" if newline else "\\_") + f"[^{inside}]" if inside else "."
        other = "." if newline else "\\_."
        return f"%(%({'|'.join([*word, *([f'[{inside}]'] if inside else [])])})@!{other})"
    choices = [*word, *([f"[{inside}]"] if inside else []), *(["$" if ahead else "\\n"] if newline else [])]
    return choices[0] if len(choices) == 1 else f"%({'|'.join(choices)})"


FILES = {"dana.tmLanguage.json": textmate, "dana.vim": vim}


def generated() -> dict[Path, str]:
    """What the files should hold."""
    table = contexts(library_names())
    return {FOLDER / name: make(table) for name, make in FILES.items()}


if __name__ == "__main__":
    for file, text in generated().items():
        file.write_text(text, encoding="utf-8")
