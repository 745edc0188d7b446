"""float64's reference against exact fractions: how much better than float64 it is, and over which range."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.exact_slices import exact_slices
from harness.oracle.kernels import fast
from harness.oracle.operands import make_operands
from harness.oracle.reference import compared, expectations
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.tests.processes import pytest_in_root
from harness.tests.strategies import (
    by_definition,
    cases,
    examples,
    geometries,
    geometry_of,
    make_case,
    random_operands,
)

Array = np.ndarray[Any, Any]
ALLOWED: Final = 2.0**-10  # of u*B
ONE: Final = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 2]))


def fractions(array: Array) -> Array:
    exact = np.array([Fraction(float(value)) for value in array.ravel()], dtype=object)
    return exact.reshape(array.shape)


def error_in_u(geometry: Geometry, filter: Array, dy: Array) -> float:
    """The largest error of the reference, in units of u*B of float64, with exact sums to compare with."""
    high, low = exact_slices(geometry, filter, dy)
    exact = by_definition(geometry, fractions(filter), fractions(dy), start=Fraction(0))
    B = by_definition(geometry, fractions(abs(filter)), fractions(abs(dy)), start=Fraction(0))
    triples = zip((fractions(high) + fractions(low)).flat, exact.flat, B.flat, strict=True)
    return max((float(abs(y - r) / b * 2**53) if b else float(abs(y - r)) for y, r, b in triples), default=0.0)


@examples(60)
@given(geometries(), st.integers(0, 2**32))
def test_it_is_better_than_float64(geometry: Geometry, seed: int) -> None:
    assert error_in_u(geometry, *random_operands(geometry, seed)) <= ALLOWED


@examples(40)
@given(cases(("float64",)))
def test_it_is_better_than_float64_over_a_wide_range_of_exponents(case: Case) -> None:
    (operands,) = make_operands(case, DataKind.WIDE)
    assert error_in_u(geometry_of(case), operands.filter, operands.out_backprop) <= ALLOWED


@pytest.mark.parametrize("spread", [1, 60, 300])
def test_it_is_better_than_float64_over_many_terms_that_cancel(spread: int) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 3, 2, 2], filter=[3, 2, 2, 131], padding="SAME"))
    rng = np.random.default_rng(3)
    filter = rng.standard_normal(geometry.filter_shape) * 2.0 ** rng.integers(-spread, spread, geometry.filter_shape)
    dy = rng.standard_normal(geometry.output_shape) * 2.0 ** rng.integers(-spread, spread, geometry.output_shape)
    filter[..., 1::2] = -filter[..., :-1:2]
    dy[..., 1::2] = dy[..., :-1:2] * (1 + 2.0**-50)
    assert error_in_u(geometry, filter, dy) <= ALLOWED


@pytest.mark.parametrize("K", [1, 2, 3, 64, 65, 128, 129, 256, 257])
def test_it_is_better_than_float64_where_every_bit_is_used(K: int) -> None:
    """All values just below a power of two and of one sign: the largest sums of slices there can be."""
    geometry = geometry_of(make_case(input_sizes=[1, 2, 1, 2], filter=[2, 1, 2, K], padding="SAME"))
    rng = np.random.default_rng(K)
    filter, dy = (2 - rng.uniform(0, 2.0**-20, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    assert error_in_u(geometry, filter, dy) <= ALLOWED


@pytest.mark.parametrize("exponents", [(1021, -1000), (-1000, 1021), (-1074, 1023), (500, 500)])
def test_an_element_far_below_another_keeps_its_bits(exponents: tuple[int, int]) -> None:
    """No scale is common to all elements: beside sums of 2**1900 one of 2**23 or 2**-49 is what it is."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 2, 2], filter=[1, 1, 2, 2]))
    small, large = (2.0**exponent for exponent in exponents)
    filter = np.array([[small, 3 * small], [2.0**900, 2.0**900]]).reshape(geometry.filter_shape)
    dy = np.array([[large, large], [2.0**1000, 2.0**1000]]).reshape(geometry.output_shape)
    high, low = exact_slices(geometry, filter, dy)
    assert (high[0, 0, 0, 0], low[0, 0, 0, 0]) == (4 * small * large, 0)
    assert np.isfinite(high).all()


