"""What is known of the sum that C1 makes of each element: its value, the size of its terms, what may happen to it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import NumericType, largest_product, magnitude, magnitude_above, term_count
from harness.oracle.kernels import fast
from harness.oracle.profiles import PLAIN, Allowance
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
Evaluate: TypeAlias = Callable[[Array, Array], tuple[Array, Array | None]]

LONG: Final = 0.25  # (k+1)*u from which a sum is long for its type: the largest product then says more than the bound
LARGEST_WHOLE: Final = 2**24  # elements, of a result that nothing is cropped from
_SAFE: Final = 1000  # binary exponent up to which no sum of float64 overflows on the way
_LEAST: Final = 2.0**-1074


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Per element, all arrays in one layout; None says that there is nothing of the kind.

    `r` is the sum of the finite terms in the reference's type, `low` what that has no bits for, `B` the sum of their
    sizes, 0 only where every term is, `k` the number of all terms. `special` is NaN or infinite where C14 says so.
    `subnormal` is the size of the terms with a subnormal operand, `largest` the largest product where sums are long
    and no operand is negative. `r`, `low` and `B` are in units of 2**`exponent`, where `B` passes float64. `spread`
    says how far a transform carries what is not finite. Of all elements together: `norm` is the largest `B`, in units
    of 2**`norm_exponent`, and `most_terms` the largest `k`.
    """

    r: Array
    B: Array
    k: Array
    low: Array | None = None
    special: Array | None = None
    subnormal: Array | None = None
    largest: Array | None = None
    exponent: Array | None = None
    spread: Array | None = None
    norm: float = 0.0
    norm_exponent: int = 0
    most_terms: int = 0

    def each(self, change: Callable[[Array], Array]) -> "Sums":
        """The same with every array cut, or laid out, in the same way."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {name: change(each) for name, each in arrays.items() if isinstance(each, np.ndarray)}
        return replace(self, **changed)

    @property
    def in_backprop(self) -> Array:
        """What must come back, but for rounding; infinite where it is beyond the reference's type."""
        r = unscaled(self.r, self.exponent)
        return r if self.special is None else np.where(np.isfinite(self.special), r, self.special)


def unscaled(array: Array, exponent: Array | None) -> Array:
    """What is in units of 2**`exponent`, as it is."""
    with np.errstate(over="ignore"):
        return array if exponent is None else np.ldexp(array, exponent)


def sums_of(
    geometry: Geometry,
    filter: Array,
    out_backprop: Array,
    numeric: NumericType,
    evaluate: Evaluate,
    *,
    flushes: bool,
    allowance: Allowance = PLAIN,
) -> Sums:
    """The sums of one call [N H W C], of operands of a float type in the kernels' layout.

    `evaluate` computes `in_backprop` of finite operands in the reference's type, and what that has no bits for;
    `flushes` asks for the terms with a subnormal operand, `allowance` is what an algorithm may do beside summing.
    """
    spread = allowance.spread
    special = subnormal = largest = exponent = None
    if not (np.isfinite(filter).all() and np.isfinite(out_backprop).all()):
        special = _special(geometry, filter, out_backprop)
        spread = spread if spread == 0 or np.isfinite(filter).all() else None  # a filter's is in every tile
        filter, out_backprop = map(_finite, (filter, out_backprop))
    k = term_count(geometry)
    if (k.max(initial=0) + 1) * numeric.u >= LONG and (filter >= 0).all() and (out_backprop >= 0).all():
        largest = largest_product(geometry, filter, out_backprop)
    if flushes:
        subnormal = _subnormal(geometry, filter, out_backprop, numeric.smallest_normal * allowance.parts)
    B = magnitude_above(geometry, filter, out_backprop)
    r, low = evaluate(filter, out_backprop)
    if numeric.passes_float64:
        B = _above_zero(geometry, filter, out_backprop, B, k)
        if not np.isfinite(B).all():
            shift, *scaled = _scaled(geometry, filter, out_backprop)
            beyond = np.isinf(B)
            exponent = np.where(beyond, shift, 0)
            B = np.where(beyond, magnitude(geometry, *scaled), B)
            above, rest = evaluate(*scaled)
            r = np.where(beyond, above, r)
            low = None if low is None or rest is None else np.where(beyond, rest, low)
    reached = None if special is None else _spread(special, spread)
    top = 0 if exponent is None else int(exponent.max())
    norm = float(B.max(initial=0.0) if exponent is None else B[exponent == top].max())
    if allowance.norm and exponent is None:
        norm = max(norm, _norm_before_cropping(geometry, filter, out_backprop))
    most = int(k.max(initial=0))
    return Sums(r, B, k, low, special, subnormal, largest, exponent, reached, norm, top, most)


