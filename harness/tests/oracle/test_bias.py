"""Errors of many elements together: truncation and a small bias, which every element's bound lets pass."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnosis import FailedCall, diagnose
from harness.oracle.bias import Spread, together
from harness.oracle.bounds import TYPES
from harness.oracle.reference import compared, expectations
from harness.records import Check
from harness.spec.case import Case, DataKind, Profile
from harness.tests.right_kernels import KERNELS
from harness.tests.strategies import FLOATS, cases, examples, geometry_of, make_case

Array: TypeAlias = np.ndarray[Any, Any]
VALUES: Final[dict[str, Any]] = {"input_sizes": [2, 9, 9, 3], "filter": [3, 3, 3, 4], "strides": 2}


def judged(case: Case, value: Array, kind: DataKind = DataKind.NORMAL) -> Check:
    return compared(case, geometry_of(case), kind, 0, np.ascontiguousarray(value))


def expected(case: Case, kind: DataKind = DataKind.NORMAL) -> Array:
    return expectations(case, geometry_of(case), kind)[0].in_backprop


def cut(case: Case, kind: DataKind = DataKind.NORMAL) -> Array:
    """Right results cut to the type: what is rounded up counts down again, in its bits."""
    sums = expectations(case, geometry_of(case), kind)[0].sums
    right, dtype = expected(case, kind), TYPES[case.attributes.dtype].dtype
    rounded = right.astype(dtype)
    if sums is None or sums.low is None:
        beyond = np.abs(rounded.astype(right.dtype)) > np.abs(right)
    else:  # float64's reference is the nearest float64, and what it is off by
        beyond = np.signbit(sums.low) != np.signbit(right)
    bits = rounded.view(f"u{dtype.itemsize}")
    return np.where(beyond, bits - bits.dtype.type(1), bits).view(dtype)


def scaled(factor_in_u: float, case: Case) -> Array:
    """Right results that are off by so many u, one way."""
    numeric, right = TYPES[case.attributes.dtype], expected(case)
    return np.asarray(right * (1 + right.dtype.type(factor_in_u * numeric.u))).astype(numeric.dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("wrong", "direction"),
    [(cut, "towards"), (partial(scaled, 2), "away from"), (partial(scaled, -2), "towards")],
)
def test_a_bias_that_every_bound_lets_pass_fails(wrong: Callable[..., Array], direction: str, dtype: str) -> None:
    """Results cut to the type, and results an ulp too large or too small."""
    case = make_case("biased", **VALUES, dtype=dtype)
    right = judged(case, expected(case).astype(TYPES[dtype].dtype))
    assert (right.status, right.note) == ("pass", "")
    value = wrong(case)
    check = judged(case, value)
    assert (check.status, check.mismatched) == ("fail", 0)
    assert check.note.startswith(f"biased {direction} zero: mean ")
    assert check.bias is not None
    assert check.rms is not None
    assert abs(check.bias) > 0.5 * check.rms > abs(right.bias or 0)
    said = diagnose(case, geometry_of(case), FailedCall(DataKind.NORMAL, 0, value))
    assert said == check.note


@pytest.mark.parametrize("dtype", FLOATS)
def test_declared_truncation_and_other_operands_are_not_asked_for_a_mean(dtype: str) -> None:
    declared = make_case("biased", Profile(rounding="truncation"), **VALUES, dtype=dtype)
    value = cut(declared)
    assert judged(declared, value).status == "pass"
    plain = make_case("biased", **VALUES, dtype=dtype)
    positive = judged(plain, cut(plain, DataKind.POSITIVE), DataKind.POSITIVE)
    assert (positive.status, positive.bias, positive.rms) == ("pass", None, None)


def test_where_sums_are_long_for_their_type_right_orders_are_biased_too() -> None:
    for K, asked in ((62, True), (63, False)):
        case = make_case("long", input_sizes=[1, 8, 8, 4], filter=[1, 1, 4, K], dtype="bfloat16")
        check = judged(case, expected(case).astype(TYPES["bfloat16"].dtype))
        assert (check.bias is not None) is asked


def test_random_errors_larger_than_any_order_makes_fail() -> None:
    """Each of them stays within 2*sqrt(k) + 1; together they do not look like rounding."""
    case = make_case("random", input_sizes=[1, 16, 16, 4], filter=[1, 1, 4, 100])
    (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
    assert expectation.sums is not None
    noise = np.random.default_rng(1).uniform(-1, 1, (1, 16, 16, 4)) * 15 * 2.0**-24 * expectation.sums.B
    check = judged(case, (expectation.in_backprop + noise).astype(np.float32))
    assert (check.status, check.mismatched) == ("fail", 0)
    assert check.note.startswith("errors larger than those of any order of summation: ")


@pytest.mark.parametrize(
    ("count", "mean", "rms", "flaw"),
    [
        (100, -0.59, 1.0, ""),
        (100, -0.61, 1.0, "biased towards zero"),
        (100, 0.61, 1.0, "biased away from zero"),
        (10_000, 0.14, 1.0, ""),
        (10_000, 0.16, 1.0, "biased away from zero"),
        (30, -1.0, 1.0, ""),  # too few to tell
        (30, 0.0, 9.0, ""),
        (10_000, 0.0, 1.23, ""),
        (10_000, 0.0, 1.24, "errors larger"),
        (0, 0.0, 0.0, ""),
        (50, 0.0, 0.0, ""),
    ],
)
def test_the_limits(count: int, mean: float, rms: float, flaw: str) -> None:
    assert Spread(count, mean, rms).flaw(9).startswith(flaw)
    assert bool(Spread(count, mean, rms).flaw(9)) == bool(flaw)


def test_parts_together_are_the_whole() -> None:
    errors = np.random.default_rng(2).normal(0.2, 1.0, 100)
    parts = [Spread(len(part), part.mean(), float(np.sqrt((part**2).mean()))) for part in np.split(errors, (10, 45))]
    whole = together([*parts, Spread(0, 0.0, 0.0)])
    assert whole.count == 100
    assert whole.mean == pytest.approx(errors.mean())
    assert whole.rms == pytest.approx(np.sqrt((errors**2).mean()))


@examples(60)
@given(case=cases(FLOATS), name=st.sampled_from(sorted(KERNELS)))
def test_no_right_order_is_called_biased(case: Case, name: str) -> None:
    """As many elements as a drawn case has; the limits were fitted on thousands of them."""
    call = case.attributes
    (expectation,) = expectations(case, geometry_of(case), DataKind.NORMAL)
    lists = {key: list(getattr(call, key)) for key in ("input_sizes", "strides", "explicit_paddings", "dilations")}
    arrays = {"filter": expectation.operands.filter, "out_backprop": expectation.operands.out_backprop}
    value = KERNELS[name](**lists, **arrays, padding=call.padding, data_format=call.data_format)
    assert judged(case, value).status != "fail"
