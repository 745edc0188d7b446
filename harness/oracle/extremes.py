"""Operands at the ends of what a type and the rules allow: very small, very large, cancelling, zero, infinite."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import NumericType, magnitude, term_count
from harness.spec.case import DataKind
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
Pair: TypeAlias = tuple[Array, Array]  # filter [R S C/G K] and out_backprop [N P Q K], float64
Draw: TypeAlias = Callable[[np.random.Generator, Geometry, NumericType], Pair]


def _normal(rng: np.random.Generator, geometry: Geometry) -> Pair:
    return rng.standard_normal(geometry.filter_shape), rng.standard_normal(geometry.output_shape)


def _subnormal_operands(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Filters of which a third is subnormal, and factors that make normal products of them."""
    filter, out_backprop = _normal(rng, geometry)
    return filter * 2 * numeric.smallest_normal, out_backprop * 2.0 ** (-numeric.smallest_exponent // 4 * 3)


def _subnormal_products(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Normal operands whose products are on either side of the smallest normal number."""
    filter, out_backprop = _normal(rng, geometry)
    half = numeric.smallest_exponent // 2
    return filter * 2.0**half, out_backprop * 2.0 ** (numeric.smallest_exponent - half)


def _large(rng: np.random.Generator, geometry: Geometry, numeric: NumericType, *, times: float, signed: bool) -> Pair:
    """Operands of which the size of all terms is so many times the largest number, in the median element."""
    filter, out_backprop = _normal(rng, geometry)
    if not signed:
        filter, out_backprop = np.abs(filter), np.abs(out_backprop)
    B = magnitude(geometry, filter, out_backprop)[term_count(geometry) > 0]
    factor = np.sqrt(times / np.median(B)) * np.sqrt(numeric.largest) if B.size else 1.0
    return filter * factor, out_backprop * factor


def _overflowing(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Half of the sums pass the largest number, whatever the order, and the others come near it."""
    return _large(rng, geometry, numeric, times=1.0, signed=False)


def _overflowing_on_the_way(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Sums that are finite, of terms that are not when one sign comes first."""
    return _large(rng, geometry, numeric, times=2.5, signed=True)


def _near_the_largest(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Sums of either sign a little below the largest number, which no order makes overflow."""
    return _large(rng, geometry, numeric, times=0.25, signed=True)


def _cancelling(rng: np.random.Generator, geometry: Geometry, numeric: NumericType) -> Pair:
    """Pairs of output channels whose terms are opposite but for the last bits of the type."""
    filter, out_backprop = _normal(rng, geometry)
    of_group = geometry.K // geometry.groups
    pairs = np.arange(geometry.K).reshape(geometry.groups, of_group)[:, : of_group // 2 * 2]
    even, odd = pairs[:, ::2].ravel(), pairs[:, 1::2].ravel()
    filter[..., odd] = -filter[..., even]
    out_backprop[..., odd] = out_backprop[..., even] * (1 + 4 * numeric.u)
    return filter, out_backprop


def _zero_filter(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    filter, out_backprop = _normal(rng, geometry)
    return filter * 0, out_backprop


def _zero_output(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    filter, out_backprop = _normal(rng, geometry)
    return filter, out_backprop * 0


def _one_channel(rng: np.random.Generator, geometry: Geometry) -> tuple[Pair, Array]:
    return _normal(rng, geometry), rng.integers(geometry.K, size=1) if geometry.K else np.zeros(0, int)


def _zeros_and_nan(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    """One channel of `out_backprop` is 0 where a filter's element is NaN: whose product is NaN."""
    (filter, out_backprop), k = _one_channel(rng, geometry)
    out_backprop[..., k] = 0
    _put(rng, filter, k, np.nan)
    return filter, out_backprop


def _zeros_and_infinity(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    """The same the other way round, with an infinity."""
    (filter, out_backprop), k = _one_channel(rng, geometry)
    filter[..., k] = 0
    _put(rng, out_backprop, k, np.inf)
    return filter, out_backprop


def _put(rng: np.random.Generator, array: Array, k: Array, value: float) -> None:
    """Set one element of a channel, if it has any."""
    if k.size and array.size:
        array[(*(int(rng.integers(extent)) for extent in array.shape[:3]), k[0])] = value


def _opposed(rng: np.random.Generator, array: Array) -> None:
    """Set one element to infinity, and its neighbour along the last axis that has two to the opposite."""
    axis = next((axis for axis in (3, 2, 1, 0) if array.shape[axis] > 1), None)
    if array.size and axis is not None:
        place = [int(rng.integers(extent - (each == axis))) for each, extent in enumerate(array.shape)]
        array[tuple(place)] = np.inf
        place[axis] += 1
        array[tuple(place)] = -np.inf


def _opposed_in_filter(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    filter, out_backprop = _normal(rng, geometry)
    _opposed(rng, filter)
    return filter, np.abs(out_backprop)


def _opposed_in_output(rng: np.random.Generator, geometry: Geometry, _: NumericType) -> Pair:
    filter, out_backprop = _normal(rng, geometry)
    _opposed(rng, out_backprop)
    return np.abs(filter), out_backprop


DRAWS: Final[dict[DataKind, tuple[Draw, ...]]] = {
    DataKind.TINY: (_subnormal_operands, _subnormal_products),
    DataKind.HUGE: (_overflowing, _overflowing_on_the_way, _near_the_largest),
    DataKind.CANCEL: (_cancelling,),
    DataKind.ZEROS: (_zero_filter, _zero_output, _zeros_and_nan, _zeros_and_infinity),
    DataKind.OPPOSED: (_opposed_in_filter, _opposed_in_output),
}
