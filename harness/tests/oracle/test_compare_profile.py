"""A profile in place of the bound."""

from typing import Final

import pytest

from harness.spec.case import Profile
from harness.tests.checks import INF, NAN, accuracy
from harness.tests.strategies import FLOATS

LOOSE: Final = Profile(rtol=0.25, atol=0.5, reason="a test")


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_profile_replaces_the_bound(dtype: str) -> None:
    """0.5 + 0.25*8 is 2.5, all of which are exact."""
    edge = accuracy(dtype, r=8.0, y=10.5, profile=LOOSE)
    assert (edge.status, edge.margin) == ("pass", 1.0)
    beyond = accuracy(dtype, r=8.0, y=10.5625, profile=LOOSE)
    assert (beyond.status, beyond.note) == ("fail", "")
    assert beyond.margin == pytest.approx(2.5625 / 2.5)
    assert beyond.worst[0].bound == 2.5
    assert accuracy(dtype, r=-8.0, y=-10.5, profile=LOOSE).status == "pass"
    assert accuracy(dtype, r=-8.0, y=-10.5625, profile=LOOSE).status == "fail"


def test_a_profile_may_demand_more_than_the_bound() -> None:
    exact = Profile(rtol=0.0, atol=0.0, reason="a test")
    assert accuracy("float32", r=1.0, y=1.0, profile=exact).status == "pass"
    check = accuracy("float32", r=1 + 2.0**-40, y=1.0, profile=exact)
    assert (check.status, check.margin) == ("fail", INF)


def test_a_profile_does_not_excuse_what_must_be_zero_or_finite() -> None:
    assert accuracy("float32", r=0.0, y=0.25, B=0.0, k=0, profile=LOOSE).status == "fail"
    assert accuracy("float32", r=0.0, y=0.25, B=0.0, k=4, profile=LOOSE).status == "fail"  # zeros among the operands
    assert accuracy("float32", r=1.0, y=INF, profile=LOOSE).status == "fail"
    assert accuracy("float32", r=NAN, y=1.0, B=NAN, profile=LOOSE).status == "fail"


def test_a_profile_judges_elements_whose_own_bound_would_be_vacuous() -> None:
    check = accuracy("bfloat16", r=1.0, y=50.0, k=10**6, profile=LOOSE)
    assert (check.status, check.vacuous) == ("fail", 0)


@pytest.mark.parametrize("profile", [Profile(rtol=10.0), Profile(atol=10.0)])
def test_half_a_profile_replaces_nothing(profile: Profile) -> None:
    assert accuracy("float32", r=1.0, y=2.0, profile=profile).status == "fail"
