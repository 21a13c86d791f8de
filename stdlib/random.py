"""Chance: numbers, choices, shuffles and samples from the source of chance of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from operator import index
from typing import Any

from dana.native import Library, current
from dana.values import type_name

library = Library(
    "random",
    "Chance: numbers, choices, shuffles and samples. Not for secrets: who sees enough of it can foresee the rest. "
    "After `seed` the results are those of Python's module of the same name.",
)


@library.function
def seed(a: int | float | str | bytes | None = None, version: int = 2) -> None:
    """Begin the sequence of chance that belongs to `a`: the same seed gives the same results.

    Without a seed the sequence is one that nobody can foresee. Raises TypeError for a seed of another type.

    >>> random.seed(42)
    >>> random.randint(1, 6), random.randint(1, 6)
    (6, 1)
    """
    source = current().host.random()
    if a is None:
        a = source.getrandbits(256)
    source.seed(a, version)


@library.function
def random() -> float:
    """A float of at least 0 and below 1.

    >>> random.seed(1)
    >>> random.random()
    0.13436424411240122
    """
    return current().host.random().random()


@library.function
def uniform(a: float, b: float) -> float:
    """A float between a and b.

    >>> random.seed(1)
    >>> random.uniform(10, 20)
    11.343642441124013
    """
    return current().host.random().uniform(a, b)


@library.function
def randint(a: int, b: int) -> int:
    """An int between a and b, both of them included. Raises ValueError when b is below a.

    >>> random.seed(1)
    >>> random.randint(1, 6)
    2
    """
    return current().host.random().randint(index(a), index(b))


@library.function
def randrange(start: int, stop: int | None = None, step: int = 1) -> int:
    """One of the ints of `range(start, stop, step)`, or of `range(start)`. Raises ValueError when there is none.

    >>> random.seed(1)
    >>> random.randrange(0, 100, 10)
    20
    """
    stop = None if stop is None else index(stop)
    return current().host.random().randrange(index(start), stop, index(step))


@library.function
def getrandbits(k: int, /) -> int:
    """An int of k random bits. Raises ValueError when k is negative.

    >>> random.seed(1)
    >>> random.getrandbits(8)
    34
    """
    k = index(k)
    current().meter.check_bits(k)
    return current().host.random().getrandbits(k)


@library.function
def randbytes(n: int) -> bytes:
    """n random bytes. Raises ValueError when n is negative.

    >>> random.seed(1)
    >>> random.randbytes(4)
    b'\\xf5\\xb1e"'
    """
    n = index(n)
    current().meter.check_text(n)
    current().meter.charge(max(n, 0) // 100)
    return current().host.random().randbytes(n)


@library.function
def choice(seq: Sequence[Any]) -> Any:
    """One item of a sequence. Raises IndexError when it is empty.

    >>> random.seed(1)
    >>> random.choice(["red", "green", "blue"])
    'red'
    """
    return current().host.random().choice(seq)


@library.function
def choices(
    population: Sequence[Any],
    weights: Any = None,
    *,
    cum_weights: Iterable[float] | None = None,
    k: int = 1,
) -> list[Any]:
    """A list of k items of a sequence, each of which may come several times.

    `weights` says how often each item comes, in relation to the others; `cum_weights` are the same, added up from
    the first. Raises ValueError when their number is not that of the items, or their sum not above 0,
    IndexError when the sequence is empty.

    >>> random.seed(1)
    >>> random.choices(["win", "lose"], weights=[1, 9], k=4)
    ['lose', 'lose', 'lose', 'lose']
    """
    meter = current().meter
    k = index(k)
    meter.check_items(k)
    meter.charge(max(k, 0))
    if weights is not None and not isinstance(weights, int):
        weights = [_weight(weight) for weight in meter.collected(weights)]
    if cum_weights is not None:
        cum_weights = list(meter.collected(cum_weights))
    return current().host.random().choices(population, weights, cum_weights=cum_weights, k=k)


@library.function
def sample(population: Sequence[Any], k: int, *, counts: Iterable[int] | None = None) -> list[Any]:
    """A list of k different places of a sequence, in random order.

    `counts` says how often each item is there. Raises ValueError when k is negative or larger than the population,
    TypeError for a population that is no sequence: of a set, take the `sorted`.

    >>> random.seed(1)
    >>> random.sample(range(100), 4)
    [17, 72, 97, 8]
    """
    meter = current().meter
    k = index(k)
    meter.check_items(k)
    meter.charge(max(k, 0))
    if counts is not None:
        counts = [_count(count) for count in meter.collected(counts)]
    return current().host.random().sample(population, k, counts=counts)


@library.function
def shuffle(x: list[Any]) -> None:
    """Put the items of a list in random order.

    >>> random.seed(1)
    >>> cards = [1, 2, 3, 4, 5]
    >>> random.shuffle(cards)
    >>> cards
    [3, 4, 5, 1, 2]
    """
    try:
        size = len(x)
    except TypeError:
        raise TypeError(f"object of type '{type_name(x)}' has no len()") from None
    current().meter.charge(size)
    current().host.random().shuffle(x)


@library.function
def triangular(low: float = 0.0, high: float = 1.0, mode: float | None = None) -> float:
    """A float between low and high, most often near `mode`, which is their middle when not given.

    >>> random.seed(1)
    >>> round(random.triangular(0, 10, 2), 6)
    1.639294
    """
    return current().host.random().triangular(low, high, mode)


@library.function
def betavariate(alpha: float, beta: float) -> float:
    """A float between 0 and 1 of the beta distribution. Raises ValueError unless alpha and beta are above 0.

    >>> random.seed(1)
    >>> round(random.betavariate(2, 5), 6)
    0.084478
    """
    _check_finite(alpha=alpha, beta=beta)
    return current().host.random().betavariate(alpha, beta)


@library.function
def expovariate(lambd: float = 1.0) -> float:
    """A float of the exponential distribution whose mean is 1 / lambd. Raises ZeroDivisionError when lambd is 0.

    >>> random.seed(1)
    >>> round(random.expovariate(0.5), 6)
    0.288582
    """
    return current().host.random().expovariate(lambd)


@library.function
def gammavariate(alpha: float, beta: float) -> float:
    """A float of the gamma distribution whose mean is alpha * beta. Raises ValueError unless both are above 0.

    >>> random.seed(1)
    >>> round(random.gammavariate(2, 3), 6)
    2.046657
    """
    _check_finite(alpha=alpha, beta=beta)
    return current().host.random().gammavariate(alpha, beta)


@library.function
def gauss(mu: float = 0.0, sigma: float = 1.0) -> float:
    """A float of the normal distribution with mean mu and standard deviation sigma; faster than `normalvariate`.

    >>> random.seed(1)
    >>> round(random.gauss(100, 15), 6)
    119.322771
    """
    return current().host.random().gauss(mu, sigma)


@library.function
def lognormvariate(mu: float, sigma: float) -> float:
    """A float whose logarithm is normally distributed with mean mu and standard deviation sigma.

    >>> random.seed(1)
    >>> round(random.lognormvariate(0, 1), 6)
    1.835755
    """
    return current().host.random().lognormvariate(mu, sigma)


@library.function
def normalvariate(mu: float = 0.0, sigma: float = 1.0) -> float:
    """A float of the normal distribution with mean mu and standard deviation sigma.

    >>> random.seed(1)
    >>> round(random.normalvariate(100, 15), 6)
    109.111838
    """
    return current().host.random().normalvariate(mu, sigma)


@library.function
def paretovariate(alpha: float) -> float:
    """A float of the Pareto distribution with shape alpha.

    >>> random.seed(1)
    >>> round(random.paretovariate(3), 6)
    1.049272
    """
    return current().host.random().paretovariate(alpha)


@library.function
def vonmisesvariate(mu: float, kappa: float) -> float:
    """An angle in radians of the von Mises distribution around mu; the larger kappa, the closer to it.

    >>> random.seed(1)
    >>> round(random.vonmisesvariate(0, 4), 6)
    0.106815
    """
    _check_finite(mu=mu, kappa=kappa)
    return current().host.random().vonmisesvariate(mu, kappa)


@library.function
def weibullvariate(alpha: float, beta: float) -> float:
    """A float of the Weibull distribution with scale alpha and shape beta.

    >>> random.seed(1)
    >>> round(random.weibullvariate(1, 2), 6)
    0.379857
    """
    return current().host.random().weibullvariate(alpha, beta)


def _weight(weight: Any) -> Any:
    """A weight, if adding up millions of its kind does not need much memory."""
    if not isinstance(weight, (int, float)):
        raise TypeError(f"weights must be numbers, not {type_name(weight)}")
    if isinstance(weight, int) and weight.bit_length() > 1024:
        raise OverflowError("int too large to convert to float")
    return weight


def _count(count: Any) -> int:
    if not isinstance(count, int):
        raise TypeError("Counts must be integers")
    if count.bit_length() > 63:
        raise OverflowError("Python int too large to convert to C ssize_t")
    return count


def _check_finite(**parameters: Any) -> None:
    """Refuse what the host's search for a fitting number would never end with."""
    for name, value in parameters.items():
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name} must be a number, not {type_name(value)}")
        if not isfinite(value) or abs(value) > 1e300:
            raise ValueError(f"{name} must be a number up to 1e300, not {value}")
