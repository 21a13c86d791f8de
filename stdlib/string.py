"""Characters by kind, and templates with `$names`."""

from __future__ import annotations

import string as host
from typing import Any

from dana.formatting import text
from dana.native import Library, current, fields_of, methods_of
from dana.values import NativeType, type_name

library = Library("string", "Characters by kind, and templates with `$names`.")

for _name, _meaning in {
    "ascii_lowercase": "The letters a to z.",
    "ascii_uppercase": "The letters A to Z.",
    "ascii_letters": "The letters a to z and A to Z.",
    "digits": "The digits 0 to 9.",
    "hexdigits": "The digits of numbers in base 16, in both cases.",
    "octdigits": "The digits 0 to 7.",
    "punctuation": "The ASCII characters that are neither letters, digits nor white space.",
    "whitespace": "The ASCII characters that are white space: space, tab, line feed, return, vertical tab, form feed.",
    "printable": "The digits, letters, punctuation and white space of ASCII.",
}.items():
    library.constant(_name, getattr(host, _name), f"{_meaning}\n\n>>> string.{_name}\n{getattr(host, _name)!r}")


class Template(host.Template):
    """A text with places that `substitute` fills in."""

    def __init__(self, template: str) -> None:
        if not isinstance(template, str):
            raise TypeError(f"a template must be a str, not {type_name(template)}")
        super().__init__(template)

    def substitute(self, mapping: Any = None, /, **values: Any) -> str:
        return self._filled(mapping, values, strict=True)

    def safe_substitute(self, mapping: Any = None, /, **values: Any) -> str:
        return self._filled(mapping, values, strict=False)

    def is_valid(self) -> bool:
        current().meter.charge(len(self.template) // 100)
        return super().is_valid()

    def get_identifiers(self) -> list[str]:
        matches = current().meter.collected(self.pattern.finditer(self.template))
        names = (match["named"] or match["braced"] for match in matches)
        return list(dict.fromkeys(name for name in names if name is not None))

    def _filled(self, mapping: Any, values: dict[str, Any], *, strict: bool) -> str:
        meter = current().meter
        meter.charge(len(self.template) // 100)
        parts: list[str] = []
        length = end = 0
        for match in self.pattern.finditer(self.template):
            name = match["named"] or match["braced"]
            if name is not None:
                try:
                    part = text(values[name] if name in values or mapping is None else mapping[name])
                except KeyError:
                    if strict:
                        raise
                    part = match[0]
            elif match["escaped"] is not None:
                part = self.delimiter
            elif strict:
                self._invalid(match)  # type: ignore[attr-defined]
            else:
                part = match[0]
            length += match.start() - end + len(part)
            meter.charge(1)
            if length > meter.limits.text:
                meter.check_text(length)
            parts += (self.template[end : match.start()], part)
            end = match.end()
        meter.check_text(length + len(self.template) - end)
        return "".join(parts) + self.template[end:]


library.type(
    NativeType(
        "string.Template",
        Template,
        """A text in which `$name` and `${name}` stand for values, and `$$` for a dollar sign.

        `substitute(mapping, **values)` fills all of them in; it raises KeyError for a name without a value and
        ValueError for a dollar sign without a name. `safe_substitute` leaves both as they are. Methods besides:
        `is_valid()`, `get_identifiers()`; field `template`. What is filled in is not looked at again.

        >>> letter = string.Template("Dear $name, you owe us $$${sum}.")
        >>> letter.substitute(name="Ann", sum=20)
        'Dear Ann, you owe us $20.'
        >>> letter.safe_substitute({"sum": 20})
        'Dear $name, you owe us $20.'
        """,
        construct=Template,
        methods=methods_of(Template, "substitute safe_substitute is_valid get_identifiers"),
        fields=fields_of(Template, "template"),
    )
)


@library.function
def capwords(s: str, sep: str | None = None) -> str:
    """s with every word capitalised; without `sep`, white space between words becomes one space.

    >>> string.capwords("the  quick fox")
    'The Quick Fox'
    """
    if not isinstance(s, str):
        raise TypeError(f"capwords() argument must be str, not {type_name(s)}")
    meter = current().meter
    meter.charge(len(s) // 100)
    meter.check_items(len(s) // 2)
    return host.capwords(s, sep)
