"""Functions of numbers: roots, logarithms, angles, rounding, and whole numbers."""

from __future__ import annotations

import math as host
from operator import index

from dana.native import Library, current
from dana.values import type_name

from .operator import mul

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

library = Library("math", "Functions of numbers: roots, logarithms, angles, rounding, and whole numbers.")

_CONSTANTS = {
    "pi": ("The circumference of a circle divided by its diameter.", "3.141592653589793"),
    "e": ("The base of natural logarithms.", "2.718281828459045"),
    "tau": ("Two times pi: a full turn in radians.", "6.283185307179586"),
    "inf": ("Positive infinity, a float.", "inf"),
    "nan": ("The float that is not a number, and not equal to itself.", "nan"),
}

for _name, (_meaning, _shown) in _CONSTANTS.items():
    library.constant(_name, getattr(host, _name), f"{_meaning}\n\n>>> math.{_name}\n{_shown}")

_HOST_FUNCTIONS = {
    "acos": (
        "The angle in radians, 0 to pi, whose cosine is x; ValueError outside of -1 to 1.",
        "acos(1)",
        "0.0",
    ),
    "acosh": ("The inverse hyperbolic cosine of x; ValueError below 1.", "acosh(1)", "0.0"),
    "asin": (
        "The angle in radians, -pi/2 to pi/2, whose sine is x; ValueError outside of -1 to 1.",
        "asin(0)",
        "0.0",
    ),
    "asinh": ("The inverse hyperbolic sine of x.", "asinh(0)", "0.0"),
    "atan": ("The angle in radians, -pi/2 to pi/2, whose tangent is x.", "atan(1)", "0.7853981633974483"),
    "atan2": (
        "The angle in radians, -pi to pi, of the point (x, y): `atan2(y, x)`.",
        "atan2(1, 0)",
        "1.5707963267948966",
    ),
    "atanh": (
        "The inverse hyperbolic tangent of x; ValueError unless it is between -1 and 1.",
        "atanh(0)",
        "0.0",
    ),
    "cbrt": ("The cube root of x.", "cbrt(8)", "2.0"),
    "ceil": (
        "The smallest int that is not below x; OverflowError for infinity, ValueError for NaN.",
        "ceil(2.1)",
        "3",
    ),
    "copysign": ("The size of x with the sign of y: `copysign(x, y)`.", "copysign(3, -0.0)", "-3.0"),
    "cos": ("The cosine of x radians.", "cos(0)", "1.0"),
    "cosh": ("The hyperbolic cosine of x; OverflowError when it is too large.", "cosh(0)", "1.0"),
    "degrees": ("An angle of x radians in degrees.", "degrees(math.pi)", "180.0"),
    "erf": ("The error function at x.", "erf(0)", "0.0"),
    "erfc": ("One minus the error function at x, exact also for large x.", "erfc(0)", "1.0"),
    "exp": ("e to the power of x; OverflowError when it is too large.", "exp(1)", "2.718281828459045"),
    "exp2": ("2 to the power of x; OverflowError when it is too large.", "exp2(10)", "1024.0"),
    "expm1": ("e to the power of x, minus 1, exact also for small x.", "expm1(0)", "0.0"),
    "fabs": ("The size of x as a float.", "fabs(-3)", "3.0"),
    "floor": (
        "The largest int that is not above x; OverflowError for infinity, ValueError for NaN.",
        "floor(2.9)",
        "2",
    ),
    "fmod": (
        "What is left of x after taking away y, with the sign of x; ValueError when y is 0.",
        "fmod(-7, 3)",
        "-1.0",
    ),
    "frexp": ("(m, e) with x = m * 2 ** e, m at least 0.5 and below 1, or 0.", "frexp(8)", "(0.5, 4)"),
    "gamma": ("The gamma function at x; ValueError at 0 and negative whole numbers.", "gamma(5)", "24.0"),
    "hypot": ("The length of the vector whose coordinates are the arguments.", "hypot(3, 4)", "5.0"),
    "isfinite": ("Whether x is neither infinite nor NaN.", "isfinite(1e308)", "True"),
    "isinf": ("Whether x is positive or negative infinity.", "isinf(-math.inf)", "True"),
    "isnan": ("Whether x is not a number.", "isnan(math.nan)", "True"),
    "isclose": (
        "Whether a and b are close: `isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)`. They may differ by rel_tol times "
        "the larger of the two, or by abs_tol. ValueError for negative tolerances.",
        "isclose(0.1 + 0.2, 0.3)",
        "True",
    ),
    "ldexp": ("x * 2 ** i: `ldexp(x, i)`; OverflowError when it is too large.", "ldexp(0.5, 4)", "8.0"),
    "lgamma": ("The natural logarithm of the size of the gamma function at x.", "lgamma(1)", "0.0"),
    "log": (
        "The logarithm of x: `log(x)` to base e, `log(x, base)` to another; ValueError unless x is above 0.",
        "log(8, 2)",
        "3.0",
    ),
    "log10": ("The logarithm of x to base 10; ValueError unless x is above 0.", "log10(1000)", "3.0"),
    "log1p": (
        "The natural logarithm of 1 + x, exact also for small x; ValueError unless x is above -1.",
        "log1p(0)",
        "0.0",
    ),
    "log2": ("The logarithm of x to base 2; ValueError unless x is above 0.", "log2(1024)", "10.0"),
    "modf": ("(fraction, whole part) of x, both floats with its sign.", "modf(2.5)", "(0.5, 2.0)"),
    "nextafter": (
        "The next float after x towards y: `nextafter(x, y)`.",
        "nextafter(1, 2)",
        "1.0000000000000002",
    ),
    "pow": (
        "x to the power of y as a float: `pow(x, y)`. ValueError where there is none.",
        "pow(2, 0.5)",
        "1.4142135623730951",
    ),
    "radians": ("An angle of x degrees in radians.", "radians(180)", "3.141592653589793"),
    "remainder": (
        "x minus y times the whole number nearest to x / y: `remainder(x, y)`.",
        "remainder(7, 4)",
        "-1.0",
    ),
    "sin": ("The sine of x radians.", "sin(0)", "0.0"),
    "sinh": ("The hyperbolic sine of x; OverflowError when it is too large.", "sinh(0)", "0.0"),
    "sqrt": ("The square root of x; ValueError when x is negative.", "sqrt(9)", "3.0"),
    "tan": ("The tangent of x radians.", "tan(0)", "0.0"),
    "tanh": ("The hyperbolic tangent of x.", "tanh(0)", "0.0"),
    "trunc": (
        "x without its fraction, as an int; OverflowError for infinity, ValueError for NaN.",
        "trunc(-2.9)",
        "-2",
    ),
    "ulp": ("The difference between x and the next float.", "ulp(1)", "2.220446049250313e-16"),
}

