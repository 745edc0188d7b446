"""The reference kernels against exact fractions: how much better than float64 they are."""

from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import term_count
from harness.oracle.kernels import KERNELS, fast
from harness.oracle.operands import make_operands
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.tests.strategies import (
    by_definition,
    cases,
    examples,
    geometries,
    geometry_of,
    make_case,
    random_operands,
)

NAMES: Final = tuple(KERNELS)
U: Final = 2.0**-53


def fractions(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values as Fraction, longdouble without losing a bit."""
    exact = np.array([Fraction(*value.as_integer_ratio()) for value in array.ravel()], dtype=object)
    return exact.reshape(array.shape)


def errors_in_u(geometry: Geometry, name: str, filter: np.ndarray[Any, Any], dy: np.ndarray[Any, Any]) -> float:
    """The largest error of one kernel on longdouble, in units of u*B of float64, with exact sums to compare with."""
    result = KERNELS[name].compute(geometry, filter.astype(np.longdouble), dy.astype(np.longdouble))
    exact = by_definition(geometry, fractions(filter), fractions(dy), start=Fraction(0))
    B = by_definition(geometry, fractions(abs(filter)), fractions(abs(dy)), start=Fraction(0))
    pairs = zip(fractions(result).flat, exact.flat, B.flat, strict=True)
    return max((float(abs(y - r) / b) / U if b else float(abs(y - r)) for y, r, b in pairs), default=0.0)


@pytest.mark.parametrize("name", NAMES)
@examples(25)
@given(geometry=geometries(), seed=st.integers(0, 2**32))
def test_longdouble_is_better_than_float64(name: str, geometry: Geometry, seed: int) -> None:
    """`fast` whatever longdouble is, the others as far as a sum in any order of so many longdoubles is."""
    filter, dy = random_operands(geometry, seed)
    terms_ = int(term_count(geometry).max(initial=0))
    allowed = 2.0**-10 if name == "fast" else (terms_ + 1) * float(np.finfo(np.longdouble).eps) / 2 / U
    assert errors_in_u(geometry, name, filter, dy) <= allowed


@examples(40)
@given(case=cases(("float64",)))
def test_fast_is_better_than_float64_over_a_wide_range_of_exponents(case: Case) -> None:
    (operands,) = make_operands(case, DataKind.WIDE)
    assert errors_in_u(geometry_of(case), "fast", operands.filter, operands.out_backprop) <= 2.0**-10


@pytest.mark.parametrize("spread", [1, 60, 300])
def test_fast_is_better_than_float64_over_many_terms_that_cancel(spread: int) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 3, 2, 2], filter=[3, 2, 2, 131], padding="SAME"))
    rng = np.random.default_rng(3)
    filter = rng.standard_normal(geometry.filter_shape) * 2.0 ** rng.integers(-spread, spread, geometry.filter_shape)
    dy = rng.standard_normal(geometry.output_shape) * 2.0 ** rng.integers(-spread, spread, geometry.output_shape)
    filter[..., 1::2] = -filter[..., :-1:2]
    dy[..., 1::2] = dy[..., :-1:2] * (1 + 2.0**-50)
    assert errors_in_u(geometry, "fast", filter, dy) <= 2.0**-10


@pytest.mark.parametrize("K", [1, 2, 3, 64, 65, 128, 129, 256, 257])
def test_fast_is_better_than_float64_where_every_bit_is_used(K: int) -> None:
    """All values just below a power of two and of one sign: the largest sums of slices there can be."""
    geometry = geometry_of(make_case(input_sizes=[1, 2, 1, 2], filter=[2, 1, 2, K], padding="SAME"))
    rng = np.random.default_rng(K)
    filter, dy = (2 - rng.uniform(0, 2.0**-20, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    assert errors_in_u(geometry, "fast", filter, dy) <= 2.0**-10


def test_fast_sums_in_float64_where_it_is_given_float64() -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 2]))
    f, dy = np.array([1.0, 2.0**-60]).reshape(1, 1, 1, 2), np.ones((1, 1, 1, 2))
    assert fast(geometry, f, dy).dtype == np.float64
    assert float(fast(geometry, f, dy)[0, 0, 0, 0]) == 1.0
    better = fast(geometry, f.astype(np.longdouble), dy.astype(np.longdouble))
    assert better.dtype == np.longdouble
    assert better[0, 0, 0, 0] - 1 == np.longdouble(2) ** -60


def test_fast_keeps_sums_finite_that_pass_the_largest_float64() -> None:
    """Rule 4 of the tolerance rule needs the true value where float64 itself overflows."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 2]))
    f = np.full((1, 1, 1, 2), 2.0**1023, np.longdouble)
    with np.errstate(over="ignore", invalid="ignore"):
        result = fast(geometry, f, np.ones_like(f))
    assert result[0, 0, 0, 0] == np.longdouble(2) ** 1024
