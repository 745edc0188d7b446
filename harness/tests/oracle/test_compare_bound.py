"""Rule 2 of the tolerance rule: what passes, what warns and what fails, just below each limit and just above."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds import TYPES, certain_limit
from harness.spec.case import Profile
from harness.tests.checks import ABOVE, BELOW, INF, NAN, accuracy, certain_bound, probable_bound
from harness.tests.strategies import FLOATS


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(("B", "k"), [(1.0, 16), (3.0, 16), (2.0, 100)])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("limit", "factor", "status"),
    [
        (probable_bound, 0.5, "pass"),
        (probable_bound, BELOW, "pass"),
        (probable_bound, ABOVE, "warn"),
        (certain_bound, BELOW, "warn"),
        (certain_bound, ABOVE, "fail"),
        (certain_bound, 2.0, "fail"),
    ],
)
def test_an_error_near_a_limit(
    limit: Any, factor: float, status: str, dtype: str, B: float, k: int, direction: int, sign: int
) -> None:
    """The result stays put and the reference moves, which no rounding of the type disturbs."""
    distance = limit(dtype, B, k) * Fraction(factor)
    check = accuracy(dtype, r=sign * (1 + direction * distance), y=sign, B=B, k=k)
    assert check.status == status
    assert check.mismatched == (status == "fail")
    numeric = TYPES[dtype]
    error = float(distance) - (k + 1) * numeric.tiny
    assert check.max_abs == pytest.approx(float(distance), rel=1e-4)
    assert check.limit == 2 * math.sqrt(k) + 1
    assert check.margin == pytest.approx(error / (numeric.u * B) / check.limit, rel=1e-4)
    assert bool(check.note) == (status == "warn")


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("dtype", FLOATS)
def test_up_to_four_terms_there_is_no_warning(dtype: str, k: int) -> None:
    """k + 1 is the limit of both."""
    bound = certain_bound(dtype, 1.0, k)
    assert accuracy(dtype, r=1 + bound * BELOW, y=1.0, k=k).status == "pass"
    assert accuracy(dtype, r=1 + bound * ABOVE, y=1.0, k=k).status == "fail"


@pytest.mark.parametrize("k", [127, 170, 254, 255, 1000])
def test_the_limit_for_failure_does_not_grow_faster_than_the_terms(k: int) -> None:
    """gamma_(k+1) passed 1 from k = 127 on in bfloat16: a result of 0, and of the other sign from 170 on, conformed."""
    bound = certain_bound("bfloat16", 1.0, k)
    assert accuracy("bfloat16", r=1 + bound * BELOW, y=1.0, k=k).status == "warn"
    assert accuracy("bfloat16", r=1 + bound * ABOVE, y=1.0, k=k).status == "fail"
    assert accuracy("bfloat16", r=1.0, y=-1.0, k=k).status == ("fail" if k < 511 else "warn")


@pytest.mark.parametrize("dtype", FLOATS)
def test_underflow_of_every_term_is_allowed_for(dtype: str) -> None:
    """B so small that (k+1)*s counts: k = 4, so five smallest normals, or subnormals of half."""
    numeric = TYPES[dtype]
    B = numeric.tiny * 1024
    allowed = 5 * numeric.tiny
    unit = 5 * numeric.u * B
    reference = numeric.reference.type
    check = accuracy(dtype, r=reference(allowed), y=0.0, B=B)
    assert (check.status, check.margin) == ("pass", 0.0)
    assert accuracy(dtype, r=reference(allowed) + reference(unit) * BELOW, y=0.0, B=B).status == "pass"
    certain = reference(unit)
    beyond = accuracy(dtype, r=reference(allowed) + certain * reference(ABOVE), y=0.0, B=B)
    assert beyond.status == "fail"
    assert beyond.worst[0].bound == pytest.approx(float(reference(allowed) + reference(unit)))


def test_an_error_within_the_underflow_of_tiny_products_has_a_margin() -> None:
    for dtype, product in (("float32", 2.0**-298), ("float64", 2.0**-1060)):
        check = accuracy(dtype, r=product, y=0.0, B=product, k=1)
        assert check.status == "pass"
        assert check.margin == 0.0


def test_the_margin_is_that_of_the_worst_element() -> None:
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 2 * u, 1 - 3 * u, 1 + u / 4], y=1.0 + np.zeros(3), B=1.0, k=[4, 9, 1])
    assert check.margin == pytest.approx(3 / 7, rel=1e-6)
    assert check.limit == 7
    assert check.total == 3
    assert check.max_abs == 3 * u


def test_the_histogram_counts_margins_in_tenths_and_those_beyond_one() -> None:
    u, limit = TYPES["float32"].u, 5.0
    shares = [0.0, 0.05, 0.15, 0.95, 0.999, 1.05, 1.5, 0.5001]
    check = accuracy("float32", r=[1 + share * limit * u for share in shares], y=np.ones(8))
    assert check.histogram == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2, 2)
    assert check.status == "fail"


def test_a_margin_of_exactly_one_is_not_beyond_one() -> None:
    profile = Profile(rtol=0.0, atol=0.25, reason="so that the margin is exact")
    check = accuracy("float32", r=[1.25, 1.5], y=[1.0, 1.5], profile=profile)
    assert (check.status, check.margin) == ("pass", 1.0)
    assert check.histogram == (1, *[0] * 8, 1, 0)


@pytest.mark.parametrize(("dtype", "k"), [("bfloat16", 255), ("half", 2047), ("bfloat16", 10**6)])
def test_from_one_unit_of_all_terms_on_a_bound_lets_zero_pass_and_is_counted(dtype: str, k: int) -> None:
    check = accuracy(dtype, r=[1.0, 1.0], y=[0.0, 1.0], B=[1.0, 1.0], k=[k, 4])
    assert (check.status != "fail", check.mismatched, check.vacuous) == (True, 0, 1)
    fewer = accuracy(dtype, r=[1.0, 1.0], y=[0.0, 1.0], B=[1.0, 1.0], k=[k - 1 if k < 10**6 else 200, 4])
    assert (fewer.status, fewer.vacuous) == ("fail", 0)


def test_a_bound_that_lets_zero_pass_still_bounds() -> None:
    """The theorem holds for every k: 50 times the size of all terms is no sum of 1,000 of them."""
    assert accuracy("bfloat16", r=1.0, y=50.0, k=1000).status == "fail"
    assert accuracy("bfloat16", r=1.0, y=4.0, k=1000).status == "warn"


def test_a_vacuous_bound_does_not_excuse_what_is_not_finite_or_not_zero() -> None:
    k = 10**6
    assert accuracy("bfloat16", r=1.0, y=NAN, k=k).status == "fail"
    assert accuracy("bfloat16", r=1.0, y=INF, k=k).status == "fail"
    untouched = accuracy("bfloat16", r=0.0, y=1.0, B=0.0, k=k)
    assert (untouched.status, untouched.vacuous) == ("fail", 0)


def test_float64_is_not_vacuous_below_quadrillions_of_terms() -> None:
    check = accuracy("float64", r=1.0, y=3.0, k=10**9)
    assert (check.status, check.vacuous) == ("fail", 0)


def test_the_certain_limit_is_the_one_the_comparison_uses() -> None:
    """An element at 0.999 of (k+1)*u*B warns and one at 1.001 fails, for k from 5 to 10,000."""
    k = np.array([5, 50, 500, 5_000, 10_000])
    bound = certain_limit(k) * TYPES["float32"].u
    assert accuracy("float32", r=1 + 0.999 * bound, y=np.ones(5), k=k).status == "warn"
    beyond = accuracy("float32", r=1 + 1.001 * bound, y=np.ones(5), k=k)
    assert (beyond.status, beyond.mismatched) == ("fail", 5)
