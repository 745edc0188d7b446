"""The tolerance rule on what kernels return: any order of summation passes, a missing term does not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.kernels import KERNELS
from harness.oracle.reference import expectations
from harness.spec.case import DataKind, Profile
from harness.tests.strategies import FLOATS, cases, examples, geometry_of


@pytest.mark.parametrize("dtype", FLOATS)
@examples(25)
@given(case=st.data())
def test_no_order_of_summation_in_storage_precision_fails(dtype: str, case: st.DataObject) -> None:
    """Every loop order rounds differently; none of them may be called wrong."""
    drawn = case.draw(cases((dtype,)))
    geometry = geometry_of(drawn)
    for kind in (DataKind.NORMAL, DataKind.POSITIVE, DataKind.WIDE):
        (expectation,) = expectations(drawn, geometry, kind)
        assert expectation.sums is not None
        for name in ("scatter_loops", "gather_loops"):
            operands = expectation.operands
            result = KERNELS[name].compute(geometry, operands.filter, operands.out_backprop)
            check = compare_within_bound(kind, expectation.sums, result, TYPES[dtype], Profile())
            assert check.status != "fail", name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@examples(40)
@given(case=st.data())
def test_a_missing_term_fails_in_a_wide_type(dtype: str, case: st.DataObject) -> None:
    drawn = case.draw(cases((dtype,)))
    geometry = geometry_of(drawn)
    (expectation,) = expectations(drawn, geometry, DataKind.NORMAL)
    operands = expectation.operands
    if not geometry.multiply_adds or expectation.sums is None or not np.any(expectation.sums.B):
        return
    dy = operands.out_backprop.copy()
    reached = [
        index
        for index in np.ndindex(dy.shape)
        if np.any(KERNELS["fast"].compute(geometry, abs(operands.filter), _one(dy.shape, index, operands.filter.dtype)))
    ]
    dy[reached[-1]] = 0
    result = KERNELS["fast"].compute(geometry, operands.filter, dy)
    assert expectation.sums is not None
    check = compare_within_bound("normal", expectation.sums, result, TYPES[dtype], Profile())
    assert check.status == "fail"


def _one(shape: Sequence[int], index: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    array = np.zeros(shape, dtype)
    array[index] = 1
    return array
