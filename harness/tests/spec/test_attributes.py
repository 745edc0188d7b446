"""A case's values spelled out as TensorFlow gets them, in either layout (C7, C8, C10, C11, C12)."""

from typing import Any

import pytest
from hypothesis import given

from harness.spec.attributes import (
    call_of,
    canonical,
    canonical_dtype,
    from_nhwc,
    to_nhwc,
)
from harness.spec.case import Attributes, Expect
from harness.tests.calls import CALL, LITERAL
from harness.tests.strategies import calls, examples


@pytest.mark.parametrize(("data_format", "there"), [("NHWC", ("n", "h", "w", "c")), ("NCHW", ("n", "c", "h", "w"))])
def test_layouts_lead_there_and_back(data_format: str, there: tuple[str, ...]) -> None:
    assert from_nhwc(("n", "h", "w", "c"), data_format) == there
    assert to_nhwc(there, data_format) == ("n", "h", "w", "c")


def test_a_call_is_spelled_as_tensorflow_gets_it() -> None:
    attributes, geometry = call_of(CALL | {"strides": [2, 1], "dilations": 2}, "NHWC", Expect.CONFORMS)
    assert attributes == Attributes(
        input_sizes=(2, 9, 8, 6), filter=(3, 2, 3, 4), out_backprop=(2, 3, 6, 4), strides=(1, 2, 1, 1),
        padding="VALID", explicit_paddings=(), data_format="NHWC", dilations=(1, 2, 2, 1), dtype="float32",
    )  # fmt: skip
    assert geometry is not None
    assert geometry.groups == 2


def test_sizes_in_nhwc_order_are_permuted_for_nchw() -> None:
    values = CALL | {"strides": [1, 2, 1, 1], "dilations": [1, 1, 2, 1], "padding": [[1, 2], [3, 4]]}
    plain, geometry = call_of(values, "NHWC", Expect.CONFORMS)
    permuted, same = call_of(values | {"data_format": "NCHW"}, "NHWC", Expect.CONFORMS)
    assert geometry == same
    assert permuted == Attributes(
        input_sizes=(2, 6, 9, 8), filter=(3, 2, 3, 4), out_backprop=(2, 4, 5, 13), strides=(1, 1, 2, 1),
        padding="EXPLICIT", explicit_paddings=(0, 0, 0, 0, 1, 2, 3, 4), data_format="NCHW", dilations=(1, 1, 1, 2),
        dtype="float32",
    )  # fmt: skip
    assert plain.out_backprop == (2, 5, 13, 4)
    assert plain.explicit_paddings == (0, 0, 1, 2, 3, 4, 0, 0)


def test_sizes_in_nchw_order_are_permuted_for_nhwc() -> None:
    values = CALL | {
        "input_sizes": [2, 6, 9, 8],
        "strides": [1, 1, 2, 1],
        "dilations": [1, 1, 1, 2],
        "padding": "EXPLICIT",
        "explicit_paddings": [0, 0, 0, 0, 1, 2, 3, 4],
        "out_backprop": [2, 4, 5, 13],
    }
    attributes, _ = call_of(values, "NCHW", Expect.CONFORMS)
    assert attributes == Attributes(
        input_sizes=(2, 9, 8, 6), filter=(3, 2, 3, 4), out_backprop=(2, 5, 13, 4), strides=(1, 2, 1, 1),
        padding="EXPLICIT", explicit_paddings=(0, 0, 1, 2, 3, 4, 0, 0), data_format="NHWC", dilations=(1, 1, 2, 1),
        dtype="float32",
    )  # fmt: skip


def test_the_two_spellings_of_explicit_padding_are_one_call() -> None:
    pasted = call_of(
        CALL | {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0]}, "NHWC", Expect.CONFORMS
    )
    assert pasted == call_of(CALL | {"padding": [[1, 2], [0, 1]]}, "NHWC", Expect.CONFORMS)


def test_explicit_zeros_stay_explicit() -> None:
    attributes, _ = call_of(CALL | {"padding": [[0, 0], [0, 0]]}, "NHWC", Expect.CONFORMS)
    assert (attributes.padding, attributes.explicit_paddings) == ("EXPLICIT", (0,) * 8)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_input_sizes_of_two_elements(data_format: str) -> None:
    """C10: the batch comes from out_backprop, the channels from the filter."""
    out_backprop = [5, 7, 7, 4] if data_format == "NHWC" else [5, 4, 7, 7]
    values = CALL | {"input_sizes": [9, 8], "out_backprop": out_backprop, "data_format": data_format}
    attributes, geometry = call_of(values, data_format, Expect.CONFORMS)
    assert attributes.input_sizes == (9, 8)
    assert attributes.out_backprop == tuple(out_backprop)
    assert geometry is not None
    assert geometry.input_shape == (5, 9, 8, 3)
    assert geometry.groups == 1


