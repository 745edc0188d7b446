"""float64 under test: what it must return in twice its precision, by exact products and exact additions."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.kernels import fast
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
_LARGEST: Final = float(np.finfo(np.float64).max)
_BEYOND: Final = 1100  # products of float64 end at 2**2048: sums of them over 2**1100 are float64


def exact_slices(geometry: Geometry, filter: Array, out_backprop: Array) -> tuple[Array, Array]:
    """Compute `in_backprop` [N H W C] of float64 operands as two float64: the nearest one, and the rest.

    Operands are cut into slices of so few bits that `fast` makes no error with them (Ozaki et al., 2012); its results
    are added up by Knuth's two-sum. The first of the two is always finite where C14 says that the result is: from the
    largest float64 to twice that the second one holds the rest, and beyond twice that they stay there.
    """
    finite = np.isfinite(filter).all() and np.isfinite(out_backprop).all()
    if not finite:
        plain = _not_finite(geometry, filter, out_backprop)
        filter, out_backprop = (np.where(np.isfinite(array), array, 0.0) for array in (filter, out_backprop))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        high, low = _sum(geometry, filter, out_backprop, shift=0)
        if not np.isfinite(low).all():
            overflowed = ~np.isfinite(low)
            above = _unscaled(*_sum(geometry, filter, out_backprop, shift=_BEYOND))
            high, low = (np.where(overflowed, *pair) for pair in zip(above, (high, low), strict=True))
    if finite:
        return high, low
    kept = np.isfinite(plain)
    return np.where(kept, high, plain), np.where(kept, low, 0.0)


def _not_finite(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """A result that is not finite where C14 says so and nowhere else: finite factors count by their sign."""
    signs = (np.where(np.isfinite(array), np.sign(array), array) for array in (filter, out_backprop))
    with np.errstate(invalid="ignore"):
        return fast(geometry, *signs)


def _sum(geometry: Geometry, filter: Array, out_backprop: Array, *, shift: int) -> tuple[Array, Array]:
    """The two parts of the sum, over 2**shift; the second is not finite where a part of a sum passed the range."""
    R, S, _, K = geometry.filter_shape
    terms = max(1, R * S * K // geometry.groups)
    bits = (53 - (terms - 1).bit_length()) // 2
    high, low = np.zeros((2, *geometry.input_shape))
    filters = list(_slices(filter, (0, 1, 3), bits))  # one exponent for each channel of a group
    for rows, of_images in _slices(out_backprop, (1, 2, 3), bits):  # and one for each image
        for weights, of_channels in filters:
            exponents = of_images + np.tile(of_channels.ravel(), geometry.groups)
            product = fast(geometry, weights, rows)
            _add_exactly(high, low, np.ldexp(product, exponents - shift, out=product))
    nearest = high + low
    return nearest, low - (nearest - high)


def _slices(array: Array, along: tuple[int, ...], bits: int) -> Iterator[tuple[Array, Array]]:
    """Slices of `array` as integers below 2**bits, each with the exponents that make them sum to it exactly.

    The exponents are common to all elements `along` which products are summed.
    """
    _, exponents = np.frexp(np.max(np.abs(array), axis=along, keepdims=True, initial=0.0))
    rest = array
    while rest.any():
        exponents = exponents - bits
        integers = np.trunc(np.ldexp(rest, -exponents))
        if integers.any():
            yield integers, exponents
        rest = rest - np.ldexp(integers, exponents)


def _add_exactly(high: Array, low: Array, term: Array) -> None:
    """Add `term` to the unevaluated sum `high + low`."""
    total = high + term
    virtual = total - high
    low += (high - (total - virtual)) + (term - virtual)
    high[...] = total


def _unscaled(high: Array, low: Array) -> tuple[Array, Array]:
    """Sums over 2**_BEYOND, as they are: the first part ends at the largest float64, and so does the second."""
    first = np.clip(np.ldexp(high, _BEYOND), -_LARGEST, _LARGEST)
    rest = (high - np.ldexp(first, -_BEYOND)) + low
    return first, np.clip(np.ldexp(rest, _BEYOND), -_LARGEST, _LARGEST)
