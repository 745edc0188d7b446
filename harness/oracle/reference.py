"""What a case's result must be: the reference run in a wide enough type, in the case's layout."""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bias import is_asked_for, spread_of
from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_exactly, compare_within_bound
from harness.oracle.exact_slices import exact_slices
from harness.oracle.kernels import KERNELS, Kernel, fast
from harness.oracle.maps import error_maps
from harness.oracle.normwise import errors_under
from harness.oracle.operands import Operands, kept_for_a_case, kernel_layout, make_operands
from harness.oracle.profiles import allowance_of, profile_of, witness_limit
from harness.oracle.rule import Errors, exact_errors, rounded_to_integers
from harness.oracle.sums import Sums, sums_of
from harness.records import Check
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
DEFAULT_BUDGET: Final = 1_000  # multiply-adds in a Python loop, a quarter of a millisecond


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """One call and what it must return: `in_backprop` in the reference's type and the case's layout.

    `sums` is None where results are compared exactly.
    """

    operands: Operands
    in_backprop: Array
    sums: Sums | None = None


def reference(kernel: Kernel, case: Case, geometry: Geometry, operands: Operands) -> Array:
    """`in_backprop` by one kernel, in the reference's type and the case's layout; int32 wraps modulo 2**32 (C9).

    Where the operands certify that every partial sum is exact in float32, it is in that: it takes half the time.
    """
    numeric = TYPES[case.attributes.dtype]
    certified = operands.certificate is not None and operands.certificate <= 1
    narrow = certified and numeric.precision <= TYPES["float32"].precision
    dtype = np.dtype(np.float32) if narrow else numeric.reference
    filter = operands.filter.astype(dtype, copy=False)
    out_backprop = kernel_layout(case, operands.out_backprop).astype(dtype, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):  # int64 sums wrap, and 2**32 divides 2**64; inf - inf is NaN
        result = kernel(geometry, filter, out_backprop)
    if numeric.is_integer:
        result = result.astype(numeric.dtype).astype(numeric.reference)
    return _call_layout(case, result)


def compared(case: Case, geometry: Geometry, kind: DataKind, draw: int, value: Array) -> Check:
    """The check of one call's result, with maps of the errors where it fails."""
    numeric = TYPES[case.attributes.dtype]
    expectation = expectations(case, geometry, kind)[draw]
    operands = expectation.operands
    if expectation.sums is not None:
        check = compare_within_bound(kind, expectation.sums, value, numeric, profile_of(case))
        if kind == DataKind.WITNESS and check.status != "fail":
            check = replace(check, note="no integers come out of the transform exactly in this type")
    else:
        check = compare_exactly(kind, kind, expectation.in_backprop, value, numeric, rounded=_is_transformed(case))
        check = replace(check, exercised=operands.exercised, certificate=operands.certificate)
    if check.status != "fail":
        return check
    margin = errors_of(case, expectation, value).margin
    return replace(check, maps=error_maps(kernel_layout(case, margin), geometry))


def errors_of(case: Case, expectation: Expectation, value: Array) -> Errors:
    """The errors of one call's result, element by element, in the case's layout."""
    numeric = TYPES[case.attributes.dtype]
    if expectation.sums is None:
        value = rounded_to_integers(value) if _is_transformed(case) else value
        return exact_errors(expectation.in_backprop, value, numeric)
    return errors_under(expectation.sums, value, numeric, profile_of(case))


def _is_transformed(case: Case) -> bool:
    """Whether a profile says that elements come out of a transform."""
    return allowance_of(profile_of(case), case.attributes.dtype).norm is not None


def together_wrong(case: Case, expectation: Expectation, kind: DataKind, value: Array) -> str | None:
    """What is wrong with the errors of a result whose elements are right one by one."""
    numeric, sums = TYPES[case.attributes.dtype], expectation.sums
    if sums is None or not is_asked_for(kind, sums, numeric, profile_of(case)):
        return None
    return spread_of(sums, value, numeric).flaw(int(sums.k.max(initial=0))) or None


def _call_layout(case: Case, array: Array) -> Array:
    return array.transpose(from_nhwc((0, 1, 2, 3), case.attributes.data_format))


@kept_for_a_case
def expectations(case: Case, geometry: Geometry, kind: DataKind) -> tuple[Expectation, ...]:
    """Operands and expected results of one run."""
    expected = _exact if kind in (DataKind.WITNESS, DataKind.WRAP) and _has_witness(case, geometry) else _bounded
    return tuple(expected(case, geometry, operands) for operands in make_operands(case, kind))


def _has_witness(case: Case, geometry: Geometry) -> bool:
    """Whether some integers come out exact: not where the error of a transform is half of the smallest or more."""
    return witness_limit(profile_of(case), TYPES[case.attributes.dtype], geometry.most_terms) > 0


def _exact(case: Case, geometry: Geometry, operands: Operands) -> Expectation:
    return Expectation(operands, reference(fast, case, geometry, operands))


def _bounded(case: Case, geometry: Geometry, operands: Operands) -> Expectation:
    numeric = TYPES[case.attributes.dtype]

    def evaluate(filter: Array, rows: Array) -> tuple[Array, Array | None]:
        if numeric.twofold:
            return exact_slices(geometry, filter, rows)
        wide = (array.astype(numeric.reference, copy=False) for array in (filter, rows))
        with np.errstate(over="ignore", invalid="ignore"):
            return fast(geometry, *wide), None

    flushes = numeric.name in case.profile.flushes if case.profile.flushes is not None else numeric.flushes
    rows = kernel_layout(case, operands.out_backprop)
    allowance = allowance_of(profile_of(case), numeric.name)
    sums = sums_of(geometry, operands.filter, rows, numeric, evaluate, flushes=flushes, allowance=allowance)
    sums = sums.each(partial(_call_layout, case))
    return Expectation(operands, sums.in_backprop, sums)


@lru_cache(maxsize=8)
def kernel_agreement(case: Case, geometry: Geometry, budget: int = DEFAULT_BUDGET) -> Check:
    """Hold the reference kernels against each other on the witness operands, value for value.

    `budget` is the number of multiply-adds that a Python loop may do; the kernels it leaves out are in the note.
    """
    chosen = {name: kernel for name, kernel in KERNELS.items() if kernel.work(geometry) <= budget * kernel.reach}
    chosen.pop("fast", None)  # the expectation is its result
    wrong = []
    total = 0
    for expectation in expectations(case, geometry, DataKind.WITNESS):
        total += expectation.in_backprop.size
        for name, kernel in chosen.items():
            result = reference(kernel.compute, case, geometry, expectation.operands)
            if not np.array_equal(result, expectation.in_backprop):
                wrong.append(name)
    left_out = [name for name in KERNELS if name not in (*chosen, "fast")]
    notes = [f"disagrees with fast: {', '.join(dict.fromkeys(wrong))}"] if wrong else []
    if left_out:
        notes.append(f"left out: {', '.join(left_out)} ({geometry.multiply_adds:,} multiply-adds, budget {budget:,})")
    return Check("kernels", DataKind.WITNESS, "fail" if wrong else "pass", "; ".join(notes), total=total)