@examples(100)
@given(calls())
def test_what_was_derived_derives_again(values: dict[str, Any]) -> None:
    """The spelled-out call is itself a case, with the same geometry and the same spelling."""
    attributes, geometry = call_of(CALL | values, "NHWC", Expect.CONFORMS)
    again = {name: getattr(attributes, name) for name in Attributes.__dataclass_fields__}
    spelled = {key: list(value) if isinstance(value, tuple) else value for key, value in again.items()}
    assert call_of(spelled, "NHWC", Expect.CONFORMS) == (attributes, geometry)


def test_one_row_more_than_fits_is_a_legal_zero() -> None:
    attributes, _ = call_of(CALL | {"filter": [10, 2, 3, 4]}, "NHWC", Expect.CONFORMS)
    assert attributes.out_backprop == (2, 0, 7, 4)


def test_float16_is_half() -> None:
    assert canonical_dtype("float16") == canonical_dtype("half") == "half"
    assert call_of(CALL | {"dtype": "float16"}, "NHWC", Expect.CONFORMS)[0].dtype == "half"


@pytest.mark.parametrize(
    ("key", "one", "other", "data_format"),
    [
        ("strides", 2, [2, 2], "NHWC"), ("strides", [2, 3], [1, 2, 3, 1], "NHWC"),
        ("strides", [2, 3], [1, 1, 2, 3], "NCHW"), ("dilations", 1, [1, 1, 1, 1], "NCHW"),
        ("explicit_paddings", [0, 0, 1, 2, 3, 4, 0, 0], [0, 0, 1, 2, 3, 4, 0, 0], "NHWC"),
        ("padding", "SAME", "SAME", "NHWC"), ("dtype", "float16", "half", "NHWC"), ("filter", [1, 2], [1, 2], "NCHW"),
    ],
)  # fmt: skip
def test_equal_meanings_are_equal(key: str, one: object, other: object, data_format: str) -> None:
    assert canonical(key, one, data_format) == canonical(key, other, data_format)


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("strides", [2, 1], [1, 2]), ("strides", 2, 3), ("padding", [[1, 2], [0, 0]], [[2, 1], [0, 0]]),
        ("padding", "SAME", "VALID"), ("filter", [1, 2], [2, 1]), ("dtype", "half", "bfloat16"),
    ],
)  # fmt: skip
def test_different_meanings_differ(key: str, one: object, other: object) -> None:
    assert canonical(key, one, "NHWC") != canonical(key, other, "NHWC")


def test_canonical_values_are_pairs_of_n_h_w_c() -> None:
    assert canonical("explicit_paddings", [0, 0, 0, 0, 1, 2, 3, 4], "NCHW") == ((0, 0), (1, 2), (3, 4), (0, 0))
    assert canonical("padding", [[1, 2], [3, 4]], "NCHW") == ((0, 0), (1, 2), (3, 4), (0, 0))
    assert canonical("expect", "conforms", "NHWC") == "conforms"
    assert canonical("padding", "SAME", "NHWC") == "SAME"
    assert canonical("filter", [3, 2], "NHWC") == (3, 2)


def test_a_call_to_be_rejected_is_taken_literally() -> None:
    values = LITERAL | {
        "input_sizes": [1, -4, 2**40],
        "filter": [],
        "out_backprop": [0, 7],
        "strides": [1, 0, 0, 1, 9],
        "dilations": [],
        "padding": "FULL",
        "explicit_paddings": [1, 2, 3],
        "data_format": "CWHN",
        "dtype": "uint8",
    }
    assert call_of(values, "NHWC", Expect.REJECTS) == (
        Attributes(
            input_sizes=(1, -4, 2**40), filter=(), out_backprop=(0, 7), strides=(1, 0, 0, 1, 9), padding="FULL",
            explicit_paddings=(1, 2, 3), data_format="CWHN", dilations=(), dtype="uint8",
        ),
        None,
    )  # fmt: skip
