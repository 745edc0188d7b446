"""Rule 4 of the tolerance rule: NaN, infinities and overflow."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.sums import Sums
from harness.records import Check
from harness.spec.case import Profile
from harness.tests.checks import ABOVE, BELOW, INF, NAN, accuracy
from harness.tests.strategies import FLOATS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("r", "y", "status"),
    [
        (NAN, NAN, "pass"),
        (INF, INF, "pass"),
        (-INF, -INF, "pass"),
        (NAN, 1.0, "fail"),
        (NAN, INF, "fail"),
        (1.0, NAN, "fail"),
        (0.0, NAN, "fail"),
        (INF, -INF, "fail"),
        (-INF, INF, "fail"),
        (INF, NAN, "fail"),
        (INF, 1.0, "fail"),
        (-INF, -1.0, "fail"),
        (1.0, INF, "fail"),
        (1.0, -INF, "fail"),
        (-1.0, -INF, "fail"),
    ],
)
def test_what_is_not_finite_sits_where_the_reference_has_it(dtype: str, r: float, y: float, status: str) -> None:
    check = accuracy(dtype, r=[r, 1.0], y=[y, 1.0], B=[abs(r), 1.0], k=4)
    assert check.status == status
    assert check.mismatched == (status == "fail")
    assert check.margin == (INF if status == "fail" else 0.0)
    assert check.max_abs == (INF if status == "fail" else 0.0)


def test_nan_where_no_term_reaches_fails() -> None:
    assert accuracy("float32", r=0.0, y=NAN, B=0.0, k=0).status == "fail"
    assert accuracy("float32", r=0.0, y=NAN, B=NAN, k=0).status == "fail"


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", FLOATS)
def test_an_overflow_is_allowed_where_the_limit_reaches_it(dtype: str, sign: int) -> None:
    numeric = TYPES[dtype]
    largest = Fraction(numeric.largest)
    share = Fraction(2 * numeric.u)  # of B, k being 1
    reached = largest / (1 + share)

    def judged(r: Any, y: float, B: Any = None) -> Check:
        return accuracy(dtype, r=sign * r, y=sign * y, B=float(r if B is None else B), k=1)

    near = judged(reached * ABOVE, INF, B=largest)
    assert (near.status, near.margin, near.mismatched) == ("pass", 0.0, 0)
    assert judged(reached * BELOW, INF).status == "fail"
    assert judged(largest, INF).status == "pass"
    assert judged(largest, -INF).status == "fail"
    assert judged(largest, NAN).status == "fail"
    assert judged(largest / 2, INF, B=largest).status == "fail"


def test_an_overflow_is_not_allowed_where_the_limit_ends_at_the_largest_value() -> None:
    """65500 + 4 is 65504, and no more."""
    for atol, status in ((4.0, "fail"), (4.5, "pass")):
        profile = Profile(rtol=0.0, atol=atol, reason="so that the limit is exact")
        assert accuracy("half", r=65500.0, y=INF, profile=profile).status == status
        assert accuracy("half", r=-65500.0, y=-INF, profile=profile).status == status


def test_an_overflow_beyond_the_largest_value_is_allowed_and_so_is_the_largest_value() -> None:
    """r is 65519: it rounds to 65504, and to infinity in one more step."""
    assert accuracy("half", r=65519.0, y=INF, B=65519.0, k=1).status == "pass"
    assert accuracy("half", r=65519.0, y=65504.0, B=65519.0, k=1).status == "pass"
    assert accuracy("half", r=10.0**6, y=INF, B=10.0**6, k=1).status == "pass"


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("P", "M", "y", "status"),
    [
        (1.5, 1.2, INF, "warn"),  # in units of the largest number
        (1.5, 1.2, -INF, "warn"),
        (1.5, 1.2, NAN, "warn"),  # inf - inf
        (1.5, 0.9, INF, "warn"),
        (1.5, 0.9, -INF, "fail"),  # no sum of the negative terms alone passes the least number
        (1.5, 0.9, NAN, "fail"),
        (0.9, 1.5, -INF, "warn"),
        (0.9, 1.5, INF, "fail"),
        (0.9, 0.8, INF, "fail"),
        (0.9, 0.8, NAN, "fail"),
    ],
)
def test_sums_may_overflow_on_the_way_where_their_positive_or_negative_terms_do(
    dtype: str, P: float, M: float, y: float, status: str
) -> None:
    check = on_the_way(dtype, P, M, y)
    assert check.status == status
    assert ("overflow on the way" in check.note) == (status == "warn")
    assert on_the_way(dtype, P, M, (P - M) * 0.5 * float(TYPES[dtype].largest) * 2).status == "pass"


def on_the_way(dtype: str, P: float, M: float, y: float, profile: Profile | None = None, special: float = 0.0) -> Check:
    """The check of one element whose positive and negative finite terms are so many times the largest number.

    Of float64 in units of 2**10, since the sizes pass it.
    """
    numeric = TYPES[dtype]
    exponent = np.array([10]) if dtype == "float64" else None
    largest = numeric.largest / (1024 if dtype == "float64" else 1)
    known = Sums(
        np.array([(P - M) * largest], numeric.reference),
        np.array([(P + M) * largest]),
        np.array([4]),
        exponent=exponent,
        special=np.array([special]) if special else None,
    )
    return compare_within_bound("huge", known, np.array([y]).astype(numeric.dtype), numeric, profile or Profile())


@pytest.mark.parametrize(("dtype", "status"), [("half", "fail"), ("bfloat16", "warn")])
def test_a_declared_accumulator_overflows_on_the_way_only_where_it_reaches_no_further(dtype: str, status: str) -> None:
    """float32 has more bits for the exponent than half, and as many as bfloat16."""
    assert on_the_way(dtype, 1.5, 1.2, INF, Profile(float32_accumulator=True)).status == status


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("special", "P", "M", "y", "status"),
    [
        (INF, 1.5, 0.5, INF, "pass"),
        (INF, 1.5, 0.5, NAN, "fail"),
        (INF, 0.5, 1.5, NAN, "warn"),  # -inf comes up on the way and opposes it
        (-INF, 1.5, 0.5, NAN, "warn"),
        (-INF, 1.5, 0.5, INF, "fail"),
        (NAN, 1.5, 1.5, NAN, "pass"),
        (NAN, 1.5, 1.5, INF, "fail"),
    ],
)
def test_infinite_terms_join_what_overflows(
    dtype: str, special: float, P: float, M: float, y: float, status: str
) -> None:
    assert on_the_way(dtype, P, M, y, special=special).status == status


def test_a_result_that_saturates_instead_of_overflowing_fails() -> None:
    assert accuracy("half", r=2 * 65504.0, y=65504.0, B=2 * 65504.0, k=9).status == "fail"
    assert accuracy("half", r=2 * 65504.0, y=INF, B=2 * 65504.0, k=9).status == "pass"
