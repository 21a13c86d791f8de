"""Secrets: texts that a program can pass on but never read."""

from __future__ import annotations


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

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not stored")
