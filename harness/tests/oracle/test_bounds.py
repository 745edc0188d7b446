"""Constants of the types, numbers of terms, and the two limits of the tolerance rule."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import (
    TYPES,
    NumericType,
    certain_limit,
    largest_magnitude,
    largest_product,
    magnitude,
    magnitude_above,
    probable_limit,
    term_count,
)
from harness.oracle.kernels import KERNELS
from harness.spec.geometry import Geometry
from harness.spec.schema import DTYPES
from harness.tests.strategies import (
    FLOATS,
    by_definition,
    examples,
    geometries,
    geometry_of,
    make_case,
    random_operands,
    terms,
)


def test_the_types_are_those_of_c9() -> None:
    assert tuple(TYPES) == DTYPES
    assert [str(numeric.dtype) for numeric in TYPES.values()] == ["float16", "bfloat16", "float32", "float64", "int32"]
    assert [name for name, numeric in TYPES.items() if numeric.is_integer] == ["int32"]


@pytest.mark.parametrize(
    ("name", "p", "s", "largest", "reference"),
    [
        ("half", 11, 2.0**-24, 65504.0, np.float64),
        ("bfloat16", 8, 2.0**-126, 255 * 2.0**120, np.float64),
        ("float32", 24, 2.0**-126, (2**24 - 1) * 2.0**104, np.float64),
        ("float64", 53, 2.0**-1022, (2**53 - 1) * 2.0**971, np.float64),
    ],
)
def test_constants_of_a_float_type(name: str, p: int, s: float, largest: float, reference: type[Any]) -> None:
    numeric = TYPES[name]
    assert (numeric.precision, numeric.tiny, numeric.largest) == (p, s, largest)
    assert numeric.u == 2.0**-p
    assert numeric.witness_limit == 2**p
    assert numeric.reference == reference


def finfo(numeric: NumericType) -> Any:
    """Numbers of the type from somebody else's hand."""
    return ml_dtypes.finfo(numeric.dtype)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", FLOATS)
def test_every_integer_up_to_the_witness_limit_is_exact_and_the_next_is_not(name: str) -> None:
    dtype, limit = TYPES[name].dtype, TYPES[name].witness_limit
    edge = np.array([limit - 3, limit - 2, limit - 1, limit])
    assert edge.astype(dtype).astype(np.int64).tolist() == edge.tolist()
    assert int(np.array(limit + 1).astype(dtype)) == limit


def test_constants_of_int32() -> None:
    numeric = TYPES["int32"]
    assert numeric.witness_limit == 2**31 - 1 == np.iinfo(np.int32).max
    assert numeric.reference == np.int64
    assert numeric.tiny == 0


@pytest.mark.parametrize("name", FLOATS)
def test_an_ulp_is_the_spacing_of_the_type(name: str) -> None:
    numeric = TYPES[name]
    info = finfo(numeric)
    rng = np.random.default_rng(1)
    values = [1.0, 1.5, 2.0, 3.0, 1 + float(info.eps), 2 - float(info.eps), 0.75, 1e-3, 1e4, float(info.tiny)]
    values += [float(info.tiny) / 2, float(info.tiny) * 3, float(info.smallest_subnormal), float(info.max) / 2]
    values += (rng.uniform(1, 2, 50) * 2.0 ** rng.integers(-12, 12, 50)).tolist()
    array = np.array(values).astype(numeric.dtype)
    expected = np.spacing(array).astype(np.float64)
    assert numeric.ulp(array.astype(numeric.reference)).tolist() == expected.tolist()
    assert numeric.ulp(-array.astype(numeric.reference)).tolist() == expected.tolist()


@pytest.mark.parametrize("name", FLOATS)
def test_an_ulp_of_zero_is_the_smallest_value_beside_it(name: str) -> None:
    least = np.nextafter(TYPES[name].dtype.type(0), TYPES[name].dtype.type(1))
    assert TYPES[name].ulp(np.zeros(2, TYPES[name].reference)).tolist() == [float(least)] * 2


@pytest.mark.parametrize("value", [0, 1, 5, 2**20, 2**31 - 1])
def test_an_ulp_of_int32_is_one(value: int) -> None:
    assert float(TYPES["int32"].ulp(np.array([value]))[0]) == 1


@examples(100)
@given(geometries())
def test_term_count_is_the_kernels_run_on_ones(geometry: Geometry) -> None:
    k = term_count(geometry)
    assert k.shape == geometry.input_shape
    assert k.dtype == np.int64
    ones = np.ones(geometry.filter_shape, np.int64), np.ones(geometry.output_shape, np.int64)
    for name in ("fast", "scatter_loops", "gather_loops"):
        assert np.array_equal(k, KERNELS[name].compute(geometry, *ones)), name
    assert {index: int(k[index]) for index in np.ndindex(k.shape)} == {
        index: len(pairs) for index, pairs in terms(geometry).items()
    }


def test_term_count_made_by_hand() -> None:
    """A 3x2 filter over 4x3 under SAME: 2, 3, 3 and 2 rows, 1, 2 and 2 columns, and 5 of 10 channels a group."""
    case = make_case(input_sizes=[1, 4, 3, 4], filter=[3, 2, 2, 10], padding="SAME")
    k = term_count(geometry_of(case))[0, :, :, 0]
    assert k.tolist() == [[10, 20, 20], [15, 30, 30], [15, 30, 30], [10, 20, 20]]


