"""Subnormal operands: read as 0 they cost a warning, unless an implementation says what it does with them."""

from typing import Final

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.records import Check
from harness.spec.case import Profile
from harness.tests.checks import sums
from harness.tests.strategies import FLOATS

FLUSHING: Final = ("bfloat16", "float32", "float64")


def judged(dtype: str, y: float, profile: Profile | None = None, *, subnormal: float | None = 2.0**-100) -> Check:
    """One element of four terms, 1 in all, of which `subnormal` is the size of those with a subnormal operand."""
    numeric = TYPES[dtype]
    allowed = None if subnormal is None else np.array([subnormal * numeric.u * 2.0**110])
    known = sums(np.array([1.0]), np.array([1.0]), np.array([4]), subnormal=allowed)
    return compare_within_bound("tiny", known, np.array([y], numeric.dtype), numeric, profile or Profile())


@pytest.mark.parametrize("dtype", FLUSHING)
def test_an_error_as_large_as_the_terms_with_subnormal_operands_is_a_warning(dtype: str) -> None:
    u = TYPES[dtype].u
    check = judged(dtype, 1 - 900 * u)
    assert (check.status, check.note) == ("warn", "as if subnormal operands were read as 0")
    assert judged(dtype, 1 - 1200 * u).status == "fail"
    assert judged(dtype, 1 - 900 * u, subnormal=None).status == "fail"


@pytest.mark.parametrize("dtype", FLUSHING)
def test_what_an_implementation_says_of_subnormal_numbers_is_held_against_it(dtype: str) -> None:
    u = TYPES[dtype].u
    assert judged(dtype, 1 - 900 * u, Profile(flushes=(dtype,))).status == "pass"
    assert judged(dtype, 1 - 900 * u, Profile(flushes=())).status == "fail"


@pytest.mark.parametrize("dtype", FLOATS)
def test_s_is_the_smallest_subnormal_for_who_flushes_nothing(dtype: str) -> None:
    numeric = TYPES[dtype]
    for profile, s in (
        (Profile(flushes=(dtype,)), numeric.smallest_normal),
        (Profile(flushes=()), numeric.smallest_subnormal),
    ):
        known = sums(np.array([numeric.reference.type(5 * s)]), np.array([5 * s]), np.array([4]))
        zero = np.zeros(1, numeric.dtype)
        assert compare_within_bound("tiny", known, zero, numeric, profile).status == "pass"
        more = sums(np.array([numeric.reference.type(6 * s)]), np.array([6 * s]), np.array([4]))
        assert compare_within_bound("tiny", more, zero, numeric, profile).status == "fail"
