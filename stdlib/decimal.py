"""Decimal numbers: exact as written, with as many digits as are asked for."""

from __future__ import annotations

import decimal as host
from typing import Any

from dana.native import Library, current, documented, fields_of, methods_of
from dana.values import NativeType, register, type_name

library = Library("decimal", "Decimal numbers: exact as written, with as many digits as are asked for.")

LARGEST = 99_999
"""The largest exponent of ten, up and down, so that no number takes gigabytes as an int."""

_PRECISION = 28
"""The digits of results, unless a program sets them."""

_MOST_DIGITS = 1000
"""The most digits of results; with these a logarithm takes 20 ms."""

_NO_SESSION: dict[str, Any] = {}
"""The settings where there is no session."""


@library.function
def set_precision(n: int, /) -> None:
    """Give the results of arithmetic n digits, 1 to 1,000, from now on in this run; they begin with 28.

    Python's `getcontext().prec = n`. Numbers keep the digits that they are written with; only results are rounded.
    Raises ValueError for other n.

    >>> decimal.set_precision(5)
    >>> decimal.Decimal(1) / 3
    Decimal('0.33333')
    >>> decimal.set_precision(28)
    """
    if not isinstance(n, int):
        raise TypeError(f"a precision is a whole number, not {type_name(n)}")
    if not 1 <= n <= _MOST_DIGITS:
        raise ValueError(f"a precision is 1 to {_MOST_DIGITS:,} digits, not {n if n.bit_length() < 64 else 'more'}")
    _settings()["decimal_precision"] = n
    _arithmetic()


@library.function
def precision() -> int:
    """How many digits the results of arithmetic have.

    >>> decimal.precision()
    28
    """
    return _arithmetic().prec


@library.function
def getcontext() -> host.Context:
    """How arithmetic is done: fields `prec` (digits of results), `rounding`, `Emin` and `Emax` (exponents).

    They cannot be set here; `set_precision` sets the digits, and `quantize` takes a way of rounding.

    >>> decimal.getcontext().rounding
    'ROUND_HALF_EVEN'
    """
    context = _arithmetic().copy()
    context.clear_flags()
    return context


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = getattr(current().session, "settings", _NO_SESSION)
    return settings


def _arithmetic() -> host.Context:
    """The context of the run, which is made that of the thread: the host's operators use it."""
    context = host.getcontext()
    digits = _settings().get("decimal_precision", _PRECISION)
    if context.prec != digits or context.Emax != LARGEST:
        context = host.Context(digits, host.ROUND_HALF_EVEN, -LARGEST, LARGEST, 1, 0, [], _TRAPS)
        host.setcontext(context)
    return context


_TRAPS = [host.InvalidOperation, host.DivisionByZero, host.Overflow]


def _decimal(value: Any = "0") -> host.Decimal:
    _arithmetic()
    if isinstance(value, str):
        digits = len(value)
    elif isinstance(value, int):
        digits = value.bit_length() * 3 // 10
    else:
        digits = len(value[1]) if isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], tuple) else 0
    if digits > LARGEST:
        raise host.Overflow(f"a number of more than {LARGEST:,} digits")
    try:
        made = host.Decimal(value)
    except host.InvalidOperation:
        shown = repr(value[:60]) if isinstance(value, str) else f"this {type_name(value)}"
        raise host.InvalidOperation(f"{shown} is not a decimal number") from None
    if made.is_finite() and not -LARGEST <= made.adjusted() <= LARGEST:
        raise host.Overflow(f"a number beyond 1E+{LARGEST} or 1E-{LARGEST}")
    return made


def _from_float(f: float, /) -> host.Decimal:
    """The exact value of a float; `Decimal(f)` does the same.

    >>> decimal.Decimal.from_float(0.1) == decimal.Decimal("0.1")
    False
    """
    return host.Decimal.from_float(_operand(f))


def _operand(value: Any) -> Any:
    """What a number is compared or combined with; refuses an int that takes a second to read in base ten."""
    if isinstance(value, int) and value.bit_length() * 3 // 10 > LARGEST:
        raise host.Overflow(f"a number of more than {LARGEST:,} digits")
    return value


