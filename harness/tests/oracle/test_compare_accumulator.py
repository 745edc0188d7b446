"""Rule 3 of the tolerance rule: which accumulator the sums of a narrow type had, and a profile that demands one."""

from typing import Any, Final

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.reference import expectations
from harness.spec.case import Case, DataKind, Profile
from harness.tests.checks import ABOVE, BELOW, INF, NAN, accuracy, probable_bound
from harness.tests.strategies import geometry_of, make_case

NARROW: Final = ("half", "bfloat16")


def summed(dtype: str, accumulator: type[Any]) -> tuple[Case, np.ndarray[Any, Any]]:
    """A 1x1 case of 512 terms, and its result with every partial sum rounded to `accumulator`."""
    case = make_case("sums", input_sizes=[1, 6, 5, 2], filter=[1, 1, 2, 512], dtype=dtype)
    (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
    total = np.zeros((1, 6, 5, 2), accumulator)
    for k in range(512):
        product = expectation.operands.filter[0, 0, :, k].astype(accumulator) * expectation.operands.out_backprop[
            ..., k, None
        ].astype(accumulator)
        total = (total + product.astype(accumulator)).astype(accumulator)
    return case, total.astype(TYPES[dtype].dtype)


@pytest.mark.parametrize(("demanded", "status"), [(False, "pass"), (True, "fail")])
@pytest.mark.parametrize("dtype", NARROW)
def test_sums_in_storage_precision_are_told_from_sums_in_float32(dtype: str, *, demanded: bool, status: str) -> None:
    profile = Profile(float32_accumulator=demanded)
    for accumulator, name in ((np.float32, "float32"), (TYPES[dtype].dtype.type, "storage")):
        case, result = summed(dtype, accumulator)
        (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
        assert expectation.sums is not None
        check = compare_within_bound("normal", expectation.sums, result, TYPES[dtype], profile)
        assert check.accumulator == name
        assert check.status == ("pass" if name == "float32" else status)
        assert check.note == ("the profile demands a float32 accumulator" if check.status == "fail" else "")


@pytest.mark.parametrize("dtype", NARROW)
def test_the_limit_of_a_float32_accumulator(dtype: str) -> None:
    """u*|r| + min(2*sqrt(k)+1, k+1) * 2^-24 * B * (1+u), and one underflow of the final rounding."""
    numeric, B, k = TYPES[dtype], 200.0, 9
    fixed = 7 * 2.0**-24 * B * (1 + numeric.u)
    inside = (1 + fixed * BELOW) / (1 - numeric.u)  # r - 1 = u*r + fixed
    outside = (1 + (fixed + numeric.tiny) * 1.0001) / (1 - numeric.u)
    assert accuracy(dtype, r=inside, y=1.0, B=B, k=k).accumulator == "float32"
    assert accuracy(dtype, r=outside, y=1.0, B=B, k=k).accumulator == "storage"


def test_half_results_of_a_float32_accumulator_may_underflow_once() -> None:
    numeric = TYPES["half"]
    fixed = 2 * 2.0**-24 * (1 + numeric.u)
    for share, accumulator in ((0.9, "float32"), (1.1, "storage")):
        r = (1 + fixed + share * numeric.tiny) / (1 - numeric.u)
        assert accuracy("half", r=r, y=1.0, B=1.0, k=1).accumulator == accumulator


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("demanded", [False, True])
def test_the_accumulator_of_wide_types_is_not_asked_for(dtype: str, *, demanded: bool) -> None:
    profile = Profile(float32_accumulator=demanded)
    check = accuracy(dtype, r=1 + 2 * TYPES[dtype].u, y=1.0, profile=profile)
    assert (check.accumulator, check.status, check.note) == (None, "pass", "")


def test_the_accumulator_is_unknown_where_nothing_finite_is_judged() -> None:
    assert accuracy("half", r=[NAN, INF], y=[NAN, INF], B=[NAN, INF]).accumulator is None
    assert accuracy("bfloat16", r=[NAN, 1.0], y=[NAN, 1.0], B=[NAN, 1.0]).accumulator == "float32"


def test_a_float32_accumulator_is_demanded_of_sums_that_are_vacuous_in_storage_precision() -> None:
    profile = Profile(float32_accumulator=True)
    check = accuracy("bfloat16", r=1.0, y=50.0, k=10**6, profile=profile)
    assert check.accumulator == "storage"
    assert check.status == "fail"


def test_the_note_of_a_missing_accumulator_is_not_lost_to_a_warning() -> None:
    profile = Profile(float32_accumulator=True)
    check = accuracy("bfloat16", r=1 + probable_bound("bfloat16", 1.0, 16) * ABOVE, y=1.0, k=16, profile=profile)
    assert (check.status, check.note) == ("fail", "the profile demands a float32 accumulator")
