"""What a check says of its elements: the worst of them, and the largest errors."""

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import WORST, compare_within_bound
from harness.records import Element
from harness.spec.case import Profile
from harness.tests.checks import INF, NAN, accuracy, exactly, sums


def test_worst_elements_are_complete() -> None:
    numeric = TYPES["float32"]
    expected = np.array([[1.0, 2.0, -3.0]])
    result = np.array([[1.0, 2.5, -3.0]], np.float32)
    known = sums(expected, np.full((1, 3), 4.0), np.full((1, 3), 9))
    check = compare_within_bound("normal", known, result, numeric, Profile())
    assert (check.name, check.data, check.status, check.total) == ("accuracy", "normal", "fail", 3)
    bound = 7 * 2.0**-24 * 4 + 10 * 2.0**-126
    assert check.worst == (Element((0, 1), 2.0, 2.5, 0.5, 0.25, 0.5 / 2.0**-22, bound),)
    assert (check.max_abs, check.max_rel, check.max_ulp) == (0.5, 0.25, 2.0**21)
    assert check.margin == pytest.approx(0.5 / (7 * 2.0**-22))


def test_worst_elements_are_sorted_and_no_more_than_a_few() -> None:
    u = TYPES["float32"].u
    factors = [1.0, 30.0, 20.0, 0.0, 80.0, 50.0, 10.0, 40.0]
    check = accuracy("float32", r=[1 + factor * u for factor in factors], y=np.ones(8))
    assert [element.index[0] for element in check.worst] == [4, 5, 7, 1, 2]
    assert len(check.worst) == WORST
    assert check.mismatched == 6


def test_elements_that_fail_come_before_elements_that_warn() -> None:
    """k = 1 fails at a margin of 1.65; k = 100 only warns at one of 4."""
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 84 * u, 1 + 3.3 * u, 1 + 63 * u], y=np.ones(3), k=[100, 1, 100])
    assert (check.status, check.mismatched) == ("fail", 1)
    assert [element.index for element in check.worst] == [(1,), (0,), (2,)]
    assert check.margin == pytest.approx(4, rel=1e-6)
    assert check.limit == 21


def test_a_warning_shows_the_elements_it_is_about() -> None:
    u = TYPES["float32"].u
    check = accuracy("float32", r=[1 + 84 * u, 1 + u, 1.0], y=np.ones(3), k=100)
    assert (check.status, check.mismatched) == ("warn", 0)
    assert [element.index for element in check.worst] == [(0,)]
    assert "some order of summation" in check.note


def test_a_pass_shows_no_elements() -> None:
    check = accuracy("float32", r=[1 + 2.0**-24, 1.0], y=np.ones(2))
    assert check.worst == ()
    assert check.max_abs == 2.0**-24
    assert check.max_rel == 2.0**-24 / (1 + 2.0**-24)
    assert check.max_ulp == 0.5


def test_an_error_where_zero_is_expected_is_infinitely_large_in_relation() -> None:
    check = accuracy("float32", r=[0.0, 4.0], y=[1.0, 4.0])
    assert (check.max_abs, check.max_rel) == (1.0, INF)


def test_statistics_leave_out_what_is_not_finite() -> None:
    check = accuracy("float32", r=[NAN, INF, 2.0], y=[NAN, INF, 2.5], B=[NAN, INF, 1.0])
    assert (check.max_abs, check.max_rel) == (0.5, 0.25)
    assert sum(check.histogram or ()) == 3


def test_an_overflow_has_no_part_in_the_relative_error() -> None:
    check = accuracy("float32", r=[1.0, 2.0], y=[INF, 2.5])
    assert (check.max_abs, check.max_rel) == (INF, 0.25)
    assert check.max_ulp == 0.5 / 2.0**-22


def test_errors_are_related_to_values_below_one_too() -> None:
    assert accuracy("float32", r=0.5, y=0.75).max_rel == 0.5
    assert accuracy("float32", r=0.0, y=0.25).max_rel == INF


def test_an_element_at_its_limit_is_not_among_the_worst() -> None:
    profile = Profile(rtol=0.0, atol=0.25, reason="so that the margin is exact")
    check = accuracy("float32", r=[1.25, 1.5, 1.0], y=np.ones(3), profile=profile)
    assert (check.status, check.margin) == ("fail", 2.0)
    assert [element.index for element in check.worst] == [(1,)]


def test_an_empty_result_passes() -> None:
    numeric = TYPES["float32"]
    empty = np.zeros((0, 2, 2, 1))
    known = sums(empty, empty, empty.astype(int))
    check = compare_within_bound("normal", known, empty.astype(np.float32), numeric, Profile())
    assert (check.status, check.total, check.margin, check.limit) == ("pass", 0, 0.0, None)
    assert exactly("float32", empty, empty).status == "pass"


def test_errors_beyond_float64_are_infinite() -> None:
    """The difference of two float64 may be none."""
    least, most = np.array([2.0**-1000]), np.array([-(2.0**1023.5)])
    check = accuracy("float64", r=least, y=-most, B=least)
    assert (check.status, check.margin, check.max_rel, check.max_ulp) == ("fail", INF, INF, INF)
    check = accuracy("float64", r=most, y=-most, B=-most)
    assert (check.status, check.margin, check.max_abs) == ("fail", INF, INF)
    check = exactly("float64", most, -most)
    assert (check.status, check.max_abs) == ("fail", INF)