def _with_operands(names: str) -> dict[str, Any]:
    """Methods that take numbers besides their own."""

    def checked(method: Any) -> Any:
        def operate(self: host.Decimal, /, *operands: Any, **named: Any) -> Any:
            return method(self, *map(_operand, operands), **{name: _operand(value) for name, value in named.items()})

        operate.__doc__ = method.__doc__
        operate.__wrapped__ = method  # type: ignore[attr-defined]
        return operate

    return {name: checked(getattr(host.Decimal, name)) for name in names.split()}


def _as_integer_ratio(self: host.Decimal, /) -> tuple[int, int]:
    ratio = self.as_integer_ratio()
    current().meter.charge((ratio[0].bit_length() + ratio[1].bit_length()) // 10)
    return ratio


for _function, _name in (_decimal, "Decimal"), (_from_float, "from_float"), (_as_integer_ratio, "as_integer_ratio"):
    _function.__name__ = _function.__qualname__ = _name

library.type(
    NativeType(
        "decimal.Decimal",
        host.Decimal,
        """Decimal(value): a decimal number from a text, a number, or a tuple (sign, digits, exponent).

        Texts and tuples are kept exactly, floats with all the digits that they have in binary: write
        `Decimal("0.1")`. Results of arithmetic have the digits that `set_precision` says. Numbers go from 1E-99999
        to 1E+99999, with up to 99,999 digits. Raises InvalidOperation for texts that are no numbers, Overflow for
        numbers that are too large or too small.

        >>> decimal.Decimal("0.1") + decimal.Decimal("0.2")
        Decimal('0.3')
        >>> decimal.Decimal("2.675").quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP)
        Decimal('2.68')
        """,
        construct=_decimal,
        methods=methods_of(
            host.Decimal,
            "adjusted as_tuple canonical conjugate copy_abs copy_negate exp is_canonical is_finite is_infinite is_nan "
            "is_normal is_qnan is_signed is_snan is_subnormal is_zero ln log10 logb logical_invert next_minus "
            "next_plus normalize number_class radix sqrt to_eng_string to_integral to_integral_exact to_integral_value",
            **_with_operands(
                "compare compare_signal compare_total compare_total_mag copy_sign fma logical_and logical_or "
                "logical_xor max max_mag min min_mag next_toward quantize remainder_near rotate same_quantum scaleb "
                "shift"
            ),
            as_integer_ratio=_as_integer_ratio,
        ),
        statics=documented({"from_float": _from_float}.items()),
    )
)
register(
    NativeType(
        "decimal.DecimalTuple",
        host.DecimalTuple,
        "The tuple (sign, digits, exponent) of a decimal number, with fields of these names; sign 1 is negative.",
        fields=fields_of(host.DecimalTuple, "sign digits exponent"),
    )
)
register(
    NativeType(
        "decimal.Context",
        host.Context,
        "How decimal arithmetic is done.",
        fields=fields_of(host.Context, "prec rounding Emin Emax"),
    )
)

for _name, _meaning in {
    "ROUND_CEILING": "towards positive infinity",
    "ROUND_DOWN": "towards zero",
    "ROUND_FLOOR": "towards negative infinity",
    "ROUND_HALF_DOWN": "to the nearest, ties towards zero",
    "ROUND_HALF_EVEN": "to the nearest, ties to the even digit",
    "ROUND_HALF_UP": "to the nearest, ties away from zero",
    "ROUND_UP": "away from zero",
    "ROUND_05UP": "away from zero if the last digit would be 0 or 5, else towards zero",
}.items():
    _value = getattr(host, _name)
    library.constant(
        _name, _value, f"A way of rounding, for `quantize`: {_meaning}.\n\n>>> decimal.{_name}\n{_value!r}"
    )

for _error, _meaning, _example in (
    (host.DecimalException, "Any error of decimal arithmetic, a kind of ArithmeticError.", 'Decimal("x")'),
    (host.InvalidOperation, "An operation without a result, or a text that is no number.", 'Decimal("x")'),
    (host.DivisionByZero, "A division by zero, a kind of ZeroDivisionError.", "Decimal(1) / 0"),
    (host.Overflow, "A number that is too large.", 'Decimal("1E+99999") * 10'),
):
    _caught = _error.__name__
    library.error(
        _error,
        f"{_meaning}\n\n>>> try:\n...     decimal.{_example}\n... except decimal.{_caught}:\n"
        f"...     print('caught')\ncaught",
    )