for _name, (_meaning, _example, _shown) in _HOST_FUNCTIONS.items():
    library.host_function(_name, getattr(host, _name), f"{_meaning}\n\n>>> math.{_example}\n{_shown}")


@library.function
def factorial(x: int, /) -> int:
    """The product of the whole numbers from 1 to x. Raises ValueError when x is negative.

    >>> math.factorial(5)
    120
    """
    n = index(x)
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    _permit(_permutation_bits(n, n), 10)
    return host.factorial(n)


@library.function
def comb(n: int, k: int, /) -> int:
    """In how many ways k of n things can be chosen, without order. Raises ValueError when one is negative.

    >>> math.comb(5, 2)
    10
    """
    n, k = index(n), index(k)
    if n >= k >= 0:
        bits = _combination_bits(n, min(k, n - k))
        _permit(bits, int(bits) // 1000)
    return host.comb(n, k)


@library.function
def perm(n: int, k: int | None = None, /) -> int:
    """In how many ways k of n things can be put in order; k is n when not given.

    Raises ValueError when one is negative.

    >>> math.perm(5, 2)
    20
    """
    if k is None:
        return factorial(n)
    n, k = index(n), index(k)
    if n >= k >= 0:
        _permit(_permutation_bits(n, k), 10)
    return host.perm(n, k)


@library.function
def gcd(*integers: int) -> int:
    """The greatest common divisor; 0 when all are 0.

    >>> math.gcd(48, 36)
    12
    """
    result = 0
    for integer in integers:
        _charge_pair(result, integer)
        result = host.gcd(result, integer)
    return result


@library.function
def lcm(*integers: int) -> int:
    """The least common multiple; 0 when one of them is 0.

    >>> math.lcm(4, 6)
    12
    """
    result = 1
    for integer in integers:
        _charge_pair(result, integer)
        result = host.lcm(result, integer)
        current().meter.check_bits(result.bit_length())
    return result


@library.function
def isqrt(n: int, /) -> int:
    """The largest int whose square is not above n. Raises ValueError when n is negative.

    >>> math.isqrt(17)
    4
    """
    _charge_pair(n, n)
    return host.isqrt(n)


@library.function
def prod(iterable: Iterable[Any], /, *, start: Any = 1) -> Any:
    """The product of the items, times `start`.

    >>> math.prod([2, 3, 4])
    24
    """
    result = start
    for item in current().meter.items(iterable):
        result = result * item if type(item) is float and type(result) is float else mul(result, item)
    return result


@library.function
def fsum(seq: Iterable[float], /) -> float:
    """The sum of the items as a float, rounded only once.

    Raises OverflowError for sums that are too large, ValueError for infinities of both signs.

    >>> math.fsum([0.1] * 10)
    1.0
    """
    return host.fsum(current().meter.items(seq))


@library.function
def dist(p: Iterable[float], q: Iterable[float], /) -> float:
    """The distance between two points, each given by its coordinates. Raises ValueError when these differ in number.

    >>> math.dist([0, 0], [3, 4])
    5.0
    """
    meter = current().meter
    return host.dist(tuple(meter.collected(p)), tuple(meter.collected(q)))


_COUNTLESS = 10**15
"""The most bits that a message tells."""


def _permit(bits: float, steps: int) -> None:
    """Refuse to compute an int of so many bits, or count what it takes to: `steps` for a thousand bits."""
    meter = current().meter
    meter.check_bits(int(min(bits, _COUNTLESS)))
    meter.charge(int(bits) // 1000 * steps)


def _permutation_bits(n: int, k: int) -> float:
    """How many bits `perm(n, k)` has, at most."""
    if k * n.bit_length() < 10_000:
        return 0
    current().meter.check_bits(min(k, _COUNTLESS))  # the result has more bits than k
    if n.bit_length() > 50:
        return k * n.bit_length()
    return 1 + (host.lgamma(n + 1) - host.lgamma(n - k + 1)) / host.log(2)


def _combination_bits(n: int, k: int) -> float:
    """How many bits `comb(n, k)` has, at most, where k is at most half of n."""
    if k * n.bit_length() < 10_000:
        return 0
    current().meter.check_bits(min(k, _COUNTLESS))  # the result has more bits than k
    if n.bit_length() > 50:
        return k * (n.bit_length() - host.log2(k) + 1.45)
    return k * host.log2(n / k) - (n - k) * host.log1p(-k / n) / host.log(2)


def _charge_pair(a: int, b: int) -> None:
    """Count an operation on two ints that takes the product of their lengths."""
    for integer in (a, b):
        if not isinstance(integer, int) and not hasattr(type(integer), "__index__"):
            raise TypeError(f"'{type_name(integer)}' object cannot be interpreted as an integer")
    small, large = sorted((index(a).bit_length(), index(b).bit_length()))
    if large > 10_000:
        current().meter.charge((large // 500) * (1 + small // 500))
