"""Operands of each kind are what the kind is called."""

from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds import term_count
from harness.oracle.operands import kernel_layout, make_operands
from harness.spec.case import DataKind
from harness.tests.calls import MANY, SMALL
from harness.tests.strategies import FLOATS, by_definition, geometry_of, make_case


def exponents(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.frexp(array.astype(np.float64))[1]
    return found


@pytest.mark.parametrize("kind", [DataKind.NORMAL, DataKind.POSITIVE, DataKind.WIDE, DataKind.SPECIAL])
def test_real_operands_carry_no_certificate(kind: DataKind) -> None:
    for operands in make_operands(make_case(**SMALL), kind):
        assert operands.certificate is None
        assert operands.exercised is None


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_operands_look_normal(dtype: str) -> None:
    (operands,) = make_operands(make_case(**MANY, dtype=dtype), DataKind.NORMAL)
    for array in (operands.filter.astype(np.float64), operands.out_backprop.astype(np.float64)):
        assert abs(array.mean()) < 0.1
        assert 0.9 < array.std() < 1.1
        assert array.min() < -2
        assert array.max() > 2


@pytest.mark.parametrize("dtype", FLOATS)
def test_positive_operands_have_no_sign_and_spread(dtype: str) -> None:
    (operands,) = make_operands(make_case(**MANY, dtype=dtype), DataKind.POSITIVE)
    for array in (operands.filter.astype(np.float64), operands.out_backprop.astype(np.float64)):
        assert array.min() >= 0
        assert 0.7 < array.mean() < 0.9, "the mean of |normal| is 0.798"


@pytest.mark.parametrize(("dtype", "spread"), [("half", 3), ("bfloat16", 30), ("float32", 30), ("float64", 30)])
def test_wide_operands_spread_their_exponents(dtype: str, spread: int) -> None:
    (operands,) = make_operands(make_case(**MANY, dtype=dtype), DataKind.WIDE)
    for array in (operands.filter, operands.out_backprop):
        found = exponents(array) - 1
        # A value just below 2 may round up to 2.
        assert -spread <= int(found.min()) <= -spread + 1
        assert spread - 2 <= int(found.max()) <= spread
        assert len(set(found.ravel().tolist())) >= 2 * spread - 3
        assert (array < 0).any()
        assert (array > 0).any()
        assert np.isfinite(array.astype(np.float64)).all()


def test_wide_half_sums_do_not_overflow() -> None:
    """At most 16 * 16 a product: 255 terms stay below 65504."""
    (operands,) = make_operands(make_case(**MANY, dtype="half"), DataKind.WIDE)
    assert float(abs(operands.filter.astype(float)).max() * abs(operands.out_backprop.astype(float)).max()) <= 256


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_operands_have_one_value_that_is_not_finite_in_each_draw(dtype: str) -> None:
    draws = make_operands(make_case(**SMALL, dtype=dtype), DataKind.SPECIAL)
    found = []
    for operands in draws:
        arrays = {name: getattr(operands, name).astype(np.float64) for name in ("filter", "out_backprop")}
        wrong = [(name, value) for name, array in arrays.items() for value in array[~np.isfinite(array)].tolist()]
        assert len(wrong) == 1
        found.append((wrong[0][0], str(wrong[0][1])))
    assert sorted(found) == [("filter", "-inf"), ("filter", "nan"), ("out_backprop", "inf"), ("out_backprop", "nan")]


def test_special_draws_differ_in_the_special_value_only() -> None:
    draws = make_operands(make_case(**SMALL), DataKind.SPECIAL)
    for name in ("filter", "out_backprop"):
        arrays = [getattr(operands, name) for operands in draws]
        whole = np.all([np.isfinite(array) for array in arrays], axis=0)
        assert whole.sum() >= whole.size - 2
        assert all(np.array_equal(array[whole], arrays[0][whole]) for array in arrays)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_wrap_operands_use_the_whole_range_and_pass_2_to_the_31(data_format: str) -> None:
    sizes = [1, 8, 7, 2] if data_format == "NHWC" else [1, 2, 8, 7]
    case = make_case(input_sizes=sizes, filter=[2, 3, 2, 3], strides=4, data_format=data_format, dtype="int32")
    geometry = geometry_of(case)
    (operands,) = make_operands(case, DataKind.WRAP)
    f, dy = operands.filter.astype(np.int64), kernel_layout(case, operands.out_backprop).astype(np.int64)
    B = by_definition(geometry, abs(f), abs(dy))
    reached = term_count(geometry) > 0
    assert not reached.all(), "some positions are gaps"
    assert operands.exercised == (B[reached] >= 2**31).mean() == 1.0
    assert min(f.min(), dy.min()) < -(2**30)
    assert max(f.max(), dy.max()) > 2**30


def test_wrap_counts_only_the_sums_that_reach_2_to_the_31(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case("chosen", input_sizes=[1, 1, 4, 1], filter=[1, 1, 1, 1], dtype="int32")

    class Chosen:
        """A generator whose arrays are chosen here."""

        def __init__(self) -> None:
            self.arrays = [
                np.full((1, 1, 1, 1), -(2**16)),
                np.array([2**15 - 1, -(2**15), 1, 2**15]).reshape(1, 1, 4, 1),
            ]

        def integers(self, low: int, high: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
            assert (low, high) == (-(2**31), 2**31)
            assert shape == self.arrays[0].shape
            return self.arrays.pop(0)

    monkeypatch.setattr(np.random, "default_rng", lambda _: Chosen())
    (operands,) = make_operands(case, DataKind.WRAP)
    assert operands.exercised == 0.5
