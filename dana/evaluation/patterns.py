"""The patterns of `match`: each becomes a function of the frame and a value that says whether it fits."""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found]  # the rest of collections takes 2 ms to import

from dana import nodes
from dana.evaluation.operators import listed
from dana.evaluation.shapes import Text
from dana.values import UNBOUND, Class, NativeType, get_attribute, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dana.evaluation.lowering import Lowering

    Test = Callable[[list[Any], Any], bool]

_SEQUENCES = (list, tuple, range, deque)
_SELF_MATCHING = (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)


class Matcher:
    """Makes the tests of patterns in one scope."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def test(self, pattern: nodes.Pattern) -> Test:
        """The function that tests a pattern and binds its names as they fit."""
        return _KINDS[type(pattern)](self, pattern)

    def store(self, name: str | None) -> Callable[[list[Any], Any], None]:
        """The function that binds a name."""
        if name is None:
            return lambda f, value: None
        text = Text(0, 0)
        lines = [f"f, v = f; {self.lowering.slot(name, text)} = v"]
        closure = text.closure(lines, None)
        return lambda f, value: closure((f, value))  # type: ignore[arg-type]

    def value(self, pattern: nodes.ValuePattern) -> Test:
        if isinstance(pattern.value, nodes.Constant):
            constant = pattern.value.value
            if constant is None or constant is True or constant is False:
                return lambda f, value: value is constant
            return lambda f, value: bool(value == constant)
        read = self.lowering.closure(pattern.value)
        return lambda f, value: bool(value == read(f))

    def capture(self, pattern: nodes.CapturePattern) -> Test:
        if pattern.name is None:
            return lambda f, value: True
        store = self.store(pattern.name)

        def test(f: list[Any], value: Any) -> bool:
            store(f, value)
            return True

        return test

    def alternatives(self, pattern: nodes.OrPattern) -> Test:
        tests = [self.test(alternative) for alternative in pattern.alternatives]
        return lambda f, value: any(test(f, value) for test in tests)

    def as_(self, pattern: nodes.AsPattern) -> Test:
        inner, store = self.test(pattern.pattern), self.store(pattern.name)

        def test(f: list[Any], value: Any) -> bool:
            if not inner(f, value):
                return False
            store(f, value)
            return True

        return test

    def sequence(self, pattern: nodes.SequencePattern) -> Test:
        patterns = pattern.patterns
        star = next((at for at, item in enumerate(patterns) if isinstance(item, nodes.StarPattern)), None)
        tests = [None if isinstance(item, nodes.StarPattern) else self.test(item) for item in patterns]
        size = len(patterns)
        if star is None:

            def test(f: list[Any], value: Any) -> bool:
                if type(value) not in _SEQUENCES or len(value) != size:
                    return False
                return all(each(f, item) for each, item in zip(tests, value, strict=True))  # type: ignore[misc]

            return test
        starred = patterns[star]
        store = self.store(starred.name if isinstance(starred, nodes.StarPattern) else None)
        after = size - star - 1

        def test_star(f: list[Any], value: Any) -> bool:
            if type(value) not in _SEQUENCES or len(value) < size - 1:
                return False
            items = list(listed(value))
            end = len(items) - after
            for each, item in zip(tests[:star], items, strict=False):
                if not each(f, item):  # type: ignore[misc]
                    return False
            store(f, items[star:end])
            return all(each(f, item) for each, item in zip(tests[star + 1 :], items[end:], strict=True))  # type: ignore[misc]

        return test_star

    def mapping(self, pattern: nodes.MappingPattern) -> Test:
        keys = [self.lowering.closure(key) for key in pattern.keys]
        tests = [self.test(item) for item in pattern.patterns]
        store = None if pattern.rest is None else self.store(pattern.rest)

        def test(f: list[Any], value: Any) -> bool:
            if not isinstance(value, dict) or len(value) < len(keys):
                return False
            wanted = [key(f) for key in keys]
            found = [value.get(key, UNBOUND) for key in wanted]
            if any(item is UNBOUND for item in found):
                return False
            if not all(each(f, item) for each, item in zip(tests, found, strict=True)):
                return False
            if store is not None:
                store(f, {key: item for key, item in value.items() if key not in wanted})
            return True

        return test

    def class_(self, pattern: nodes.ClassPattern) -> Test:
        cls = self.lowering.closure(pattern.type)
        tests = [self.test(item) for item in pattern.patterns]
        named = list(zip(pattern.names, [self.test(item) for item in pattern.named_patterns], strict=True))

        def test(f: list[Any], value: Any) -> bool:
            wanted = cls(f)
            host = wanted.host if type(wanted) is NativeType else wanted
            if not isinstance(host, type | tuple):
                raise TypeError("called match pattern must be a class")
            if not isinstance(value, host):
                return False
            if tests and not self._positions(f, value, wanted, host, tests):
                return False
            return self._attributes(f, value, named)

        return test

    def _attributes(self, f: list[Any], value: Any, named: Iterable[tuple[str, Test]]) -> bool:
        """Whether a value has attributes of these names that fit."""
        for name, each in named:
            try:
                item = get_attribute(value, name)
            except AttributeError:
                return False
            if not each(f, item):
                return False
        return True

    def _positions(self, f: list[Any], value: Any, wanted: Any, host: Any, tests: list[Test]) -> bool:
        name = wanted.name if type(wanted) is NativeType else wanted.__name__
        if host in _SELF_MATCHING:
            if len(tests) > 1:
                raise TypeError(f"{name}() accepts 1 positional sub-pattern ({len(tests)} given)")
            return tests[0](f, value)
        fields = getattr(host, "__match_args__", ()) if type(host) is Class else ()
        if type(fields) is not tuple:
            raise TypeError(f"{name}.__match_args__ must be a tuple (got {type_name(fields)})")
        if len(tests) > len(fields):
            plural = "" if len(fields) == 1 else "s"
            raise TypeError(f"{name}() accepts {len(fields)} positional sub-pattern{plural} ({len(tests)} given)")
        return self._attributes(f, value, zip(fields, tests, strict=False))


_KINDS: dict[type[nodes.Pattern], Callable[[Any, Any], Test]] = {
    nodes.ValuePattern: Matcher.value,
    nodes.CapturePattern: Matcher.capture,
    nodes.OrPattern: Matcher.alternatives,
    nodes.AsPattern: Matcher.as_,
    nodes.SequencePattern: Matcher.sequence,
    nodes.MappingPattern: Matcher.mapping,
    nodes.ClassPattern: Matcher.class_,
}
