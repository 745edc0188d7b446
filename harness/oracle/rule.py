"""Which elements are right: the rule of `docs/decisions/tolerance.md`, element by element."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import TYPES, NumericType, certain_limit, probable_limit
from harness.oracle.profiles import allowance_of
from harness.oracle.sums import Sums, unscaled
from harness.spec.case import Profile

Array: TypeAlias = np.ndarray[Any, Any]

UNLUCKY: Final = "beyond the probable error, within what some order of summation could produce"
FLUSHED: Final = "as if subnormal operands were read as 0"
OVERFLOWED: Final = "sums overflow on the way, as they do in some order of summation"


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Per element: what was expected, what came, how far apart, and the largest distance that passes.

    `wrong` is what fails. Of an accuracy run also: `suspicious`, which passes with a warning, one of `warnings`;
    `vacuous`, for which a result of 0 would be within the bound whatever the operands; and `limit`, in units of u*B.
    """

    expected: Array
    actual: Array
    distance: Array
    bound: Array
    margin: Array
    wrong: Array
    numeric: NumericType
    suspicious: Array
    vacuous: Array
    limit: Array
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """How far off an element may be, in the units of its sum: `scale` for rounding, and `free` on top of it.

    From there to `certain`, in units of B, it passes with a warning, and where it lacks no more than `flushed`, with
    another. `limit` is `scale` in units of u*B; it and `certain` are not repeated where k is not.
    """

    limit: Array
    scale: Array
    free: Array
    certain: Array | None
    flushed: Array | None
    vacuous: Array


def exact_errors(expected: Array, result: Array, numeric: NumericType) -> Errors:
    """Rule 1: equal value for value, 0 equal to -0. `expected` is in a type that holds it exactly."""
    actual, expected = widened(result, numeric), expected.astype(numeric.reference, copy=False)
    wrong = ~(actual == expected)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.abs(actual - expected).astype(np.float64)
    distance = np.where(np.isnan(distance), np.inf, distance)
    none, zero = np.zeros(wrong.shape, bool), np.zeros(wrong.shape)
    return Errors(expected, actual, distance, zero, np.where(wrong, np.inf, 0.0), wrong, numeric, none, none, zero)


def rounded_to_integers(result: Array) -> Array:
    """What a transform of integers comes to, without the noise that it leaves."""
    return np.rint(result.astype(np.float64)).astype(result.dtype)


def bounded_errors(sums: Sums, result: Array, numeric: NumericType, profile: Profile) -> Errors:
    """Rules 0, 2 and 4: the accuracy run."""
    actual = widened(result, numeric)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        bound = _bound(sums, numeric, profile)
        scaled = actual if sums.exponent is None else np.ldexp(actual, -sums.exponent)
        distance = _distance(sums, scaled)
        margin = distance - bound.free
        margin = np.maximum(margin, 0.0, out=margin)
        margin = np.divide(margin, bound.scale, out=margin)
        allowed = bound.scale + bound.free
        suspicious = ~(distance <= allowed)
        wrong, flushed = _beyond(distance, suspicious, bound, sums.B)
        if sums.largest is not None and bound.certain is not None:
            short = scaled < _least(sums.largest, bound, numeric, profile)
            wrong, margin = wrong | short, np.where(short, np.inf, margin)
    vacuous = bound.vacuous
    if not (bound.scale.min(initial=np.inf) > 0 and sums.B.min(initial=np.inf) > 0 and sums.k.all()):
        margin = np.where(distance > bound.free, margin, 0.0)
        zero = (sums.B == 0) | (sums.k == 0)
        allowed = np.where(zero, 0.0, allowed)
        margin = np.where(zero, np.where(distance == 0, 0.0, np.inf), margin)
        suspicious, wrong = (np.where(zero, distance != 0, array) for array in (suspicious, wrong))
        vacuous = vacuous & ~zero
    overflowed = np.zeros((), bool)
    if sums.special is not None or not np.isfinite(distance.max(initial=0.0)):
        settled, accepted, overflowed = _non_finite(sums, scaled, allowed, numeric, profile)
        refused = settled & ~accepted
        margin, distance = (np.where(settled, np.where(accepted, 0.0, np.inf), array) for array in (margin, distance))
        wrong = refused | (wrong & ~settled)
        suspicious = refused | overflowed | (suspicious & ~settled)
    reasons = {UNLUCKY: suspicious & ~wrong & ~flushed & ~overflowed, FLUSHED: flushed & ~wrong, OVERFLOWED: overflowed}
    with np.errstate(over="ignore"):  # the difference of two float64, or its ratio to a tiny bound, may be no float64
        distance, allowed = (unscaled(array, sums.exponent) for array in (distance, allowed))
        margin, allowed = np.asarray(margin, np.float64), np.asarray(allowed, np.float64)
    limit, vacuous = (np.broadcast_to(array, distance.shape) for array in (bound.limit, vacuous))
    return Errors(
        *(sums.in_backprop, actual, distance, allowed, margin, wrong, numeric, suspicious, vacuous, limit),
        warnings=tuple(reason for reason, where in reasons.items() if suspicious.any() and where.any()),
    )


