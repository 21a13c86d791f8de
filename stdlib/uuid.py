"""Universally unique identifiers (RFC 9562), made from the run's own source of chance."""

from __future__ import annotations

import uuid as host
from typing import Any

from dana.native import Library, current, fields_of
from dana.values import NativeType, type_name

library = Library("uuid", "Universally unique identifiers: made by chance, from names, or read from text.")


def _identifier(
    hex: str | None = None,
    bytes: bytes | None = None,
    bytes_le: bytes | None = None,
    fields: tuple[int, ...] | None = None,
    int: int | None = None,
    version: int | None = None,
) -> host.UUID:
    if hex is not None and not isinstance(hex, str):
        raise TypeError(f"hex must be text, not {type_name(hex)}")
    return host.UUID(hex, bytes, bytes_le, fields, int, version)  # type: ignore[arg-type]


library.type(
    NativeType(
        "uuid.UUID",
        host.UUID,
        """UUID(text), UUID(bytes=...), UUID(int=...): an identifier of 128 bits. Raises ValueError for others.

        Text is 32 hexadecimal digits, with or without hyphens, braces and `urn:uuid:`. Identifiers compare by their
        number. Fields: `hex int bytes bytes_le urn version variant fields time_low time_mid time_hi_version
        clock_seq_hi_variant clock_seq_low time clock_seq node`.

        >>> x = uuid.UUID("{12345678-1234-5678-1234-567812345678}")
        >>> x
        UUID('12345678-1234-5678-1234-567812345678')
        >>> x.hex, x.int % 16
        ('12345678123456781234567812345678', 8)
        """,
        construct=_identifier,
        fields=fields_of(
            host.UUID,
            "hex int bytes bytes_le urn version variant fields time_low time_mid time_hi_version "
            "clock_seq_hi_variant clock_seq_low time clock_seq node",
        ),
    )
)

for _name, _meaning in {
    "NAMESPACE_DNS": "The namespace of domain names, for `uuid3` and `uuid5`.",
    "NAMESPACE_URL": "The namespace of URLs, for `uuid3` and `uuid5`.",
    "NAMESPACE_OID": "The namespace of ISO object identifiers, for `uuid3` and `uuid5`.",
    "NAMESPACE_X500": "The namespace of X.500 distinguished names, for `uuid3` and `uuid5`.",
}.items():
    _value = getattr(host, _name)
    library.constant(_name, _value, f"{_meaning}\n\n>>> uuid.{_name}\n{_value!r}")


@library.function
def uuid4() -> host.UUID:
    """An identifier by chance, version 4.

    >>> uuid.uuid4().version
    4
    """
    return host.UUID(int=current().host.random().getrandbits(128), version=4)


@library.function
def uuid7() -> host.UUID:
    """An identifier of the time and chance, version 7: later ones are greater.

    `generate_unique_id()` gives the text of one.

    >>> uuid.uuid7().version
    7
    """
    return host.UUID(current().host.new_id())


@library.function
def uuid3(namespace: Any, name: str) -> host.UUID:
    """The identifier that belongs to a name in a namespace, by MD5; for new names take `uuid5`.

    >>> uuid.uuid3(uuid.NAMESPACE_DNS, "example.org")
    UUID('04738bdf-b25a-3829-a801-b21a1d25095b')
    """
    return host.uuid3(_namespace(namespace), _name_text(name))


@library.function
def uuid5(namespace: Any, name: str) -> host.UUID:
    """The identifier that belongs to a name in a namespace, by SHA-1: the same for the same name, anywhere.

    >>> uuid.uuid5(uuid.NAMESPACE_DNS, "example.org")
    UUID('aad03681-8b63-5304-89e0-8ca8f49461b5')
    """
    return host.uuid5(_namespace(namespace), _name_text(name))


def _namespace(value: Any) -> host.UUID:
    if type(value) is not host.UUID:
        raise TypeError(f"namespace must be a UUID, not {type_name(value)}")
    return value


def _name_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"name must be text, not {type_name(value)}")
    current().meter.charge(len(value) // 1000)
    return value
