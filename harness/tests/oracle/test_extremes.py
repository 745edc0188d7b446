"""Operands at the ends of a type: what they are, and the wrong kernels that only they find."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.operands import make_operands
from harness.oracle.reference import compared, expectations
from harness.records import Check
from harness.spec.case import Case, DataKind
from harness.tests.right_kernels import KERNELS
from harness.tests.strategies import FLOATS, geometry_of, make_case

Array: TypeAlias = np.ndarray[Any, Any]
VALUES: Final[dict[str, Any]] = {"input_sizes": [1, 6, 5, 2], "filter": [3, 2, 2, 4], "padding": "SAME"}


def untouched(array: Array) -> Array:
    return array


def checks(
    case: Case,
    kind: DataKind,
    *,
    operands: Callable[[Array], Array] = untouched,
    result: Callable[[Array], Array] = untouched,
) -> list[Check]:
    """The checks of a sequential kernel that changes its operands, or its result."""
    call = case.attributes
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    found = []
    for draw, given in enumerate(make_operands(case, kind)):
        arrays = {"filter": operands(given.filter), "out_backprop": operands(given.out_backprop)}
        value = KERNELS["sequential"](**lists, **arrays, padding=call.padding, data_format=call.data_format)
        found.append(compared(case, geometry_of(case), kind, draw, np.ascontiguousarray(result(value))))
    return found


def status(case: Case, kind: DataKind, **changes: Callable[[Array], Array]) -> list[str]:
    return [check.status for check in checks(case, kind, **changes)]


def flushed(array: Array) -> Array:
    numeric = next(numeric for numeric in TYPES.values() if numeric.dtype == array.dtype)
    return np.where(np.abs(array.astype(np.float64)) < numeric.smallest_normal, array.dtype.type(0), array)


def saturated(array: Array) -> Array:
    numeric = next(numeric for numeric in TYPES.values() if numeric.dtype == array.dtype)
    finite = np.clip(array.astype(np.float64), -numeric.largest, numeric.largest).astype(array.dtype)
    return np.where(np.isnan(array), array, finite)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_tiny_operands_are_subnormal_in_part_and_so_are_their_products(dtype: str, data_format: str) -> None:
    sizes = [1, 6, 5, 2] if data_format == "NHWC" else [1, 2, 6, 5]
    case = make_case(**VALUES | {"input_sizes": sizes}, dtype=dtype, data_format=data_format)
    least = TYPES[dtype].smallest_normal
    small, products = make_operands(case, DataKind.TINY)
    share = (np.abs(small.filter.astype(np.float64)) < least).mean()
    assert 0.2 < share < 0.6
    assert (np.abs(products.filter.astype(np.float64)) >= least).mean() > 0.9
    (expectation, of_products) = expectations(case, geometry_of(case), DataKind.TINY)
    assert expectation.sums is not None
    assert of_products.sums is not None
    assert float(np.median(expectation.sums.B)) > 100 * least
    assert least / 100 < float(np.median(of_products.sums.B)) < 100 * least


@pytest.mark.parametrize("dtype", FLOATS)
def test_subnormal_operands_read_as_zero_are_a_warning_and_in_half_a_failure(dtype: str) -> None:
    """Nothing that was measured flushes half."""
    case = make_case(**VALUES, dtype=dtype)
    assert status(case, DataKind.TINY)[0] == "pass"
    assert status(case, DataKind.TINY, operands=flushed)[0] == ("fail" if dtype == "half" else "warn")


@pytest.mark.parametrize("dtype", FLOATS)
def test_huge_operands_overflow_in_the_end_on_the_way_or_not_at_all(dtype: str) -> None:
    case = make_case(**VALUES, dtype=dtype)
    largest = TYPES[dtype].largest
    ends, way, near = (expectation.sums for expectation in expectations(case, geometry_of(case), DataKind.HUGE))
    for sums, least, most in ((ends, 0.3, 0.7), (way, 0.0, 0.3), (near, 0.0, 0.0)):
        assert sums is not None
        beyond = np.abs(sums.in_backprop) > largest
        assert least <= beyond.mean() <= most
    assert near is not None
    assert float(np.max(near.B)) > largest / 10


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_kernel_that_saturates_and_one_that_overflows_early_fail_on_huge_operands(dtype: str) -> None:
    case = make_case(**VALUES, dtype=dtype)
    sequential = status(case, DataKind.HUGE)
    assert sequential[0] == sequential[2] == "pass"
    assert sequential[1] != "fail"
    assert status(case, DataKind.HUGE, result=saturated)[0] == "fail"

    def early(array: Array) -> Array:
        far = np.abs(array.astype(np.float64)) > TYPES[dtype].largest / 50
        return np.where(far, array.dtype.type(np.inf), array)

    assert status(case, DataKind.HUGE, result=early)[2] == "fail"


@pytest.mark.parametrize("dtype", FLOATS)
def test_cancelling_terms_leave_little_of_their_size(dtype: str) -> None:
    case = make_case(**VALUES, dtype=dtype)
    (expectation,) = expectations(case, geometry_of(case), DataKind.CANCEL)
    assert expectation.sums is not None
    left = np.abs(expectation.in_backprop.astype(np.float64)) / expectation.sums.B
    assert float(left.max()) <= 4 * TYPES[dtype].u * 2
    assert status(case, DataKind.CANCEL) == ["pass"]


@pytest.mark.parametrize("dtype", FLOATS)
def test_zeros_that_are_skipped_show_beside_what_is_not_finite(dtype: str) -> None:
    """0 * NaN and 0 * inf are NaN: a kernel that skips zeros, or that channel, returns numbers."""
    case = make_case(**VALUES, dtype=dtype)
    filters, outputs = zip(
        *((each.filter, each.out_backprop) for each in make_operands(case, DataKind.ZEROS)), strict=True
    )
    assert not filters[0].any()
    assert not outputs[1].any()
    assert status(case, DataKind.ZEROS) == ["pass"] * 4

    def skipping(array: Array) -> Array:
        return np.where(np.isfinite(array), array, array.dtype.type(0))

    assert status(case, DataKind.ZEROS, operands=skipping) == ["pass", "pass", "fail", "fail"]
    stale = status(case, DataKind.ZEROS, result=lambda array: array + array.dtype.type(1))
    assert stale == ["fail"] * 4


@pytest.mark.parametrize("dtype", FLOATS)
def test_infinities_that_oppose_each_other_are_nan(dtype: str) -> None:
    case = make_case(**VALUES, dtype=dtype)
    for expectation in expectations(case, geometry_of(case), DataKind.OPPOSED):
        assert np.isnan(expectation.in_backprop).any()
        assert np.isfinite(expectation.in_backprop).any()
    assert status(case, DataKind.OPPOSED) == ["pass"] * 2

    def first_wins(array: Array) -> Array:
        return np.where(np.isnan(array), array.dtype.type(np.inf), array)

    assert status(case, DataKind.OPPOSED, result=first_wins) == ["fail"] * 2
