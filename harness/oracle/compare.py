"""Hold a result against what it must be: the rule of `docs/decisions/tolerance.md`, one function a run."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from operator import itemgetter
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from harness.oracle.bias import is_asked_for, spread_of, together
from harness.oracle.bounds import NumericType
from harness.oracle.normwise import errors_under
from harness.oracle.profiles import allowance_of
from harness.oracle.rule import Errors, exact_errors, once, rounded_to_integers
from harness.oracle.sums import Sums
from harness.records import Check, Element
from harness.spec.case import Profile

Array: TypeAlias = np.ndarray[Any, Any]
Accumulator: TypeAlias = Literal["float32", "storage"]

WORST: Final = 5
BINS: Final = 10  # of the histogram of margins: tenths of the limit, and one bin beyond it
BLOCK: Final = 2**16  # elements whose errors are computed together: fewer calls than with less, less memory than all
_FLOAT32_U: Final = 2.0**-24


def compare_exactly(
    name: str, data: str, expected: Array, result: Array, numeric: NumericType, *, rounded: bool = False
) -> Check:
    """Rule 1, as a check; a transform's result is rounded to integers first."""
    if rounded:
        result = rounded_to_integers(result)
    with np.errstate(invalid="ignore"):  # a NaN of its bits may signal
        equal = result.astype(expected.dtype, copy=False) == expected
    if bool(equal.all()):
        total = int(expected.size)
        return Check(name, data, "pass", margin=0.0, limit=0.0, total=total, max_abs=0.0, max_rel=0.0, max_ulp=0.0)
    return _described(name, data, "fail", exact_errors(expected, result, numeric), limit=0.0)


