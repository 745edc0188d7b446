"""Operands: the same everywhere, of the case's shapes and type, and only to be read."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from harness.oracle.bounds import TYPES
from harness.oracle.operands import Operands, kept_for_a_case, kernel_layout, make_operands
from harness.spec.case import Case, DataKind
from harness.spec.schema import DTYPES
from harness.tests.calls import MANY, SMALL
from harness.tests.strategies import make_case

DIGESTS: Final = {
    DataKind.WITNESS: "d52087033c7ec438",
    DataKind.NORMAL: "8b2834a6c9bd68e7",
    DataKind.POSITIVE: "33f5c34ecff7f4b1",
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


def test_what_was_made_for_a_case_is_kept_until_another_comes() -> None:
    made: list[str] = []

    @kept_for_a_case
    def of(case: Case, kind: DataKind) -> int:
        made.append(f"{case.name} {kind}")
        return len(made)

    first, second = make_case("first", **SMALL), make_case("second", **SMALL)
    assert [of(first, DataKind.NORMAL), of(first, DataKind.WIDE), of(replace(first), DataKind.NORMAL)] == [1, 2, 1]
    assert [of(second, DataKind.NORMAL), of(first, DataKind.NORMAL)] == [3, 4]
    assert made == ["first normal", "first wide", "second normal", "first normal"]
