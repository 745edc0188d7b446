"""What is known of sums: of terms that are not finite, subnormal, or beyond float64."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_within_bound
from harness.oracle.exact_slices import exact_slices
from harness.oracle.kernels import fast
from harness.oracle.sums import Sums, sums_of
from harness.spec.case import Profile
from harness.tests.checks import INF, NAN
from harness.tests.strategies import FLOATS, geometry_of, make_case

Array = np.ndarray[Any, Any]


def dot(dtype: str, filter: Sequence[float], out_backprop: Sequence[float], *, flushes: bool = True) -> Sums:
    """The sums of one element, as a dot product of two lists."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, len(filter)]))
    numeric = TYPES[dtype]
    shape = (1, 1, 1, len(filter))
    left, right = (np.array(values).astype(numeric.dtype).reshape(shape) for values in (filter, out_backprop))

    def evaluate(filter: Array, rows: Array) -> tuple[Array, Array | None]:
        if numeric.twofold:
            return exact_slices(geometry, filter, rows)
        return fast(geometry, filter.astype(numeric.reference), rows.astype(numeric.reference)), None

    return sums_of(geometry, left, right, numeric, evaluate, flushes=flushes)


def one(array: Array | None) -> float:
    assert array is not None
    return float(array[0, 0, 0, 0])


@pytest.mark.parametrize("dtype", FLOATS)
def test_terms_that_are_not_finite_are_told_from_those_that_are(dtype: str) -> None:
    for filter, out_backprop, special, r in (
        ([INF, 1, 2], [1, 1, -3], INF, -5),
        ([INF, 1, 2], [-1, 1, 3], -INF, 7),
        ([INF, -INF, 2], [1, 1, 3], NAN, 6),
        ([INF, 1, 2], [0, 1, 3], NAN, 7),
        ([NAN, 1, 2], [1, 1, 3], NAN, 7),
    ):
        known = dot(dtype, filter, out_backprop)
        assert str(one(known.special)) == str(float(special))
        assert str(one(known.in_backprop)) == str(float(special))
        size = sum(abs(x * y) for x, y in ((1, 1), (2, out_backprop[2])) if filter[1] == 1) or 6
        assert one(known.r) == r
        assert size <= one(known.B) <= size * (1 + 2.0**-20)
    assert dot(dtype, [1, 2], [3, 4]).special is None


def test_large_finite_terms_do_not_become_infinite_beside_an_infinity() -> None:
    """C14 is about what is not finite: float64's own overflow is not."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 2, 1], filter=[1, 1, 1, 2]))
    numeric = TYPES["float64"]

    filter, dy = np.full((1, 1, 1, 2), 1e200), np.array([INF, 1.0, 1e200, -1e200]).reshape(1, 1, 2, 2)
    known = sums_of(geometry, filter, dy, numeric, partial(exact_slices, geometry), flushes=True)
    assert known.special is not None
    assert known.special.ravel().tolist() == [INF, 0]
    assert known.r.ravel()[1] == 0


@pytest.mark.parametrize(("dtype", "small"), [("bfloat16", 2.0**-130), ("float32", 2.0**-130), ("float64", 2.0**-1030)])
def test_terms_with_a_subnormal_operand_are_added_up_once(dtype: str, small: float) -> None:
    known = dot(dtype, [small, 4, -small, 8], [-2, small, small, 1])
    assert one(known.subnormal) == 2 * small + 4 * small + float(Fraction(small) ** 2)
    assert dot(dtype, [1, 2], [3, 4]).subnormal is None
    assert dot(dtype, [0, 2], [3, 4]).subnormal is None
    assert dot(dtype, [small], [1], flushes=False).subnormal is None


def test_sizes_beyond_float64_are_kept_in_range() -> None:
    known = dot("float64", [1e300, -1e300, 1e300], [1e200, 1e200, 1.0])
    assert known.exponent is not None
    scale = Fraction(2) ** int(known.exponent.flat[0])
    assert one(known.r) == pytest.approx(float(Fraction(1e300) / scale))
    assert one(known.B) == pytest.approx(float(2 * Fraction(1e300) * Fraction(1e200) / scale))
    assert np.isfinite(float(known.in_backprop.flat[0]))


@pytest.mark.parametrize(
    ("y", "status"), [(0.0, "pass"), (1e300, "fail"), (INF, "warn"), (-INF, "warn"), (NAN, "warn")]
)
def test_a_sum_that_cancels_beyond_float64_is_still_judged(y: float, status: str) -> None:
    """Terms of 1e308 that cancel: the size of all of them is no float64, and 1e300 is wrong by far."""
    known = dot("float64", [1e308, 1e308, -1e308, -1e308], [1.0] * 4)
    result = np.full((1, 1, 1, 1), y)
    assert compare_within_bound("huge", known, result, TYPES["float64"], Profile()).status == status


def test_what_overflows_in_the_end_is_infinite_and_nothing_else() -> None:
    known = dot("float64", [1e308, 1e308, 1e308], [1.0] * 3)
    for y, status in (
        (INF, "pass"),
        (-INF, "fail"),
        (NAN, "fail"),
        (1e308, "fail"),
        (TYPES["float64"].largest, "fail"),
    ):
        result = np.full((1, 1, 1, 1), y)
        assert compare_within_bound("huge", known, result, TYPES["float64"], Profile()).status == status, y


def test_terms_too_small_for_float64_are_no_zeros() -> None:
    known = dot("float64", [2.0**-600, 2.0**-600], [2.0**-500, 2.0**-500])
    assert one(known.B) > 0
    assert one(dot("float64", [0.0, 2.0**-600], [1.0, 0.0]).B) == 0
    least = np.full((1, 1, 1, 1), 2.0**-1074)
    assert compare_within_bound("tiny", known, least, TYPES["float64"], Profile()).status == "pass"