def _count(once: Array, size: int) -> int:
    """How many of `size` elements, of which these are all but repetitions."""
    return int(np.count_nonzero(once)) * (size // max(1, once.size))


def compare_within_bound(data: str, sums: Sums, result: Array, numeric: NumericType, profile: Profile) -> Check:
    """Rules 0, 2, 3 and 4, as a check: of the elements one by one, and of their errors together where that is asked."""
    blocks = _blocks(sums.r.shape)
    check = _element_by_element(data, sums, result, numeric, profile, blocks)
    if not is_asked_for(data, sums, numeric, profile):
        return check
    spread = together([spread_of(sums.each(itemgetter(place)), result[place], numeric) for place in blocks])
    check = replace(check, bias=spread.mean, rms=spread.rms)
    flaw = spread.flaw(int(sums.k.max(initial=0)))
    return replace(check, status="fail", note=flaw) if flaw and check.status != "fail" else check


def _element_by_element(
    data: str,
    sums: Sums,
    result: Array,
    numeric: NumericType,
    profile: Profile,
    blocks: Sequence[tuple[slice, ...]],
) -> Check:
    """Block by block while all is well, so that the cache holds what is computed."""
    parts: list[Check] = []
    for place in blocks if len(blocks) > 1 else ():
        part = _within_bound(data, sums.each(itemgetter(place)), result[place], numeric, profile)
        if part.status != "pass":
            break
        parts.append(part)
    else:
        if parts:
            return _joined(parts)
    return _within_bound(data, sums, result, numeric, profile)


def _blocks(shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
    """Cut an array into parts of about BLOCK elements, each next to the other in memory."""
    axis = next((axis for axis in range(len(shape)) if math.prod(shape[axis + 1 :]) <= BLOCK), len(shape) - 1)
    step = max(1, BLOCK // max(1, math.prod(shape[axis + 1 :])))
    steps = (1,) * axis + (step,)
    starts = (range(0, extent, step) for extent, step in zip(shape, steps, strict=False))
    return [
        tuple(slice(start, start + step) for start, step in zip(place, steps, strict=True))
        for place in product(*starts)
    ]


def _joined(parts: Sequence[Check]) -> Check:
    """One check of several parts of an array that all pass."""
    accumulators = {part.accumulator for part in parts}
    return replace(
        max(parts, key=lambda part: part.margin or 0.0),
        total=sum(part.total for part in parts),
        max_abs=max(part.max_abs or 0.0 for part in parts),
        max_rel=max(part.max_rel or 0.0 for part in parts),
        max_ulp=max(part.max_ulp or 0.0 for part in parts),
        histogram=tuple(map(sum, zip(*(part.histogram or () for part in parts), strict=True))),
        untouched=sum(part.untouched or 0 for part in parts),
        vacuous=sum(part.vacuous or 0 for part in parts),
        accumulator=next((found for found in ("storage", "float32") if found in accumulators), None),
    )


def _within_bound(data: str, sums: Sums, result: Array, numeric: NumericType, profile: Profile) -> Check:
    errors = errors_under(sums, result, numeric, profile)
    accumulator = _accumulator(errors, sums)
    note = ""
    transformed = allowance_of(profile, numeric.name).norm is not None  # its bound is float32's already
    if profile.float32_accumulator and accumulator == "storage" and not transformed:
        note = "the profile demands a float32 accumulator"
    status: Literal["pass", "warn", "fail"] = "pass"
    if errors.wrong.any() or note:
        status = "fail"
    elif errors.suspicious.any():
        status, note = "warn", "; ".join(errors.warnings)
    worst = int(np.argmax(errors.margin)) if errors.margin.size else 0
    return _described(
        "accuracy",
        data,
        status,
        errors,
        note=note,
        accumulator=accumulator,
        limit=float(errors.limit.flat[worst]) if errors.limit.size else None,
        untouched=_count(once(sums.k) == 0, sums.k.size),
        vacuous=_count(once(errors.vacuous), sums.k.size),
    )


def _accumulator(errors: Errors, sums: Sums) -> Accumulator | None:
    """Rule 3: for the two narrow types, whether the error is as small as float32 sums leave it."""
    u = errors.numeric.u
    if errors.numeric.precision > 11:
        return None
    judged = np.isfinite(errors.expected) & np.isfinite(errors.actual)
    if not judged.any():
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        near = u * np.abs(errors.expected) + errors.limit * _FLOAT32_U * sums.B * (1 + u) + errors.numeric.tiny
        if sums.subnormal is not None:
            near = near + sums.subnormal
    return "float32" if bool((errors.distance <= near)[judged].all()) else "storage"


def _described(name: str, data: str, status: Literal["pass", "warn", "fail"], errors: Errors, **known: Any) -> Check:
    """The check with its statistics; a check that does not pass shows its worst elements."""
    size = errors.distance.size
    if not size:
        return Check(name, data, status, margin=0.0, **known)
    distance, magnitude = errors.distance, np.abs(errors.expected)
    most, margin = float(distance.max()), float(errors.margin.max())
    if not (np.isfinite(most) and np.isfinite(magnitude.max())):
        finite = np.isfinite(distance) & np.isfinite(magnitude)
        distance, magnitude = (np.where(finite, array, 0.0) for array in (distance, magnitude))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        rel = distance / magnitude  # NaN where both are 0
        ulp = errors.numeric.ulp(magnitude)
        ulp = np.divide(distance, ulp, out=ulp, casting="same_kind")
    worst: tuple[Element, ...] = ()
    if status != "pass":
        order = np.lexsort((-errors.distance.ravel(), -errors.margin.ravel(), ~errors.wrong.ravel()))[:WORST]
        worst = tuple(_element(errors, flat, rel, ulp) for flat in order if errors.margin.flat[flat] > 1)
    return Check(
        name,
        data,
        status,
        margin=margin,
        mismatched=int(np.count_nonzero(errors.wrong)),
        non_finite=int(np.count_nonzero(errors.wrong & ~(np.isfinite(errors.expected) & np.isfinite(errors.actual)))),
        unreached=int(np.count_nonzero(errors.wrong & (errors.bound == 0) & (errors.expected == 0))),
        total=size,
        max_abs=most,
        max_rel=float(np.fmax.reduce(rel, axis=None, initial=0.0)),
        max_ulp=float(ulp.max()),
        histogram=_histogram(errors.margin, margin),
        worst=worst,
        **known,
    )


def _histogram(margin: Array, largest: float) -> tuple[int, ...]:
    """How many margins lie in each tenth of the limit, and how many beyond it."""
    if largest * BINS < 1:
        return (margin.size, *[0] * BINS)
    bins = np.minimum((np.minimum(margin, 2.0) * BINS).astype(np.intp), BINS - 1)
    bins[margin > 1] = BINS
    return tuple(int(count) for count in np.bincount(bins.ravel(), minlength=BINS + 1))


def _element(errors: Errors, flat: int, rel: Array, ulp: Array) -> Element:
    number = int if errors.numeric.is_integer else float
    return Element(
        index=tuple(int(place) for place in np.unravel_index(flat, errors.expected.shape)),
        expected=number(errors.expected.flat[flat]),
        actual=number(errors.actual.flat[flat]),
        abs=float(errors.distance.flat[flat]),
        rel=float(rel.flat[flat]),
        ulp=float(ulp.flat[flat]),
        bound=float(errors.bound.flat[flat]),
    )
