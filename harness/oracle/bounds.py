"""How large an error may be: the constants of each type, the number of terms, the error bound.

k is the number of terms of an element, u the unit roundoff of the type, B the sum of |filter|*|out_backprop|.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

import ml_dtypes
import numpy as np

from harness.oracle.kernels import fast
from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]
_NARROW: Final = np.finfo(np.float32)
_EXPONENT_BITS: Final = np.float64(np.inf).view(np.int64)  # float64 with nothing else is the power of two below it


@dataclass(frozen=True, slots=True)
class NumericType:
    """One of the five types of C9.

    `precision` is p: every integer up to 2**p is exact. `tiny` is s, the error that underflow may add to a term:
    the smallest normal number, since TensorFlow flushes subnormals; half is not flushed, so its smallest subnormal.
    `reference` is the type the reference computes in; `twofold` where it needs two of that type for a value.
    """

    dtype: np.dtype[Any]
    reference: np.dtype[Any]
    precision: int
    tiny: float = 0.0
    largest: float = 0.0
    smallest_exponent: int = 0
    twofold: bool = False

    @property
    def is_integer(self) -> bool:
        """Whether sums wrap instead of rounding."""
        return self.dtype.kind == "i"

    @property
    def name(self) -> str:
        """As TensorFlow and case files spell it."""
        return "half" if self.dtype == np.float16 else self.dtype.name

    @property
    def smallest_normal(self) -> float:
        """What is smaller is subnormal."""
        return 2.0**self.smallest_exponent

    @property
    def flushes(self) -> bool:
        """Whether subnormal numbers may be read and written as 0, unless an implementation says otherwise."""
        return self.tiny >= self.smallest_normal > self.smallest_subnormal

    @property
    def smallest_subnormal(self) -> float:
        """The distance from 0 to the next number."""
        return 2.0 ** (self.smallest_exponent + 1 - self.precision)

    @property
    def passes_float64(self) -> bool:
        """Whether a product of two numbers of the type may be too large or too small for float64."""
        return self.largest > 2.0**511

    @property
    def u(self) -> float:
        """Unit roundoff, 2**-p."""
        return 2.0**-self.precision

    @property
    def witness_limit(self) -> int:
        """The largest B at which every partial sum is exact in any order."""
        return int(2**self.precision) - (1 if self.is_integer else 0)

    def ulp(self, values: Array) -> Array:
        """Distance from each value, rounded to this type, to the next one away from zero."""
        if self.is_integer:
            return np.ones(values.shape)
        powers = (np.asarray(values, np.float64).view(np.int64) & _EXPONENT_BITS).view(np.float64)
        powers = np.maximum(powers, 2.0**self.smallest_exponent, out=powers)
        return np.multiply(powers, 2.0 ** (1 - self.precision), out=powers)


def _float(dtype: Any, reference: Any, precision: int, *, flushes: bool) -> NumericType:
    info = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]  # it is np.finfo with bfloat16 added
    tiny = float(info.tiny if flushes else info.smallest_subnormal)
    return NumericType(np.dtype(dtype), np.dtype(reference), precision, tiny, float(info.max), int(info.minexp))


TYPES: Final[dict[str, NumericType]] = {
    "half": _float(np.float16, np.float64, 11, flushes=False),
    "bfloat16": _float(ml_dtypes.bfloat16, np.float64, 8, flushes=True),
    "float32": _float(np.float32, np.float64, 24, flushes=True),
    "float64": replace(_float(np.float64, np.float64, 53, flushes=True), twofold=True),
    "int32": NumericType(np.dtype(np.int32), np.dtype(np.int64), 31),
}


@lru_cache(maxsize=8)
def term_count(geometry: Geometry) -> Array:
    """Compute k [N H W C] as int64: how many terms C1 sums for each element (C5, C6).

    Separable, because the taps of the two axes are independent: the same as the reference run on ones.
    """
    per_position = np.outer(_taps(geometry.height), _taps(geometry.width)) * (geometry.K // geometry.groups)
    return np.broadcast_to(per_position[None, :, :, None], geometry.input_shape)


def _taps(axis: Axis) -> Array:
    p, r = np.arange(axis.output)[:, None], np.arange(axis.filter)[None, :]
    h = p * axis.stride + r * axis.dilation - axis.pad_before
    return np.bincount(h[(h >= 0) & (h < axis.input)], minlength=axis.input)


def magnitude(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute B [N H W C] in float64 from operands of any type, in the kernels' layout."""
    with np.errstate(invalid="ignore", over="ignore"):  # infinity times zero; float64 may pass float64
        return fast(geometry, *(_absolute(array, np.float64) for array in (filter, out_backprop)))


