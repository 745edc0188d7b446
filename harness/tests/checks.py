"""Checks of vectors of results, and the two limits of the tolerance rule written out."""

import math
from fractions import Fraction
from typing import Any, Final

import numpy as np

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_exactly, compare_within_bound
from harness.oracle.sums import Sums
from harness.records import Check
from harness.spec.case import Profile

BELOW: Final = Fraction(999, 1000)
ABOVE: Final = Fraction(1001, 1000)
INF: Final = math.inf
NAN: Final = math.nan
_LARGEST: Final = Fraction(np.finfo(np.float64).max)


def accuracy(
    dtype: str, *, r: Any, y: Any, B: Any = 1.0, k: Any = 4, profile: Profile | None = None, data: str = "normal"
) -> Check:
    """The check of a vector of results `y`; `r`, `B` and `k` are as long, or one for all; `r` may be a Fraction."""
    numeric = TYPES[dtype]
    result = np.atleast_1d(np.asarray(y, np.float64)).astype(numeric.dtype)
    r, rest = halves(r)
    expected = np.broadcast_to(np.asarray(r, numeric.reference), result.shape)
    low = np.broadcast_to(rest, result.shape) if numeric.twofold else None
    size = np.broadcast_to(np.asarray(B, np.float64), result.shape)
    terms = np.broadcast_to(np.asarray(k, np.int64), result.shape)
    return compare_within_bound(data, sums(expected, size, terms, low=low), result, numeric, profile or Profile())


def halves(r: Any) -> tuple[Any, float]:
    """A Fraction as the nearest float64 and the rest; anything else is exact."""
    if not isinstance(r, Fraction):
        return r, 0.0
    nearest = float(min(max(r, -_LARGEST), _LARGEST))
    return nearest, float(r - Fraction(nearest))


def sums(r: Any, B: Any, k: Any, **more: Any) -> Sums:
    """Sums whose non-finite values are what C14 says."""
    finite = np.isfinite(r)
    special = None if finite.all() else np.where(finite, 0.0, r)
    return Sums(np.where(finite, r, 0), np.where(np.isfinite(B), B, 0.0), k, special=special, **more)


def exactly(dtype: str, expected: Any, result: Any) -> Check:
    numeric = TYPES[dtype]
    return compare_exactly(
        "witness", "witness", np.asarray(expected, numeric.reference), np.asarray(result).astype(numeric.dtype), numeric
    )


def probable_bound(dtype: str, B: float, k: int) -> Fraction:
    """(2*sqrt(k) + 1)*u*B + (k+1)*s, or (k+1)*(u*B + s) where that is less."""
    numeric = TYPES[dtype]
    return Fraction(min(2 * math.sqrt(k) + 1, k + 1) * numeric.u * B) + (k + 1) * Fraction(numeric.tiny)


def certain_bound(dtype: str, B: float, k: int) -> Fraction:
    """(k+1)*(u*B + s)."""
    numeric = TYPES[dtype]
    return Fraction((k + 1) * numeric.u * B) + (k + 1) * Fraction(numeric.tiny)
