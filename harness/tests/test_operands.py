"""Operands: the same everywhere, within their certificates, and of the kind they are called."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given

from harness.oracle.bounds import TYPES, term_count
from harness.oracle.operands import MOST_DRAWS, Operands, kernel_layout, make_operands
from harness.spec.case import Case, DataKind
from harness.spec.schema import DTYPES
from harness.tests.strategies import by_definition, cases, examples, geometry_of, make_case

FLOATS: Final = tuple(name for name in DTYPES if name != "int32")
SMALL: Final[dict[str, Any]] = {
    "input_sizes": [2, 5, 4, 4],
    "filter": [3, 2, 2, 6],
    "strides": [2, 1],
    "padding": [[1, 0], [2, 1]],
}
# 4608 terms in the middle: more than the 256 that bfloat16 sums exactly.
MANY: Final[dict[str, Any]] = {"input_sizes": [1, 3, 3, 2], "filter": [3, 3, 2, 512], "padding": "SAME"}
DIGESTS: Final = {
    DataKind.WITNESS: "d52087033c7ec438",
    DataKind.NORMAL: "6b19794b1d448170",
    DataKind.POSITIVE: "656fafeb8843f6d4",
    DataKind.WIDE: "12613aa4ae84db6d",
    DataKind.SPECIAL: "0025902b77c99809",
    DataKind.WRAP: "e7ab792a75bd2644",
}


def digest(draws: Iterable[Operands]) -> str:
    """A hash of the bytes of all arrays."""
    whole = hashlib.sha256()
    for operands in draws:
        whole.update(operands.filter.tobytes() + operands.out_backprop.tobytes())
    return whole.hexdigest()[:16]


def largest_magnitude(case: Case, operands: Operands) -> int:
    """The largest sum of |filter|*|out_backprop|, by the definition and in exact integers."""
    f, dy = (abs(array.astype(np.int64)) for array in (operands.filter, kernel_layout(case, operands.out_backprop)))
    return max(by_definition(geometry_of(case), f, dy).flat, default=0)


def exponents(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.frexp(array.astype(np.float64))[1]
    return found


@pytest.mark.parametrize("kind", DIGESTS)
def test_operands_are_the_same_on_every_machine_and_in_every_process(kind: DataKind) -> None:
    case = make_case("pinned", **SMALL, dtype="int32" if kind is DataKind.WRAP else "float32")
    assert digest(make_operands(case, kind)) == DIGESTS[kind]


def test_shared_draws_are_the_same_on_every_machine_and_in_every_process() -> None:
    assert digest(make_operands(make_case("pinned", **MANY, dtype="bfloat16"), DataKind.WITNESS)) == "2cab2433020646dd"


def test_literal_operands_are_the_same_on_every_machine_and_in_every_process() -> None:
    case = make_case(
        "pinned",
        input_sizes=[1, 4, 4, 1],
        filter=[2, 2, 1, 1],
        out_backprop=[1, 9, 9, 1],
        strides=[1, 0, 0, 1],
        dilations=[1, 1, 1, 1],
        expect="rejects",
    )
    assert digest(make_operands(case, DataKind.NORMAL)) == "76f7db47376a8c9d"


@pytest.mark.parametrize("kind", [kind for kind in DataKind if kind is not DataKind.WRAP])
def test_operands_are_made_again_alike(kind: DataKind) -> None:
    case = make_case(**SMALL)
    elsewhere = replace(case, path="elsewhere.yaml")
    assert make_operands(case, kind)[0].filter is not make_operands(elsewhere, kind)[0].filter
    assert digest(make_operands(case, kind)) == digest(make_operands(elsewhere, kind))


def test_another_name_another_kind_and_another_draw_have_other_operands() -> None:
    one, other = make_case("one", **SMALL), make_case("other", **SMALL)
    seeds = {one.seed(DataKind.NORMAL), other.seed(DataKind.NORMAL), one.seed(DataKind.WIDE)}
    seeds |= {one.seed(DataKind.NORMAL, draw) for draw in (1, 2)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert digest(make_operands(one, DataKind.NORMAL)) != digest(make_operands(other, DataKind.NORMAL))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", DataKind)
def test_arrays_are_read_only_contiguous_and_of_the_case(kind: DataKind, dtype: str, data_format: str) -> None:
    if (kind is DataKind.WRAP) != (dtype == "int32"):
        kind = DataKind.WITNESS
    case = make_case(
        input_sizes=[2, 4, 3, 2] if data_format == "NHWC" else [2, 2, 4, 3],
        filter=[3, 2, 2, 5],
        dtype=dtype,
        data_format=data_format,
    )
    for operands in make_operands(case, kind):
        for name in ("filter", "out_backprop"):
            array = getattr(operands, name)
            assert array.shape == getattr(case.attributes, name)
            assert array.dtype == TYPES[dtype].dtype
            assert array.flags.c_contiguous
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    assert case.attributes.out_backprop == ((2, 2, 2, 5) if data_format == "NHWC" else (2, 5, 2, 2))


def test_kernel_layout_is_nhwc_whatever_the_case_says() -> None:
    array = np.arange(24).reshape(1, 2, 3, 4)
    nhwc = make_case(input_sizes=[1, 4, 4, 2], filter=[2, 2, 2, 1])
    nchw = make_case(input_sizes=[1, 2, 4, 4], filter=[2, 2, 2, 1], data_format="NCHW")
    assert np.array_equal(kernel_layout(nhwc, array), array)
    assert np.array_equal(kernel_layout(nchw, array), np.moveaxis(array, 1, 3))


@examples(150)
@given(cases())
def test_the_certificate_is_the_largest_magnitude_over_its_limit(case: Case) -> None:
    for operands in make_operands(case, DataKind.WITNESS):
        assert operands.certificate is not None
        assert operands.certificate <= 1
        assert operands.certificate == largest_magnitude(case, operands) / TYPES[case.attributes.dtype].witness_limit


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_the_certificate_holds_in_either_layout(data_format: str, dtype: str) -> None:
    """With channels, height and width of their own extents, so that a wrong layout could not go unnoticed."""
    case = make_case(
        input_sizes=[2, 6, 3, 4] if data_format == "NHWC" else [2, 4, 6, 3],
        filter=[3, 2, 4, 40],
        strides=[2, 1],
        data_format=data_format,
        dtype=dtype,
    )
    for operands in make_operands(case, DataKind.WITNESS):
        assert operands.certificate == largest_magnitude(case, operands) / TYPES[dtype].witness_limit
        assert 0 < operands.certificate <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_witness_operands_are_integers_without_zeros_where_one_draw_does(dtype: str) -> None:
    case = make_case(input_sizes=[1, 5, 5, 2], filter=[3, 3, 2, 3], dtype=dtype)
    (operands,) = make_operands(case, DataKind.WITNESS)
    values = np.concatenate([operands.filter.ravel(), operands.out_backprop.ravel()]).astype(np.float64)
    assert np.array_equal(values, np.rint(values))
    assert np.all(values != 0)
    assert (values > 0).any()
    assert (values < 0).any()
    assert operands.exercised == 1.0


def test_witness_factors_are_as_large_as_the_limit_lets_them_be() -> None:
    """27 terms: isqrt(2048/27) = 8 in half, isqrt(256/27) = 3 in bfloat16, 788 in float32; 1024 where all is room."""
    found = {}
    for dtype in DTYPES:
        case = make_case(input_sizes=[1, 20, 20, 3], filter=[3, 3, 3, 3], dtype=dtype)
        (operands,) = make_operands(case, DataKind.WITNESS)
        found[dtype] = [int(abs(getattr(operands, name).astype(np.int64)).max()) for name in ("filter", "out_backprop")]
    assert found["half"] == [8, 8]
    assert found["bfloat16"] == [3, 3]
    assert 700 < min(found["float32"]) <= max(found["float32"]) <= 788
    assert 950 < min(found["float64"]) <= max(found["float64"]) <= 1024
    assert 950 < min(found["int32"]) <= max(found["int32"]) <= 1024


def test_one_draw_does_up_to_the_last_term_that_fits() -> None:
    """256 terms of one factor each fit bfloat16; 257 need two draws."""
    fits = make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 256], dtype="bfloat16")
    (operands,) = make_operands(fits, DataKind.WITNESS)
    assert operands.certificate == 1.0
    assert operands.exercised == 1.0
    beyond = make_case(input_sizes=[1, 1, 1, 1], filter=[1, 1, 1, 257], dtype="bfloat16")
    draws = make_operands(beyond, DataKind.WITNESS)
    assert [round(operands.exercised or 0, 4) for operands in draws] == [round(129 / 257, 4), round(128 / 257, 4)]


def test_several_draws_share_the_elements_of_out_backprop() -> None:
    """Each element is non-zero in one draw at most, and with 257 terms in exactly one."""
    case = make_case(input_sizes=[1, 2, 2, 1], filter=[1, 1, 1, 300], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    counts = sum((operands.out_backprop != 0).astype(int) for operands in draws)
    assert len(draws) > 1
    assert np.all(counts == 1)
    assert sum(operands.exercised or 0 for operands in draws) == pytest.approx(1)
    assert all(np.all(abs(operands.filter.astype(int)) == 1) for operands in draws)


def test_a_bfloat16_case_of_4608_terms_is_shared_by_as_many_draws_as_are_allowed() -> None:
    case = make_case(**MANY, dtype="bfloat16")
    geometry = geometry_of(case)
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) == MOST_DRAWS
    counts = sum((operands.out_backprop != 0).astype(int) for operands in draws)
    assert counts.max() == 1
    k = int(term_count(geometry).sum())
    for operands in draws:
        assert operands.certificate is not None
        assert 0.5 < operands.certificate <= 1
        ones = (operands.out_backprop != 0).astype(np.int64)
        exact = int(by_definition(geometry, np.ones(geometry.filter_shape, np.int64), ones).sum()) / k
        assert operands.exercised == pytest.approx(exact)
        assert 0.03 < exact < 0.06, "about 4 % each"
    assert 0.25 < sum(operands.exercised or 0 for operands in draws) < 0.5


@pytest.mark.parametrize(
    "values",
    [
        {"input_sizes": [0, 3, 3, 1], "filter": [2, 2, 1, 1]},
        {"input_sizes": [1, 2, 2, 1], "filter": [3, 3, 1, 1]},
        {"input_sizes": [1, 3, 3, 1], "filter": [2, 2, 1, 0]},
    ],
)
@pytest.mark.parametrize("kind", DataKind)
def test_empty_operands_can_be_made(kind: DataKind, values: dict[str, Any]) -> None:
    case = make_case(**values, dtype="int32" if kind is DataKind.WRAP else "half")
    for operands in make_operands(case, kind):
        assert operands.filter.shape == case.attributes.filter
        assert operands.out_backprop.shape == case.attributes.out_backprop
        if kind is DataKind.WITNESS:
            assert (operands.certificate, operands.exercised) == (0.0, 1.0)
        if kind is DataKind.WRAP:
            assert (operands.certificate, operands.exercised) == (None, 1.0)


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


@pytest.mark.parametrize(
    ("filter", "out_backprop", "dtype", "kind"),
    [
        ([], [2, 2], "half", np.float16),
        ([3, 1], [], "int64", np.int64),
        ([0], [1], "bool", np.bool_),
        ([2], [3], "complex64", np.complex64),
    ],
)
def test_a_call_to_be_rejected_gets_arrays_of_the_shapes_it_names(
    filter: list[int], out_backprop: list[int], dtype: str, kind: type[Any]
) -> None:
    case = make_case(
        input_sizes=[1, 2],
        filter=filter,
        out_backprop=out_backprop,
        dtype=dtype,
        strides=[1],
        dilations=[1],
        expect="rejects",
    )
    for data in DataKind:
        (operands,) = make_operands(case, data)
        assert operands.filter.shape == tuple(filter)
        assert operands.out_backprop.shape == tuple(out_backprop)
        assert operands.filter.dtype == operands.out_backprop.dtype == kind
        assert np.all(operands.filter != 0)
        assert not operands.out_backprop.flags.writeable
        assert digest([operands]) == digest(make_operands(case, DataKind.NORMAL))


def test_draws_grow_in_number_until_each_is_within_the_limit() -> None:
    """500 terms fit two draws of bfloat16 on the whole; dealt out over ten images they exceed 256 in some."""
    case = make_case("grow", input_sizes=[10, 1, 1, 1], filter=[1, 1, 1, 500], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) > 2
    for operands in draws:
        assert operands.certificate == largest_magnitude(case, operands) / 256
        assert operands.certificate <= 1
    assert sum(operands.exercised or 0 for operands in draws) == pytest.approx(1)


def test_elements_are_dealt_out_evenly() -> None:
    case = make_case(input_sizes=[1, 4, 4, 1], filter=[1, 1, 1, 500], dtype="bfloat16")
    draws = make_operands(case, DataKind.WITNESS)
    counts = [int((operands.out_backprop != 0).sum()) for operands in draws]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == math.prod(case.attributes.out_backprop)


def test_the_certificate_holds_for_every_draw_of_a_run_that_has_to_share() -> None:
    """Dealt out at random, some elements get more terms than their share: then the work is cut into more draws."""
    case = make_case(input_sizes=[1, 6, 6, 3], filter=[3, 3, 3, 512], dtype="bfloat16", padding="SAME")
    draws = make_operands(case, DataKind.WITNESS)
    assert len(draws) == MOST_DRAWS
    assert all(draw.certificate is not None and draw.certificate <= 1 for draw in draws)
