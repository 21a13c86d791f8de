"""Digests of bytes: SHA-2, SHA-3, BLAKE2, and MD5 and SHA-1 for what still needs them."""

from __future__ import annotations

import hashlib as host
from typing import Any

from dana.formatting import SHOWN
from dana.native import Library, current, fields_of, methods_of
from dana.values import NativeType, register

library = Library("hashlib", "Digests of bytes. Text needs `.encode()` first.")

_ALGORITHMS = {
    "md5": ("MD5, 16 bytes. Broken: only to find accidental changes.", "900150983cd24fb0d6963f7d28e17f72"),
    "sha1": ("SHA-1, 20 bytes. Broken: only where a format asks for it.", "a9993e364706816aba3e25717850c26c"),
    "sha224": ("SHA-224, 28 bytes.", "23097d223405d8228642a477bda255b3"),
    "sha256": ("SHA-256, 32 bytes.", "ba7816bf8f01cfea414140de5dae2223"),
    "sha384": ("SHA-384, 48 bytes.", "cb00753f45a35e8bb5a03d699ac65007"),
    "sha512": ("SHA-512, 64 bytes.", "ddaf35a193617abacc417349ae204131"),
    "sha3_224": ("SHA3-224, 28 bytes.", "e642824c3f8cf24ad09234ee7d3c766f"),
    "sha3_256": ("SHA3-256, 32 bytes.", "3a985da74fe225b2045c172d6bd390bd"),
    "sha3_384": ("SHA3-384, 48 bytes.", "ec01498288516fc926459f58e2c6ad8d"),
    "sha3_512": ("SHA3-512, 64 bytes.", "b751850b1a57168a5693cd924b6b096e"),
}


def _add_algorithm(name: str, meaning: str, digest: str) -> None:
    start = getattr(host, name)

    def algorithm(data: bytes = b"", /, *, usedforsecurity: bool = True) -> Any:
        return start(_counted(data), usedforsecurity=usedforsecurity)

    algorithm.__doc__ = f"""A digest of bytes by {meaning}

    `update(data)` adds bytes, `digest()` gives the digest as bytes, `hexdigest()` as text, `copy()` a digest that
    goes on from here; fields `name digest_size block_size`.

    >>> hashlib.{name}(b"abc").hexdigest()[:32]
    '{digest}'
    """
    library.function(name=name)(algorithm)


for _name, (_meaning, _digest) in _ALGORITHMS.items():
    _add_algorithm(_name, _meaning, _digest)


@library.function
def blake2b(
    data: bytes = b"", /, *, digest_size: int = 64, key: bytes = b"", salt: bytes = b"", person: bytes = b""
) -> Any:
    """A digest of bytes by BLAKE2b, 1 to 64 bytes long, which may depend on a key of up to 64 bytes.

    `salt` and `person` have up to 16 bytes. Raises ValueError for sizes outside of these.

    >>> hashlib.blake2b(b"abc", digest_size=8).hexdigest()
    'd8bb14d833d59559'
    """
    return host.blake2b(_counted(data), digest_size=digest_size, key=key, salt=salt, person=person)


@library.function
def blake2s(
    data: bytes = b"", /, *, digest_size: int = 32, key: bytes = b"", salt: bytes = b"", person: bytes = b""
) -> Any:
    """A digest of bytes by BLAKE2s, 1 to 32 bytes long, which may depend on a key of up to 32 bytes.

    `salt` and `person` have up to 8 bytes. Raises ValueError for sizes outside of these.

    >>> hashlib.blake2s(b"abc", digest_size=8).hexdigest()
    '972e9d2cd6de6402'
    """
    return host.blake2s(_counted(data), digest_size=digest_size, key=key, salt=salt, person=person)


@library.function
def new(name: str, data: bytes = b"", *, usedforsecurity: bool = True) -> Any:
    """A digest of bytes by the algorithm of this name. Raises ValueError when there is none.

    >>> hashlib.new("sha256", b"abc").hexdigest() == hashlib.sha256(b"abc").hexdigest()
    True
    """
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    if name.lower() not in algorithms_available:
        raise ValueError(f"unsupported hash type {name}")
    start = getattr(host, name.lower())
    return start(_counted(data), usedforsecurity=usedforsecurity)


algorithms_available = frozenset((*_ALGORITHMS, "blake2b", "blake2s"))
library.constant(
    "algorithms_available",
    algorithms_available,
    """The names that `new` takes, as a frozenset.

    >>> "sha256" in hashlib.algorithms_available
    True
    """,
)


def _counted(data: bytes) -> bytes:
    if isinstance(data, bytes):
        current().meter.charge(len(data) // 1000)
    return data


def _update(digest: Any, data: bytes, /) -> None:
    digest.update(_counted(data))


for _host in {type(getattr(host, name)()) for name in algorithms_available}:
    register(
        NativeType(
            "hashlib.HASH",
            _host,
            "A digest that bytes can be added to.",
            methods=methods_of(_host, "copy digest hexdigest", update=_update),
            fields=fields_of(_host, "name digest_size block_size"),
        )
    )
    SHOWN[_host] = lambda digest: f"<{digest.name} hashlib.HASH object>"
