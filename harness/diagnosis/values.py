"""What is wrong with the values themselves, wherever they are."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

SAME: Final = 2.0**-7  # relative: as close as two roundings to the narrowest type


def value_of(wrong: Array, expected: Array, actual: Array) -> str | None:
    """Say what the wrong elements have in common: 0, NaN, an infinity, a factor, or the values of other places.

    The arrays are [N H W C], the values in the reference's type.
    """
    right, came = (array[wrong].astype(np.float64) for array in (expected, actual))
    finite = bool(np.isfinite(right).all())
    ways = {
        "is 0 there": not came.any(),
        "is NaN there, where the reference is finite": finite and np.isnan(came).all(),
        "is NaN there": np.isnan(came).all(),
        "is infinite there, where the reference is finite": finite and np.isinf(came).all(),
        "is not finite there, where the reference is": finite and not np.isfinite(came).any(),
        "is finite there, where the reference is not": np.isfinite(came).all() and not np.isfinite(right).any(),
        "is not 0 there, as it must be": not right.any(),
    }
    return next((words for words, fit in ways.items() if fit), None) or _factor(right, came) or _moved(expected, actual)


def _factor(expected: Array, actual: Array) -> str | None:
    """One factor between all values, if there are enough to tell."""
    if expected.size < 2 or not (np.isfinite(expected).all() and np.isfinite(actual).all() and expected.all()):
        return None
    factors = actual / expected
    factor = float(np.median(factors))
    if factor == 0 or not np.isfinite(factor) or (np.abs(factors - factor) > SAME * abs(factor)).any():
        return None
    off = np.abs(factors - 1).max()
    if off == 0:  # the reference of float64 sees more than float64 does
        return None
    if off <= SAME:
        return f"is off by at most 1 part in {1 / off:,.0f} there"
    nearest = round(factor)
    whole = nearest and abs(factor - nearest) <= SAME * abs(factor)
    if whole and nearest == -1:
        return "has the opposite sign there"
    return f"is off by a constant factor of {nearest if whole else f'{factor:.3g}'} there"


_ORDERS: Final[dict[str, Callable[[Array], Array]]] = {
    "rows in reverse order": lambda a: a[:, ::-1],
    "columns in reverse order": lambda a: a[:, :, ::-1],
    "rows and columns in reverse order": lambda a: a[:, ::-1, ::-1],
    "channels in reverse order": lambda a: a[..., ::-1],
    "images in reverse order": lambda a: a[::-1],
    "height and width exchanged": lambda a: a.swapaxes(1, 2),
    "one row too low": lambda a: np.roll(a, 1, 1),
    "one row too high": lambda a: np.roll(a, -1, 1),
    "one column too far right": lambda a: np.roll(a, 1, 2),
    "one column too far left": lambda a: np.roll(a, -1, 2),
    "NCHW memory in an NHWC array": lambda a: a.transpose(0, 3, 1, 2).reshape(a.shape),
    "NHWC memory in an NCHW array": lambda a: a.reshape(a.shape[0], a.shape[3], *a.shape[1:3]).transpose(0, 2, 3, 1),
}


def _moved(expected: Array, actual: Array) -> str | None:
    """The right values in wrong places."""
    largest = float(np.max(np.abs(expected), initial=0, where=np.isfinite(expected)))
    near = partial(np.allclose, actual, rtol=SAME, atol=SAME * 0.1 * largest)
    if near(expected):  # they are where they belong, and some order of a single row is no other
        return None
    moved = ((name, order(expected)) for name, order in _ORDERS.items())
    return next((f"has the right values, {name}" for name, m in moved if m.shape == actual.shape and near(m)), None)
