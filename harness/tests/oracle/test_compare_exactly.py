"""Rule 1 of the tolerance rule: a witness run is compared value for value."""

import numpy as np
import pytest

from harness.oracle.compare import BINS
from harness.records import Check
from harness.spec.schema import DTYPES
from harness.tests.checks import INF, NAN, exactly
from harness.tests.strategies import FLOATS


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_values_pass_exactly(dtype: str) -> None:
    check = exactly(dtype, [[1, -2], [0, 100]], [[1, -2], [0, 100]])
    assert check == Check(
        "witness", "witness", "pass", margin=0.0, limit=0.0, total=4, max_abs=0.0, max_rel=0.0, max_ulp=0.0
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("place", range(4))
def test_one_unequal_value_fails_wherever_it_is(dtype: str, place: int) -> None:
    expected = np.array([[3, -2], [0, 100]])
    result = expected.copy()
    result.flat[place] += 1
    check = exactly(dtype, expected, result)
    assert (check.name, check.data, check.status) == ("witness", "witness", "fail")
    assert (check.mismatched, check.total, check.max_abs, check.margin, check.limit) == (1, 4, 1.0, INF, 0.0)
    assert len(check.worst) == 1
    assert check.worst[0].index == divmod(place, 2)
    assert (check.worst[0].expected, check.worst[0].actual) == (expected.flat[place], expected.flat[place] + 1)
    assert (check.worst[0].abs, check.worst[0].bound) == (1.0, 0.0)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_value_that_is_not_finite_fails_exactly(dtype: str, value: float) -> None:
    check = exactly(dtype, [1.0, 2.0], [1.0, value])
    assert check.status == "fail"
    assert check.max_abs == INF
    assert check.worst[0].index == (1,)
    assert str(check.worst[0].actual) == str(value)


def test_int32_elements_are_integers() -> None:
    check = exactly("int32", [-(2**31), 5], [2**31 - 1, 5])
    (worst,) = check.worst
    assert (worst.index, worst.expected, worst.actual) == ((0,), -(2**31), 2**31 - 1)
    assert (worst.abs, worst.rel, worst.bound) == (2.0**32 - 1, (2.0**32 - 1) / 2.0**31, 0.0)
    assert isinstance(worst.expected, int)
    assert isinstance(worst.actual, int)


def test_the_worst_unequal_values_come_first() -> None:
    check = exactly("float32", np.zeros(8), [0, 3, -7, 1, 5, 0, 2, 4])
    assert [(element.index, element.abs) for element in check.worst] == [
        ((2,), 7.0),
        ((4,), 5.0),
        ((7,), 4.0),
        ((1,), 3.0),
        ((6,), 2.0),
    ]
    assert check.mismatched == 6
    assert check.histogram == (2, *[0] * (BINS - 1), 6)
