"""Rule 0 of the tolerance rule: shape, type, and what no term reaches."""

import numpy as np
import pytest

from harness.remote.calling import structure_fault
from harness.tests.checks import INF, accuracy, exactly
from harness.tests.strategies import FLOATS


class Tensor:
    """What other frameworks return: no array, and numpy makes one of it."""

    def __array__(self) -> object:
        return np.zeros(1)


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (np.zeros((1, 2, 3, 4), np.float32), None),
        ([[1.0]], "returned list, not an array of numpy: np.asarray makes one of it"),
        (Tensor(), "returned Tensor, not an array of numpy: np.asarray makes one of it"),
        (None, "returned NoneType, not an array of numpy"),
        (np.float32(1), "returned float32, not an array of numpy"),
        (np.zeros((1, 2, 3, 4), np.float64), "returned type float64, not float32"),
        (np.zeros((1, 2, 3, 4), ">f4"), "returned type >f4, not float32"),
        (np.zeros((1, 2, 4, 3), np.float32), "returned shape [1, 2, 4, 3], not [1, 2, 3, 4]"),
        (np.zeros((1, 2, 3, 4, 1), np.float32), "returned shape [1, 2, 3, 4, 1], not [1, 2, 3, 4]"),
        (np.zeros((), np.float32), "returned shape [], not [1, 2, 3, 4]"),
    ],
)
def test_the_form_of_a_result(result: object, fault: str | None) -> None:
    assert structure_fault(result, (1, 2, 3, 4), np.dtype(np.float32)) == fault


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("B", "k"), [(1.0, 0), (0.0, 5), (0.0, 0)])
def test_what_no_term_reaches_must_be_exactly_zero(dtype: str, B: float, k: int) -> None:
    smallest = float(np.finfo(np.float32).tiny) if dtype != "half" else 2.0**-24
    check = accuracy(dtype, r=0.0, y=smallest, B=B, k=k)
    assert check.status == "fail"
    assert check.margin == INF
    assert check.mismatched == 1
    assert check.worst[0].bound == 0
    assert accuracy(dtype, r=0.0, y=0.0, B=B, k=k).status == "pass"


@pytest.mark.parametrize("dtype", FLOATS)
def test_minus_zero_equals_zero(dtype: str) -> None:
    check = accuracy(dtype, r=0.0, y=[-0.0, 0.0], B=[1.0, 0.0], k=[4, 0])
    assert (check.status, check.margin, check.mismatched) == ("pass", 0.0, 0)
    assert exactly(dtype, [0.0, -0.0], [-0.0, 0.0]).status == "pass"


def test_untouched_elements_are_those_without_terms() -> None:
    check = accuracy("float32", r=0.0, y=np.zeros(5), B=[0.0, 1.0, 0.0, 0.0, 2.0], k=[0, 1, 3, 0, 4])
    assert (check.status, check.untouched, check.total) == ("pass", 2, 5)