def magnitude_above(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """B [N H W C] in float64, or up to some (k+1)*2**-24 of it more: in float32, which takes half the time.

    In any order a sum of k rounded products that are not negative is off by k*2**-24 of itself at most (Jeannerod and
    Rump 2013). Where float32 has no room for the operands, or for a product or a sum of theirs, it is B itself.
    """
    if filter.dtype == np.float64 or not filter.size * out_backprop.size:
        return magnitude(geometry, filter, out_backprop)
    sizes = [_absolute(array, np.float32) for array in (filter, out_backprop)]
    k = term_count(geometry)[:1, :, :, :1]
    most = float(k.max(initial=0)) + 1
    (least, largest), (other_least, other_largest) = map(_range, sizes)
    normal = least * other_least >= float(_NARROW.tiny) and most * largest * other_largest <= float(_NARROW.max)
    if not (normal and most <= 2**20):
        return magnitude(geometry, filter, out_backprop)
    return np.multiply(fast(geometry, *sizes), 1 / (1 - (k + 1) * 2.0**-24))


def _range(sizes: Array) -> tuple[float, float]:
    """The least that is not 0, and the largest; numbers that are not negative are in the order of their bits."""
    before = (sizes.view(np.uint32) - np.uint32(1)).min()  # 0 comes last
    least = np.inf if before == np.uint32(2**32 - 1) else float((before + np.uint32(1)).view(np.float32))
    return least, float(sizes.max())


def largest_magnitude(geometry: Geometry, filter: Array, out_backprop: Array) -> float:
    """The largest B of integer operands, exact.

    In float32 where that is enough: adding what is not negative never makes a rounded sum smaller, so a sum of
    integers that comes out below 2**24 was exact all along.
    """
    narrow = fast(geometry, *(_absolute(array, np.float32) for array in (filter, out_backprop)))
    largest = float(narrow.max(initial=0))
    return largest if largest < 2**24 else float(magnitude(geometry, filter, out_backprop).max(initial=0))


def _absolute(array: Array, dtype: type[np.floating[Any]]) -> Array:
    wide = array.astype(dtype)
    return np.abs(wide, out=wide)


def largest_product(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """The largest product among the terms of each element, [N H W C] in float64, of operands that are not negative."""
    N, H, W, _ = geometry.input_shape
    G, (R, S, C_per_group, K) = geometry.groups, geometry.filter_shape
    weights = filter.astype(np.float64).reshape(R, S, C_per_group, G, K // G)
    rows = out_backprop.astype(np.float64).reshape(*geometry.output_shape[:3], G, K // G)
    largest = np.zeros((N, H, W, G, C_per_group))
    for r, s in np.ndindex(R, S):
        (p, h), (q, w) = _reached(geometry.height, r), _reached(geometry.width, s)
        place = np.ix_(np.arange(N), h, w)
        met, source = largest[place], rows[np.ix_(np.arange(N), p, q)]
        for k in range(K // G):
            np.maximum(met, source[..., k, None] * weights[r, s, :, :, k].T, out=met)
        largest[place] = met
    return largest.reshape(geometry.input_shape)


def _reached(axis: Axis, tap: int) -> tuple[Array, Array]:
    """Output positions whose `tap` lies on the input, and where."""
    position = np.arange(axis.output) * axis.stride + tap * axis.dilation - axis.pad_before
    p = np.flatnonzero((position >= 0) & (position < axis.input))
    return p, position[p]


def probable_limit(k: Array) -> Array:
    """2*sqrt(k) + 1, or k+1 where that is less, in units of u*B: beyond it only an unlucky order of summation goes."""
    return np.asarray(np.minimum(2 * np.sqrt(k), k) + 1)


def certain_limit(k: Array) -> Array:
    """Compute k + 1, in units of u*B: beyond it no order of summation in that precision explains the error.

    Jeannerod and Rump 2013: k rounded products summed in any order are off by k*u*B at most, for every k
    and u, and rounding their sum once more adds no more than another u*B.
    """
    return np.asarray(k + 1.0)