def _norm_before_cropping(geometry: Geometry, filter: Array, out_backprop: Array) -> float:
    """The largest B with the padding taken for a part of the image: a transform computes what is cropped as well."""
    extents = [(axis.output - 1) * axis.stride + axis.effective_filter for axis in (geometry.height, geometry.width)]
    if geometry.N * geometry.C * math.prod(extents) > LARGEST_WHOLE or 0 in geometry.output_shape:
        return 0.0
    height, width = (
        replace(axis, input=extent, pad_before=0, pad_after=0)
        for axis, extent in zip((geometry.height, geometry.width), extents, strict=True)
    )
    return float(magnitude(replace(geometry, height=height, width=width), filter, out_backprop).max(initial=0.0))


def _spread(special: Array, by: int | None) -> Array:
    """Where a transform may carry what is not finite: up to so many rows and columns away, and to every channel."""
    reached: Array = ~np.isfinite(special)
    if by == 0:
        return reached
    if by is None or not reached.any():  # it may lie where no term of its own reaches
        return np.ones(special.shape, bool)
    reached = np.asarray(reached.any(axis=3))
    for axis in (1, 2):
        steps = [np.roll(np.pad(reached, by), step, axis) for step in range(-by, by + 1)]
        reached = steps[0]
        for step in steps[1:]:
            reached = reached | step
        reached = reached[by:-by, by:-by, by:-by]
    return np.broadcast_to(reached[..., None], special.shape)


def _finite(array: Array) -> Array:
    return np.where(np.isfinite(array), array, array.dtype.type(0))


def _special(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """C14: where a term is not finite; finite factors count by their sign, so that nothing overflows."""
    wide = (array.astype(np.float64) for array in (filter, out_backprop))
    with np.errstate(invalid="ignore"):  # infinity times zero, and infinities that oppose each other
        return fast(geometry, *(np.where(np.isfinite(array), np.sign(array), array) for array in wide))


def _subnormal(geometry: Geometry, filter: Array, out_backprop: Array, smallest_normal: float) -> Array | None:
    """The sum of |filter|*|out_backprop| over the terms with a subnormal operand, if there are any."""
    if not any(((array != 0) & (np.abs(array) < smallest_normal)).any() for array in (filter, out_backprop)):
        return None
    f, dy = (np.abs(array.astype(np.float64)) for array in (filter, out_backprop))
    small_f, small_dy = (np.where(array < smallest_normal, array, 0.0) for array in (f, dy))
    with np.errstate(over="ignore"):
        return fast(geometry, small_f, dy) + fast(geometry, f - small_f, small_dy)


def _above_zero(geometry: Geometry, filter: Array, out_backprop: Array, B: Array, k: Array) -> Array:
    """B, not 0 where terms are no more than too small for float64."""
    if not ((B == 0) & (k > 0)).any():
        return B
    terms = fast(geometry, (filter != 0).astype(np.float64), (out_backprop != 0).astype(np.float64))
    return np.where((B == 0) & (terms > 0), _LEAST, B)


def _scaled(geometry: Geometry, filter: Array, out_backprop: Array) -> tuple[int, Array, Array]:
    """Operands divided by powers of two so that no sum of theirs overflows, and the power of two of a product."""
    most = int(term_count(geometry).max(initial=0)).bit_length()
    reach = sum(int(np.frexp(np.max(np.abs(array), initial=0))[1]) for array in (filter, out_backprop)) + most
    half = (reach - _SAFE + 1) // 2
    return 2 * half, np.ldexp(filter, -half), np.ldexp(out_backprop, -half)
