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
    """Name the mistakes whose results equal `value`; where results are inexact, as far as that can be told.

    None where the call is too large, and where a correct result could be as far away.
    """
    R, S, _, _ = geometry.filter_shape
    if geometry.multiply_adds > MOST_WORK or R * S > MOST_TAPS:
        return []
    results = _results(case, geometry, kind, draw)
    correct, limit = results[""]
    if _equal(value, correct, limit):
        return []
    return [MUTANTS[name].mistake for name, result in results.items() if name and _equal(value, *result)]


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
    if expectation.k is None:
        return None
    numeric = TYPES[{each.dtype: name for name, each in TYPES.items()}[sizes.filter.dtype]]
    k = int(expectation.k.max(initial=0))
    B = np.abs(steps.compute(sizes).astype(np.float64))
    return np.asarray(2 * (probable_limit(np.asarray(k)) * numeric.u * B + (k + 1) * numeric.tiny))


def _equal(value: Array, result: Array, limit: Array | None) -> bool:
    if value.shape != result.shape:
        return False
    if limit is None:
        return bool(np.array_equal(value, result))
    actual, expected = value.astype(np.float64), result.astype(np.float64)
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return False
    return bool((np.abs(actual - expected)[finite] <= limit[finite]).all())
