"""Bytes as text that survives anywhere: Base64 and its kin."""

from __future__ import annotations

import base64 as host
import binascii
from collections.abc import Callable
from typing import Any

from dana.native import Library, current

library = Library("base64", "Bytes as text that survives anywhere: Base64 and its kin. Text needs `.encode()` first.")


@library.function
def b64encode(s: bytes, altchars: bytes | None = None) -> bytes:
    """Base64 of bytes; `altchars` are two bytes to use instead of `+` and `/`.

    >>> base64.b64encode(b"hello")
    b'aGVsbG8='
    >>> base64.b64encode("größe".encode()).decode()
    'Z3LDtsOfZQ=='
    """
    return _encoded(host.b64encode, s, 4 / 3, altchars)


@library.function
def b64decode(s: bytes | str, altchars: bytes | None = None, validate: bool = False) -> bytes:
    """The bytes that Base64 stands for; `altchars` are two bytes that were used instead of `+` and `/`.

    Characters that are not of Base64 are skipped, or with `validate` raise ValueError. So does wrong padding.

    >>> base64.b64decode("aGVsbG8=")
    b'hello'
    """
    return _decoded(host.b64decode, s, altchars, validate)


@library.function
def standard_b64encode(s: bytes) -> bytes:
    """Base64 of bytes, with `+` and `/`.

    >>> base64.standard_b64encode(bytes([251, 255]))
    b'+/8='
    """
    return _encoded(host.standard_b64encode, s, 4 / 3)


@library.function
def standard_b64decode(s: bytes | str) -> bytes:
    """The bytes that Base64 with `+` and `/` stands for. Raises ValueError for wrong padding.

    >>> base64.standard_b64decode("+/8=") == bytes([251, 255])
    True
    """
    return _decoded(host.standard_b64decode, s)


@library.function
def urlsafe_b64encode(s: bytes) -> bytes:
    """Base64 of bytes for addresses and file names, with `-` and `_` instead of `+` and `/`.

    >>> base64.urlsafe_b64encode(bytes([251, 255]))
    b'-_8='
    """
    return _encoded(host.urlsafe_b64encode, s, 4 / 3)


@library.function
def urlsafe_b64decode(s: bytes | str) -> bytes:
    """The bytes that Base64 with `-` and `_` stands for. Raises ValueError for wrong padding.

    >>> base64.urlsafe_b64decode("-_8=") == bytes([251, 255])
    True
    """
    return _decoded(host.urlsafe_b64decode, s)


@library.function
def b32encode(s: bytes) -> bytes:
    """Base32 of bytes: capital letters and the digits 2 to 7.

    >>> base64.b32encode(b"hello")
    b'NBSWY3DP'
    """
    return _encoded(host.b32encode, s, 8 / 5)


@library.function
def b32decode(s: bytes | str, casefold: bool = False, map01: bytes | None = None) -> bytes:
    """The bytes that Base32 stands for. Raises ValueError for other characters and wrong padding.

    `casefold` allows small letters. `map01` is the letter (I or L) to read the digit 1 as; 0 is then read as O.

    >>> base64.b32decode("nbswy3dp", casefold=True)
    b'hello'
    """
    return _decoded(host.b32decode, s, casefold, map01)


@library.function
def b16encode(s: bytes) -> bytes:
    """Base16 of bytes: two digits of base 16 for each, with capital letters.

    >>> base64.b16encode(b"hi")
    b'6869'
    """
    return _encoded(host.b16encode, s, 2)


@library.function
def b16decode(s: bytes | str, casefold: bool = False) -> bytes:
    """The bytes that Base16 stands for; `casefold` allows small letters. Raises ValueError for other characters.

    >>> base64.b16decode("6869")
    b'hi'
    """
    return _decoded(host.b16decode, s, casefold)


@library.function
def b85encode(b: bytes, pad: bool = False) -> bytes:
    """Base85 of bytes, as in patches of git; with `pad`, zero bytes make the length a multiple of 4 first.

    >>> base64.b85encode(b"hello")
    b'Xk~0{Zv'
    """
    return _encoded(host.b85encode, b, 5 / 4, pad)


@library.function
def b85decode(b: bytes | str) -> bytes:
    """The bytes that Base85 stands for. Raises ValueError for other characters.

    >>> base64.b85decode("Xk~0{Zv")
    b'hello'
    """
    return _decoded(host.b85decode, b)


_SLOW = frozenset((host.b32encode, host.b32decode, host.b85encode, host.b85decode))
"""What takes each byte in turn: as many as a container may have items, since it cannot be stopped on the way."""


def _encoded(encode: Callable[..., bytes], data: bytes, growth: float, *options: Any) -> bytes:
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'; encode it first")
    if isinstance(data, bytes):
        current().meter.check_text(int(len(data) * growth))
        _charge(encode, data)
    return encode(data, *options)


def _decoded(decode: Callable[..., bytes], data: bytes | str, *options: Any) -> bytes:
    if isinstance(data, (bytes, str)):
        _charge(decode, data)
    try:
        return decode(data, *options)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _charge(convert: Callable[..., bytes], data: bytes | str) -> None:
    meter = current().meter
    if convert in _SLOW:
        meter.check_items(len(data))
        meter.charge(len(data) // 10)
    else:
        meter.charge(len(data) // 1000)