def test_term_count_of_a_large_geometry_takes_no_memory_of_its_size() -> None:
    geometry = geometry_of(make_case(input_sizes=[10**4, 30, 30, 10**4], filter=[3, 3, 10**4, 1]))
    assert int(term_count(geometry)[-1, 15, 15, -1]) == 9


@examples(60)
@given(geometries(), st.integers(0, 2**32), st.sampled_from(DTYPES))
def test_magnitude_is_the_definition_on_absolute_values(geometry: Geometry, seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    f, dy = (rng.integers(-9, 10, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    B = magnitude(geometry, f.astype(TYPES[dtype].dtype), dy.astype(TYPES[dtype].dtype))
    assert B.dtype == np.float64
    assert B.tolist() == by_definition(geometry, abs(f), abs(dy)).tolist()


@pytest.mark.parametrize("scale", [0, -50, -100, 60, 100])
@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float32", "float64"])
@examples(30)
@given(geometry=geometries(), seed=st.integers(0, 2**32))
def test_what_is_above_the_magnitude_is_not_far_above(geometry: Geometry, seed: int, dtype: str, scale: int) -> None:
    """Nowhere below, 0 where it is 0, and itself where float32 has no room for a product."""
    f, dy = (array.astype(TYPES[dtype].dtype) for array in random_operands(geometry, seed))
    if dtype not in ("half", "float64"):
        f, dy = (array * array.dtype.type(2.0**scale) for array in (f, dy))
    dy[..., ::2] = 0
    B, above = magnitude(geometry, f, dy), magnitude_above(geometry, f, dy)
    k = term_count(geometry)
    assert above.dtype == np.float64
    assert np.all(above >= B)
    assert np.all(above <= B * (1 + (2 * k + 2) * 2.0**-24))


def test_what_is_above_the_magnitude_of_many_terms() -> None:
    """Sums of so many equal numbers that float32 is off by many units in its last place."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 2], filter=[1, 1, 2, 50_000]))
    f, dy = (
        np.full(shape, 1 + 2.0**-12 + 2.0**-20, np.float32) for shape in (geometry.filter_shape, (1, 1, 1, 50_000))
    )
    B, above = magnitude(geometry, f, dy), magnitude_above(geometry, f, dy)
    assert np.all(above > B)
    assert np.all(above <= B * 1.01)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_above_a_magnitude_that_is_not_finite(value: float) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 2, 1], filter=[1, 1, 1, 1]))
    f, dy = np.ones((1, 1, 1, 1), np.float32), np.array([value, 1], np.float32).reshape(1, 1, 2, 1)
    assert np.array_equal(magnitude_above(geometry, f, dy), magnitude(geometry, f, dy), equal_nan=True)


def test_magnitude_does_not_wrap_at_the_least_int32() -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 1]))
    least = np.full((1, 1, 1, 1), -(2**31), np.int32)
    assert float(magnitude(geometry, least, least)[0, 0, 0, 0]) == 2.0**62


def test_magnitude_of_infinity_times_zero_warns_of_nothing() -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 1]))
    B = magnitude(geometry, np.full((1, 1, 1, 1), np.inf, np.float32), np.zeros((1, 1, 1, 1), np.float32))
    assert np.isnan(B[0, 0, 0, 0])


def test_probable_limit_made_by_hand() -> None:
    assert probable_limit(np.array([9, 100, 4608])).tolist() == pytest.approx([7, 21, 1 + 2 * 67.8822509939], rel=1e-12)


def test_limits_below_five_terms_are_one() -> None:
    """k + 1 is below 2*sqrt(k) + 1 up to k = 4, where both are 5."""
    k = np.arange(5)
    assert probable_limit(k).tolist() == certain_limit(k).tolist() == [1, 2, 3, 4, 5]
    assert probable_limit(np.array([5]))[0] < certain_limit(np.array([5]))[0] == 6


@pytest.mark.parametrize("k", [0, 1, 100, 254, 255, 10**7])
def test_the_certain_limit_is_linear_whatever_the_type(k: int) -> None:
    """No gamma: it would be 65,280 for bfloat16 at k = 254, and there is none from 255 on."""
    assert certain_limit(np.array([k])).tolist() == [k + 1]


def test_limits_keep_the_shape_of_their_terms() -> None:
    k = np.arange(6).reshape(1, 2, 3, 1)
    assert probable_limit(k).shape == certain_limit(k).shape == k.shape


@examples(100)
@given(geometries(), st.integers(0, 2**32))
def test_the_largest_product_is_the_largest_of_the_definition(geometry: Geometry, seed: int) -> None:
    rng = np.random.default_rng(seed)
    f, dy = (rng.integers(0, 10, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    found = largest_product(geometry, f, dy)
    assert found.shape == geometry.input_shape
    for index, pairs in terms(geometry).items():
        assert found[index] == max((f[tap] * dy[source] for tap, source in pairs), default=0)


@pytest.mark.parametrize("beyond", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("order", [1, -1])
def test_the_largest_magnitude_is_exact_on_either_side_of_what_float32_holds(beyond: int, order: int) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 4]))
    parts = np.array([2**23, 2**23 - 5, 5 + beyond, 0][::order])
    filter = np.array([1, -1, 1, -1]).reshape(geometry.filter_shape)
    assert largest_magnitude(geometry, filter, parts.reshape(geometry.output_shape)) == 2**24 + beyond
