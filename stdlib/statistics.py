"""Statistics of numbers: averages, spread, quantiles, correlation."""

from __future__ import annotations

import statistics as host
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from dana.native import Library, current, fields_of
from dana.values import NativeType, register, type_name

Result = TypeVar("Result")

library = Library("statistics", "Statistics of numbers: averages, spread, quantiles, correlation.")

library.error(
    host.StatisticsError,
    """Data that have no such statistic, a kind of ValueError.

    >>> try:
    ...     statistics.mean([])
    ... except statistics.StatisticsError as error:
    ...     print(error)
    mean requires at least one data point
    """,
)
register(
    NativeType(
        "statistics.LinearRegression",
        host.LinearRegression,
        "A line: the tuple (slope, intercept), with fields of these names.",
        fields=fields_of(host.LinearRegression, "slope intercept"),
    )
)


@library.function
def mean(data: Iterable[Any]) -> Any:
    """The arithmetic mean: the sum of the numbers divided by how many there are.

    Raises StatisticsError when there are none.

    >>> statistics.mean([1, 2, 3, 4])
    2.5
    """
    return host.mean(_numbers(data))


@library.function
def fmean(data: Iterable[float], weights: Iterable[float] | None = None) -> float:
    """The arithmetic mean as a float, faster than `mean`; with weights, one for each number, the weighted mean.

    Raises StatisticsError when there are no numbers, or when the weights are not as many or their sum is 0.

    >>> statistics.fmean([3.5, 4, 5.25])
    4.25
    >>> statistics.fmean([10, 20], weights=[3, 1])
    12.5
    """
    return host.fmean(_numbers(data), None if weights is None else _numbers(weights))


@library.function
def geometric_mean(data: Iterable[float]) -> float:
    """The n-th root of the product of n numbers. Raises StatisticsError unless all are above 0.

    >>> round(statistics.geometric_mean([54, 24, 36]), 9)
    36.0
    """
    return _result(host.geometric_mean, _numbers(data))


@library.function
def harmonic_mean(data: Iterable[Any], weights: Iterable[Any] | None = None) -> Any:
    """The reciprocal of the mean of the reciprocals, for rates; weights are one for each number.

    Raises StatisticsError when there are no numbers or one is negative.

    >>> statistics.harmonic_mean([40, 60])
    48.0
    """
    return host.harmonic_mean(_numbers(data), None if weights is None else _numbers(weights))


@library.function
def median(data: Iterable[Any]) -> Any:
    """The value in the middle when all are in order; of an even number of them the mean of the two in the middle.

    Raises StatisticsError when there are none.

    >>> statistics.median([1, 3, 5, 7])
    4.0
    """
    return host.median(_items(data))


@library.function
def median_low(data: Iterable[Any]) -> Any:
    """The value in the middle when all are in order; of an even number of them the smaller of the two in the middle.

    Raises StatisticsError when there are none.

    >>> statistics.median_low([1, 3, 5, 7])
    3
    """
    return host.median_low(_items(data))


@library.function
def median_high(data: Iterable[Any]) -> Any:
    """The value in the middle when all are in order; of an even number of them the larger of the two in the middle.

    Raises StatisticsError when there are none.

    >>> statistics.median_high([1, 3, 5, 7])
    5
    """
    return host.median_high(_items(data))


@library.function
def mode(data: Iterable[Any]) -> Any:
    """The value that comes most often, of several the first. Raises StatisticsError when there are none.

    >>> statistics.mode(["red", "blue", "blue", "red", "green", "red"])
    'red'
    """
    return host.mode(_items(data))


@library.function
def multimode(data: Iterable[Any]) -> list[Any]:
    """The values that come most often, in the order in which they come first.

    >>> statistics.multimode("aabbc")
    ['a', 'b']
    """
    return host.multimode(_items(data))


@library.function
def quantiles(data: Iterable[Any], *, n: int = 4, method: str = "exclusive") -> list[Any]:
    """The n - 1 values that divide the numbers into n parts of equal size: quartiles unless `n` says otherwise.

    `method` is "exclusive" for a sample of what may be more extreme, "inclusive" for all there is.
    Raises StatisticsError when n is below 1 or there are fewer than two numbers, ValueError for other methods.

    >>> statistics.quantiles([1, 2, 3, 4, 5, 6, 7])
    [2.0, 4.0, 6.0]
    """
    if isinstance(n, int):
        current().meter.check_items(n)
        current().meter.charge(max(n, 0))
    return host.quantiles(_numbers(data), n=n, method=method)  # type: ignore[arg-type]


