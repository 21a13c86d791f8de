"""What the text of templates calls where a program asks a model: prompts in parts, calls in progress and their end."""

from __future__ import annotations

import sys
from types import MethodType

from dana import nodes
from dana.calls import ASKING, Inserted, Pending, Prompt, Site
from dana.errors import Stop
from dana.evaluation.shapes import ENVIRONMENT
from dana.formatting import format_value
from dana.values import UNBOUND, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any


class Asking:
    """A native that asks a model, called at a place in a program."""

    __slots__ = ("function", "site")

    def __init__(self, function: Callable[..., Any], site: Site) -> None:
        self.function = function
        self.site = site

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if arguments:
            prompt, *others = arguments
            return self.function(self._prompt(prompt), *others, **keywords)
        if "prompt" in keywords:
            keywords["prompt"] = self._prompt(keywords["prompt"])
        return self.function(**keywords)

    def _prompt(self, prompt: Any) -> Any:
        if type(prompt) is Prompt:
            return prompt
        return Prompt([prompt], self.site) if type(prompt) is str else prompt


def asking(function: Any, site: Site) -> Any:
    """What is called at a site: the function, or a native that is told where it is called."""
    native = function.__func__ if type(function) is MethodType else function
    return Asking(function, site) if id(native) in ASKING else function


def prompt(asked: Any, site: Site, values: tuple[Any, ...]) -> Any:
    """The prompt that is written at a site, in parts for a native that asks, else as text."""
    parts: list[str | Inserted] = []
    given = iter(values)
    for piece in site.template or ():
        if isinstance(piece, str):
            parts.append(piece)
            continue
        name, how = piece
        value = next(given)
        if how == "joined" and type(value) is not str and not parts:
            raise TypeError(f"unsupported operand type(s) for +: '{type_name(value)}' and 'str'")
        if how == "joined" and type(value) is not str:
            raise TypeError(f'can only concatenate str (not "{type_name(value)}") to str')
        parts.append(Inserted(name, value, how == "formatted"))
    if type(asked) is Asking:
        return Prompt(parts, site)
    return "".join(part if type(part) is str else format_value(part.value, "") for part in parts)  # type: ignore[union-attr]


def template(node: nodes.Expression, source: str) -> tuple[list[str | tuple[str, str]], list[Any]] | None:
    """The pieces of a prompt that is written at a call, and what is between its texts; None when it is not."""
    leaves = _leaves(node)
    if not any(_is_text(leaf) for leaf in leaves):
        return None
    pieces: list[str | tuple[str, str]] = []
    values: list[Any] = []
    for leaf in leaves:
        if type(leaf) is nodes.Constant and type(leaf.value) is str:
            pieces.append(leaf.value)
        elif type(leaf) is nodes.JoinedString:
            for part in leaf.parts:
                if type(part) is nodes.Interpolation:
                    plain = part.spec is None and part.conversion is None
                    pieces.append((source[part.value.start : part.value.end], "value" if plain else "formatted"))
                    values.append(part)
                else:
                    pieces.append(str(part.value))
        else:
            pieces.append((source[leaf.start : leaf.end], "joined"))
            values.append(leaf)
    return pieces, values


def _is_text(node: nodes.Expression) -> bool:
    """Whether a node is a text of the program."""
    return type(node) is nodes.JoinedString or (type(node) is nodes.Constant and type(node.value) is str)


def _leaves(node: nodes.Expression) -> list[nodes.Expression]:
    """The operands of a chain of `+`."""
    leaves: list[nodes.Expression] = []
    while type(node) is nodes.BinaryOperation and node.operator == "+":
        leaves.append(node.right)
        node = node.left
    return [node, *reversed(leaves)]


def begun(value: Any, before: Any) -> Any:
    """What is bound to a variable that held something before."""
    if type(value) is Pending:
        value.before = before
    return value


def awaited(container: Any, key: Any, pending: Pending) -> Any:
    """The answer that a variable waits for; without one, the variable is as it was before."""
    try:
        result = pending.result()
    except BaseException:
        _forget(container, key, pending)
        _give_up_after(container, pending.number)
        raise
    container[key] = result
    return result


def settle(container: Any, keys: Sequence[Any]) -> None:
    """Wait for all calls in progress of a frame, in the order in which they were made; raises the first failure."""
    waiting = []
    for key in keys:
        found = container.get(key) if type(container) is not list else container[key]
        if type(found) is Pending:
            waiting.append((found.number, key, found))
    if not waiting:
        return
    waiting.sort(key=lambda entry: entry[0])
    stopped = isinstance(sys.exc_info()[1], Stop)
    for _, key, pending in waiting:
        if stopped:
            pending.cancel()
            _forget(container, key, pending)
            continue
        awaited(container, key, pending)


def _give_up_after(container: Any, number: int) -> None:
    """Give up the calls of a frame that were made after one that failed: without overlap, nobody had made them."""
    held = enumerate(container) if type(container) is list else list(container.items())
    for key, other in held:
        if type(other) is Pending and other.number > number:
            other.cancel()
            _forget(container, key, other)


def _forget(container: Any, key: Any, pending: Pending) -> None:
    if type(container) is list or pending.before is not UNBOUND:
        container[key] = pending.before
    else:
        container.pop(key, None)


def gathered(items: list[Any]) -> list[Any]:
    """Items in which the answers stand where calls were in progress."""
    for at, item in enumerate(items):
        if type(item) is Pending:
            try:
                items[at] = item.result()
            except BaseException:
                _give_up(items[at + 1 :])
                raise
    return items


def gathered_pairs(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dict of keys and values, likewise."""
    values = gathered([value for _, value in pairs])
    return dict(zip((key for key, _ in pairs), values, strict=True))


def together(parts: Iterable[Callable[[list[Any]], Any]], f: list[Any]) -> list[Any]:
    """The values of the parts of a display: all calls are begun before the first is awaited."""
    values: list[Any] = []
    try:
        for part in parts:
            values.append(part(f))
    except BaseException:
        left(values)
        raise
    return gathered(values)


def together_pairs(parts: Iterable[Callable[[list[Any]], Any]], f: list[Any]) -> dict[Any, Any]:
    """A dict, whose keys and values take turns, likewise."""
    values = together(parts, f)
    return dict(zip(values[::2], values[1::2], strict=True))


def together_words(
    parts: Iterable[Callable[[list[Any]], Any]], f: list[Any], words: tuple[str, ...], named: dict[str, Any]
) -> list[Any]:
    """Arguments, likewise; the last of them are put under their words into `named`."""
    values = together(parts, f)
    plain = len(values) - len(words)
    named.update(zip(words, values[plain:], strict=True))
    return values[:plain]


def left_pairs(pairs: Iterable[tuple[Any, Any]]) -> None:
    """A dict comprehension ends early, by an error."""
    left([value for _, value in pairs])


def left(values: list[Any]) -> None:
    """A display or a comprehension ends early, by an error: had an earlier call failed, then its error comes first."""
    if isinstance(sys.exc_info()[1], Stop):
        _give_up(values)
    else:
        gathered(values)


def _give_up(items: Iterable[Any]) -> None:
    for item in items:
        if type(item) is Pending:
            item.cancel()


ENVIRONMENT.update(
    Asking=Asking,
    Pending=Pending,
    asking=asking,
    prompt=prompt,
    begun=begun,
    awaited=awaited,
    settle=settle,
    gathered=gathered,
    gathered_pairs=gathered_pairs,
    together=together,
    together_pairs=together_pairs,
    together_words=together_words,
    left=left,
    left_pairs=left_pairs,
)
