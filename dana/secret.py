"""Secrets: texts that a program can pass on but never read, and the mask over them in what is shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

SHORTEST = 6
"""Characters that a text has at least to be masked: a shorter one stands everywhere by chance."""


class Secret:
    """The text that is kept under a name; only what sends it, the host's own code, calls `reveal`."""

    __slots__ = ("_text", "name")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"<secret {self.name}>"

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError(f"the secret {self.name} has no text to format")
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not stored")


class Mask:
    """Puts `<secret NAME>` in the place of every secret that it knows, also where that is encoded."""

    __slots__ = ("_forms",)

    def __init__(self) -> None:
        self._forms: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        """Know a secret from now on; short ones are not masked."""
        if len(text) < SHORTEST:
            return
        forms = {**self._forms, **dict.fromkeys(_forms(text), f"<secret {name}>")}
        self._forms = dict(sorted(forms.items(), key=lambda form: -len(form[0])))  # others may be reading the old one

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form, shown in self._forms.items():
            if form in text:
                text = text.replace(form, shown)
        return text

    def value(self, value: Any) -> Any:
        """Data as JSON has it, without secrets."""
        if type(value) is str:
            return self.text(value)
        if type(value) is dict:
            return {self.value(key): self.value(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return [self.value(item) for item in value]
        return value


def _forms(text: str) -> Iterator[str]:
    """A text as it is, and as URLs, JSON and Base64 have it, there also as the middle of a longer text."""
    from base64 import b64encode, urlsafe_b64encode
    from json import dumps
    from urllib.parse import quote, quote_plus

    yield text
    yield from (dumps(text)[1:-1], dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
    data = text.encode("utf-8", "surrogatepass")
    yield from (quote(data, safe=""), quote(data), quote_plus(data))
    for offset in range(3):
        whole = (offset + len(data)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            form = encode(b"\0" * offset + data).decode()
            inner = form[(0, 2, 3)[offset] : whole]
            if len(inner) >= SHORTEST:
                yield inner
                if not offset:
                    yield from (form, form.rstrip("="))