def _bound(sums: Sums, numeric: NumericType, profile: Profile) -> Bound:
    """What rules 2 and 4 allow of each element; half a profile replaces nothing."""
    k = once(sums.k)
    allowance = allowance_of(profile, numeric.name)
    of_products = allowance.product_error / numeric.u
    terms = k * allowance.products
    limit, certain = (_roundings(profile) * units(terms) + of_products for units in (probable_limit, certain_limit))
    free = (k + 1.0) * _underflow(numeric, profile)
    if sums.exponent is not None:
        free = np.ldexp(free, -sums.exponent)
    if profile.atol is not None and profile.rtol is not None:
        atol = unscaled(np.asarray(profile.atol), None if sums.exponent is None else -sums.exponent)
        return Bound(
            limit, atol + profile.rtol * np.abs(sums.r), np.zeros_like(free), None, None, np.zeros(k.shape, bool)
        )
    flushed = sums.subnormal
    if profile.flushes is not None and flushed is not None:
        free, flushed = (free + flushed, None) if numeric.name in profile.flushes else (free, None)
    return Bound(limit, limit * numeric.u * sums.B, free, certain * numeric.u, flushed, certain * numeric.u >= 1)


def _underflow(numeric: NumericType, profile: Profile) -> float:
    """s, the error that underflow may add to a term: what the type is known for, unless the profile says otherwise."""
    if profile.flushes is None:
        return numeric.tiny
    return numeric.smallest_normal if numeric.name in profile.flushes else numeric.smallest_subnormal


def _distance(sums: Sums, actual: Array) -> Array:
    distance: Array = actual - sums.r
    if sums.low is not None:
        distance -= sums.low
    return np.abs(distance, out=distance)


def _beyond(distance: Array, suspicious: Array, bound: Bound, B: Array) -> tuple[Array, Array]:
    """Of the elements that do not conform those that fail, and those that only flushed operands explain."""
    if bound.certain is None or not suspicious.any():
        return suspicious, np.zeros((), bool)
    beyond = ~(distance <= bound.certain * B + bound.free)
    if bound.flushed is None:
        return beyond, np.zeros((), bool)
    wrong = ~(distance <= bound.certain * B + bound.free + bound.flushed)
    return wrong, beyond & ~wrong


def _least(largest: Array, bound: Bound, numeric: NumericType, profile: Profile) -> Array:
    """What a sum of terms that are not negative cannot be below, whatever k is.

    Rounding is monotonic: adding what is not negative never makes a rounded sum smaller, so in any order the result is
    at least the largest product, rounded once or twice, and less than s below that where products flush.
    """
    allowance = allowance_of(profile, numeric.name)
    rounded = largest * (1 - 2 * numeric.u * _roundings(profile) - allowance.product_error) - _underflow(
        numeric, profile
    )
    return np.asarray(rounded) if bound.flushed is None else rounded - bound.flushed


def _non_finite(
    sums: Sums, actual: Array, allowed: Array, numeric: NumericType, profile: Profile
) -> tuple[Array, Array, Array]:
    """Rule 4: which elements something not finite settles, which of those are right, which only by overflowing.

    The sums of the positive and of the negative finite terms, P and M, bound every partial sum, since rounding is
    monotonic: +inf comes up where P*(1 + (k+1)*u) passes the largest number, -inf where M*(1 + (k+1)*u) does, and what
    is not finite by itself joins them.
    """
    special = np.zeros((), np.float64) if sums.special is None else sums.special
    finite = np.isfinite(special)
    settled = ~finite | ~np.isfinite(actual)
    largest = unscaled(np.asarray(numeric.largest), None if sums.exponent is None else -sums.exponent)
    same = (np.isnan(special) & np.isnan(actual)) | (~finite & (special == actual))
    with np.errstate(invalid="ignore", over="ignore"):
        beyond = finite & np.isinf(actual) & (np.sign(actual) == np.sign(sums.r))
        same |= beyond & (np.abs(sums.r) + allowed > largest)
        up, down = _on_the_way(sums, largest, numeric, profile)
    way = finite & (((actual == np.inf) & up) | ((actual == -np.inf) & down) | (np.isnan(actual) & up & down))
    way |= np.isnan(actual) & (((special == np.inf) & down) | ((special == -np.inf) & up))
    if allowance_of(profile, numeric.name).infinity_is_nan:
        same |= np.isnan(actual) & (np.isinf(special) | up | down)
    return settled, same | way, way & ~same


def _on_the_way(sums: Sums, largest: Array, numeric: NumericType, profile: Profile) -> tuple[Array, Array]:
    """Where a partial sum may pass the largest number, and where the least one.

    Nowhere where sums are declared to be kept in a type that reaches further: of the two narrow types only half has
    fewer bits for the exponent than float32.
    """
    if profile.float32_accumulator and numeric.smallest_exponent > TYPES["float32"].smallest_exponent:
        return np.zeros((), bool), np.zeros((), bool)
    allowance = allowance_of(profile, numeric.name)
    of_parts = 2.0**-6 if allowance.parts > 1 else allowance.product_error  # the first of them alone may be larger
    more = 1 + of_parts + (once(sums.k) * allowance.products + 1.0) * numeric.u * _roundings(profile)
    return (sums.B / 2 + sums.r / 2) * more > largest, (sums.B / 2 - sums.r / 2) * more > largest


def _roundings(profile: Profile) -> int:
    """How many u an operation may be off: rounding to nearest by one, towards zero by two."""
    return 2 if profile.rounding == "truncation" else 1


def once(array: Array) -> Array:
    """Without repetitions: k is the same for all images and channels, and what follows from it is, too."""
    return array[tuple(slice(None) if stride else slice(1) for stride in array.strides)]


def widened(result: Array, numeric: NumericType) -> Array:
    """The result in the reference's type; whatever a NaN of its bits may signal."""
    with np.errstate(invalid="ignore"):
        return result.astype(numeric.reference)
