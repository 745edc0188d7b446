"""Sums that are long for their type: no bound says anything of them, the largest product does."""

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.reference import compared, expectations
from harness.oracle.sums import LONG
from harness.records import Check
from harness.spec.case import Case, DataKind, Profile
from harness.tests.checks import sums
from harness.tests.strategies import geometry_of, make_case


def long_case(dtype: str, k: int) -> Case:
    return make_case("long", input_sizes=[1, 2, 2, 2], filter=[1, 1, 2, k], dtype=dtype)


def judged(case: Case, factor: float) -> Check:
    """The check of what is expected times a factor, on positive operands."""
    (expectation,) = expectations(case, geometry_of(case), DataKind.POSITIVE)
    dtype = TYPES[case.attributes.dtype].dtype
    return compared(case, geometry_of(case), DataKind.POSITIVE, 0, (expectation.in_backprop * factor).astype(dtype))


@pytest.mark.parametrize(("dtype", "k"), [("bfloat16", 1024), ("bfloat16", 4096), ("half", 2047), ("half", 4096)])
def test_zero_and_a_turned_sign_fail_however_many_terms_there_are(dtype: str, k: int) -> None:
    for factor in (0.0, -1.0, -1e-3):
        check = judged(long_case(dtype, k), factor)
        assert (check.status, check.vacuous) == ("fail", check.total)
    assert judged(long_case(dtype, k), 1.0).status == "pass"


def test_the_largest_product_is_known_where_sums_are_long_and_no_operand_is_negative() -> None:
    for k, dtype, kind, known in (
        (63, "bfloat16", DataKind.POSITIVE, True),
        (62, "bfloat16", DataKind.POSITIVE, False),
        (511, "half", DataKind.POSITIVE, True),
        (1000, "bfloat16", DataKind.NORMAL, False),
        (4096, "float32", DataKind.POSITIVE, False),
    ):
        (expectation,) = expectations(long_case(dtype, k), geometry_of(long_case(dtype, k)), kind)
        assert expectation.sums is not None
        assert (expectation.sums.largest is not None) is known
        assert ((k + 1) * TYPES[dtype].u >= LONG and kind is DataKind.POSITIVE) is known


@pytest.mark.parametrize("dtype", ["half", "bfloat16"])
def test_a_sum_is_at_least_its_largest_product_rounded(dtype: str) -> None:
    """One product of 1 among 10,000: rounded twice on the way it may be two roundings below."""
    numeric = TYPES[dtype]
    known = sums(np.array([4.0]), np.array([4.0]), np.array([10_000]), largest=np.array([1.0]))
    for y, fails in ((1 - 2 * numeric.u, False), (1 - 4 * numeric.u, True)):
        result = np.array([y]).astype(numeric.dtype)
        assert (compare_within_bound("positive", known, result, numeric, Profile()).status == "fail") is fails


def test_a_product_that_flushes_may_be_missing() -> None:
    numeric = TYPES["bfloat16"]
    least = numeric.smallest_normal
    for size, status in ((0.99, "pass"), (1.1, "fail")):
        known = sums(
            np.array([size * least]), np.array([size * least]), np.array([1000]), largest=np.array([size * least])
        )
        assert compare_within_bound("positive", known, np.zeros(1, numeric.dtype), numeric, Profile()).status == status
