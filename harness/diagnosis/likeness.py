"""Which mutants give the result that came, on the same operands."""

from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.arguments import Call, call_of_case
from harness.implementations.mutants import MUTANTS
from harness.implementations.mutants.kernel import CORRECT, Steps
from harness.oracle.bounds import TYPES, probable_limit
from harness.oracle.reference import Expectation, expectations
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]

MOST_WORK: Final = 500_000  # multiply-adds of a call that all mutants make: at most a second or so
MOST_TAPS: Final = 200


def alike(case: Case, geometry: Geometry, kind: DataKind, draw: int, value: Array) -> list[str]:
    """Name the mistakes whose results equal `value`, or are as near to it as rounding may take them.

    None where the call is too large, and none that are only near where a correct result is, too.
    """
    R, S, _, _ = geometry.filter_shape
    if geometry.multiply_adds > MOST_WORK or R * S > MOST_TAPS:
        return []
    results = _results(case, geometry, kind, draw)
    names = [name for name, (result, _) in results.items() if np.array_equal(value, result, equal_nan=True)]
    if not names and not _near(value, *results[""]):
        names = [name for name, result in results.items() if _near(value, *result)]
    return [MUTANTS[name].mistake for name in names if name]


@lru_cache(maxsize=4)
def _results(case: Case, geometry: Geometry, kind: DataKind, draw: int) -> dict[str, tuple[Array, Array | None]]:
    """Of every mutant the result and how far off another rounding may be; kept for the next implementation.

    The correct kernel's is under the empty name.
    """
    expectation = expectations(case, geometry, kind)[draw]
    call = call_of_case(case, geometry, expectation.operands)
    sizes = Call(geometry, np.abs(call.filter), np.abs(call.out_backprop), call.padding, call.data_format)
    kernels = {"": CORRECT} | {name: mutant.steps for name, mutant in MUTANTS.items()}
    return {name: (steps.compute(call), _limit(steps, sizes, expectation)) for name, steps in kernels.items()}


def _limit(steps: Steps, sizes: Call, expectation: Expectation) -> Array | None:
    """Twice the probable error of a mutant's own terms: two kernels may be off in opposite ways."""
    if expectation.sums is None:
        return None
    numeric = TYPES[{each.dtype: name for name, each in TYPES.items()}[sizes.filter.dtype]]
    k = int(expectation.sums.k.max(initial=0))
    B = np.abs(steps.compute(sizes).astype(np.float64))
    return np.asarray(2 * (probable_limit(np.asarray(k)) * numeric.u * B + (k + 1) * numeric.tiny))


def _near(value: Array, result: Array, limit: Array | None) -> bool:
    """Whether two results of inexact operands are within the limit; exact ones are equal or they are not."""
    if limit is None or value.shape != result.shape:
        return False
    actual, expected = value.astype(np.float64), result.astype(np.float64)
    finite = np.isfinite(expected)
    same = np.array_equal(np.isfinite(actual), finite)
    if not same or not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return False
    return not (np.abs(actual[finite] - expected[finite]) > limit[finite]).any()  # no limit where a size is NaN