def test_a_sum_that_float64_has_no_bits_for_is_in_both_parts() -> None:
    f, dy = np.array([1.0, 2.0**-60]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 2))
    assert float(fast(ONE, f, dy)[0, 0, 0, 0]) == 1.0
    assert [float(part[0, 0, 0, 0]) for part in exact_slices(ONE, f, dy)] == [1.0, 2.0**-60]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sums_stay_finite_that_pass_the_largest_float64(sign: float) -> None:
    """Rule 4 of the tolerance rule needs the true value where float64 itself overflows."""
    f = np.full((1, 1, 1, 2), sign * 2.0**1023)
    high, low = exact_slices(ONE, f, np.ones_like(f))
    assert Fraction(float(high[0, 0, 0, 0])) + Fraction(float(low[0, 0, 0, 0])) == int(sign) * 2**1024
    high, low = exact_slices(ONE, f, f)
    assert high[0, 0, 0, 0] == low[0, 0, 0, 0] == np.finfo(np.float64).max


def test_sums_come_back_from_beyond_the_largest_float64() -> None:
    f = np.array([2.0**1023, -(2.0**1023)]).reshape(1, 1, 1, 2)
    high, low = exact_slices(ONE, f, np.array([4.0, 3.5]).reshape(1, 1, 1, 2))
    assert (high[0, 0, 0, 0], low[0, 0, 0, 0]) == (2.0**1022, 0)


@examples(60)
@given(case=cases(("float64",)), seed=st.integers(0, 2**32))
def test_non_finite_values_reach_what_their_taps_touch_and_nothing_else(case: Case, seed: int) -> None:
    """C14, whichever operand holds them, with zeros beside them and values whose products overflow."""
    geometry = geometry_of(case)
    rng = np.random.default_rng(seed)
    values = np.array([np.nan, np.inf, -np.inf, 0.0, 2.0**1000, -(2.0**-1000)])
    odds = [0.03, 0.03, 0.03, 0.11, 0.4, 0.4]
    filter, dy = (rng.choice(values, shape, p=odds) for shape in (geometry.filter_shape, geometry.output_shape))
    f, y = (np.where(np.isfinite(array), np.sign(array), array) for array in (filter, dy))
    expected = by_definition(geometry, f, y, start=0.0).astype(np.float64)
    high, low = exact_slices(geometry, filter, dy)
    settled = ~np.isfinite(expected)
    assert np.array_equal(high[settled], expected[settled], equal_nan=True)
    assert np.isfinite(high[~settled]).all()
    assert np.isfinite(low).all()


def test_a_result_is_judged_beyond_float64() -> None:
    """Of two results that are one float64 apart, the margin says which is the nearer one."""
    case = make_case(input_sizes=[2, 5, 5, 2], filter=[3, 3, 2, 3], dtype="float64", padding="SAME")
    geometry = geometry_of(case)
    (expectation,) = expectations(case, geometry, DataKind.NORMAL)
    assert expectation.sums is not None
    low = expectation.sums.low
    assert low is not None
    assert low.any()
    nearest = expectation.in_backprop
    other = np.nextafter(nearest, np.where(low > 0, np.inf, -np.inf))
    near, far = (compared(case, geometry, DataKind.NORMAL, 0, value).max_ulp for value in (nearest, other))
    assert near is not None
    assert far is not None
    assert near <= 0.5 <= far <= 1


def test_nothing_leans_on_longdouble() -> None:
    """On Apple Silicon it is float64: the tests above hold there, too."""
    plugin = ("-p", "harness.tests.longdouble_is_float64")
    names = "not leans_on_longdouble and not many_terms"
    outcome = pytest_in_root(*plugin, "-q", Path(__file__), "-k", names)
    assert outcome.returncode == 0, outcome.stdout
    special = Path(__file__).with_name("test_reference.py")
    outcome = pytest_in_root(*plugin, "-q", special, "-k", "every_kind_has_an_expectation and float64")
    assert outcome.returncode == 0, outcome.stdout