@library.function
def variance(data: Iterable[Any], xbar: Any = None) -> Any:
    """The variance of what the numbers are a sample of; `xbar` is their mean, if it is known.

    Raises StatisticsError when there are fewer than two numbers.

    >>> statistics.variance([2, 4, 9])
    13
    """
    return _spread(host.variance, data, xbar)


@library.function
def pvariance(data: Iterable[Any], mu: Any = None) -> Any:
    """The variance of the numbers, which are all there are; `mu` is their mean, if it is known.

    Raises StatisticsError when there are none.

    >>> statistics.pvariance([2, 4, 9])
    8.666666666666666
    """
    return _spread(host.pvariance, data, mu)


@library.function
def stdev(data: Iterable[Any], xbar: Any = None) -> Any:
    """The standard deviation of what the numbers are a sample of; `xbar` is their mean, if it is known.

    Raises StatisticsError when there are fewer than two numbers.

    >>> statistics.stdev([1, 3, 5])
    2.0
    """
    return _spread(host.stdev, data, xbar)


@library.function
def pstdev(data: Iterable[Any], mu: Any = None) -> Any:
    """The standard deviation of the numbers, which are all there are; `mu` is their mean, if it is known.

    Raises StatisticsError when there are none.

    >>> statistics.pstdev([2, 4, 4, 4, 5, 5, 7, 9])
    2.0
    """
    return _spread(host.pstdev, data, mu)


@library.function
def covariance(x: Iterable[float], y: Iterable[float], /) -> float:
    """The covariance of what the pairs of numbers are a sample of.

    Raises StatisticsError when x and y differ in length, or have fewer than two numbers.

    >>> statistics.covariance([1, 2, 3], [1, 4, 7])
    3.0
    """
    return host.covariance(_numbers(x), _numbers(y))


@library.function
def correlation(x: Iterable[float], y: Iterable[float], /) -> float:
    """Pearson's correlation, from -1 to 1.

    Raises StatisticsError when x and y differ in length, have fewer than two numbers, or one is constant.

    >>> statistics.correlation([1, 2, 3], [7, 4, 1])
    -1.0
    """
    return _result(host.correlation, _numbers(x), _numbers(y))


@library.function
def linear_regression(x: Iterable[float], y: Iterable[float], /, *, proportional: bool = False) -> Any:
    """The line that is nearest to the points: the tuple (slope, intercept), with fields of these names.

    With `proportional` the line goes through the origin. Raises StatisticsError when x and y differ in length, have
    fewer than two numbers, or x is constant.

    >>> slope, intercept = statistics.linear_regression([1, 2, 3], [3, 5, 7])
    >>> slope, intercept
    (2.0, 1.0)
    """
    return _result(host.linear_regression, _numbers(x), _numbers(y), proportional=proportional)


def _result(function: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
    """What a function gives that raises its errors while it handles others."""
    try:
        return function(*arguments, **keywords)
    except host.StatisticsError as error:
        raise error from None


def _items(data: Iterable[Any]) -> list[Any]:
    return list(current().meter.collected(data))


_ORDINARY = 2000
"""Bits that numbers have in ordinary data: those of every float."""


def _numbers(data: Iterable[Any]) -> list[Any]:
    """The numbers, unless exact arithmetic with so large or so fine ones would take very long."""
    items = _items(data)
    bits = 0
    for item in items:
        if type(item) is float:
            continue
        if isinstance(item, int):
            bits += max(0, item.bit_length() - _ORDINARY)
        elif isinstance(item, Decimal):
            bits += max(0, (abs(item.adjusted()) + len(item.as_tuple().digits)) * 10 // 3 - _ORDINARY)
        else:
            raise TypeError(f"can't convert type '{type_name(item)}' to numerator/denominator")
    current().meter.check_bits(bits)
    return items


def _spread(function: Callable[..., Result], data: Iterable[Any], center: Any) -> Result:
    """What a function gives that takes the difference of each number and a given center."""
    items = _numbers(data)
    if center is not None:
        _numbers([center])
        if isinstance(center, (int, Decimal)):
            _numbers([center] * len(items))
    return function(items, center)
