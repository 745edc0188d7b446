"""What is wrong with a call, and of which attribute it is said."""

from typing import Any

import pytest

from harness.spec.attributes import (
    AttributesError,
    call_of,
    literal_call,
)
from harness.spec.case import Expect
from harness.tests.calls import CALL, LITERAL

TYPES = "half, bfloat16, float32, float64, int32"
OTHER_TYPES = "int8, int16, int64, uint8, uint16, uint32, uint64, bool, complex64, complex128"
LITERALLY = "a case that expects a rejection is taken literally"
GOES_WITH = "C12: explicit_paddings goes with padding EXPLICIT and with no other, not with"


def mistakes(base_format: str = "NHWC", expect: Expect = Expect.CONFORMS, **values: Any) -> list[tuple[str, str]]:
    """What is wrong with a call that differs from a sound one in `values`."""
    with pytest.raises(AttributesError) as raised:
        call_of((CALL if expect is Expect.CONFORMS else LITERAL) | values, base_format, expect)
    return raised.value.found


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"dtype": "flaot32"}, "dtype", f"dtype: 'flaot32' is not one of {TYPES}; did you mean 'float32'?"),
        ({"dtype": "int8"}, "dtype", f"dtype: 'int8' is not one of {TYPES}; did you mean 'int32'?"),
        ({"strides": [1, 1, 1]}, "strides", "C11: strides takes an integer, two or four of them, not 3"),
        ({"strides": []}, "strides", "C11: strides takes an integer, two or four of them, not 0"),
        ({"strides": [2, 1, 1, 1]}, "strides", "C11: strides [2, 1, 1, 1] must be 1 in batch and depth"),
        ({"dilations": [1, 1, 1, 2]}, "dilations", "C11: dilations [1, 1, 1, 2] must be 1 in batch and depth"),
        ({"padding": None}, "padding",
         "padding is missing: one of SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]"),
        ({"padding": "SMAE"}, "padding", "padding: 'SMAE' is not one of SAME, VALID, EXPLICIT; did you mean 'SAME'?"),
        ({"padding": "same"}, "padding", "padding: 'same' is not one of SAME, VALID, EXPLICIT; did you mean 'SAME'?"),
        ({"padding": "EXPLICIT"}, "padding", "C12: padding EXPLICIT needs explicit_paddings, which is missing"),
        ({"padding": "EXPLICIT", "explicit_paddings": []}, "padding", "C12: explicit_paddings has 8 values, not 0"),
        ({"explicit_paddings": [0] * 8}, "padding", f"{GOES_WITH} VALID"),
        ({"padding": "EXPLICIT", "explicit_paddings": [1] * 4}, "padding",
         "C12: explicit_paddings has 8 values, not 4"),
        ({"padding": "EXPLICIT", "explicit_paddings": [0, 1, 0, 0, 0, 0, 0, 0]}, "padding",
         "C12: explicit_paddings [0, 1, 0, 0, 0, 0, 0, 0] must be 0 in batch and depth"),
        ({"padding": "EXPLICIT", "explicit_paddings": [0, 0, 0, 0, 0, 0, 2, 0]}, "padding",
         "C12: explicit_paddings [0, 0, 0, 0, 0, 0, 2, 0] must be 0 in batch and depth"),
        ({"padding": [[1, 1], [0, 0]], "explicit_paddings": [0] * 8}, "padding",
         "the padding is given twice: by padding and by explicit_paddings"),
        ({"filter": None}, "filter", "filter is missing"),
        ({"filter": []}, "filter", "filter takes 4 extents, not 0"),
        ({"filter": [3, 3]}, "filter", "filter takes 4 extents, not 2"),
        ({"filter": [0, 1, 3, 4]}, "filter", "C1: the height of filter is 0; it must be at least 1"),
        ({"input_sizes": None}, "input_sizes", "input_sizes is missing"),
        ({"input_sizes": [1, 2, 3]}, "input_sizes", "C10: input_sizes has 4 elements, or 2, not 3"),
        ({"input_sizes": [9, 8]}, "input_sizes",
         "C10: with input_sizes of 2 elements the batch comes from out_backprop, which is missing"),
        ({"input_sizes": [9, 8], "out_backprop": [1, 7]}, "input_sizes", "out_backprop takes 4 extents, not 2"),
        ({"input_sizes": [-1, 9, 8, 6]}, "input_sizes", "C10: a batch of -1"),
        ({"input_sizes": [1, 9, 8, 7]}, "filter",
         "C8: 7 input channels are no multiple of the filter's third extent 3"),
        ({"filter": [3, 2, 0, 4]}, "filter", "C8: 6 input channels are no multiple of the filter's third extent 0"),
        ({"filter": [3, 2, 3, 5]}, "filter", "C8: 2 groups do not divide 5 output channels"),
        ({"filter": [3, 2, -3, 4]}, "filter", "channels must not be negative"),
        ({"filter": [3, 2, 3, -4]}, "filter", "channels must not be negative"),
        ({"input_sizes": [2, 9, 8, -6]}, "filter", "channels must not be negative"),
        ({"out_backprop": [2, 7, 7, 5]}, "out_backprop", "C3: out_backprop [2, 7, 7, 5] must be [2, 7, 7, 4]"),
        ({"out_backprop": []}, "out_backprop", "C3: out_backprop [] must be [2, 7, 7, 4]"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_call_is_said_of_its_key(values: dict[str, Any], key: str, message: str) -> None:
    assert mistakes(**values) == [(key, message)]


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"strides": [0, 1]}, "strides", "C11: stride 0 and dilation 1 along the height must be positive"),
        ({"dilations": [1, 0]}, "dilations", "C11: stride 1 and dilation 0 along the width must be positive"),
        ({"padding": [[0, -1], [0, 0]]}, "padding",
         "C12: explicit padding 0, -1 along the height must not be negative"),
        ({"padding": "EXPLICIT", "explicit_paddings": [0, 0, 0, 0, -1, 0, 0, 0]}, "explicit_paddings",
         "C12: explicit padding -1, 0 along the width must not be negative"),
        ({"input_sizes": [2, 9, -8, 6]}, "input_sizes",
         "C10: the width of input_sizes is -8, not in 0..2147483647"),
    ],
)  # fmt: skip
def test_a_mistake_of_an_axis_is_said_of_its_key(values: dict[str, Any], key: str, message: str) -> None:
    assert mistakes(**values) == [(key, message)]


def test_a_mistake_in_the_layout_is_said_in_one_way() -> None:
    assert set(mistakes("NHCW", data_format="NHCW")) == {
        ("data_format", "data_format: 'NHCW' is not one of NHWC, NCHW; did you mean 'NHWC'?")
    }


def test_groups_of_no_input_channels_are_a_mistake() -> None:
    (mistake,) = mistakes(input_sizes=[1, 4, 4, 0], filter=[2, 2, 2, 3])
    assert mistake[0] == "filter"
    assert mistake[1].startswith("C8: ")


def test_the_expected_out_backprop_is_said_in_the_order_of_the_file() -> None:
    assert mistakes("NCHW", input_sizes=[2, 6, 9, 8], out_backprop=[2, 7, 7, 4], data_format="NCHW") == [
        ("out_backprop", "C3: out_backprop [2, 7, 7, 4] must be [2, 4, 7, 7]")
    ]


def test_all_mistakes_of_a_call_are_said() -> None:
    found = mistakes(dtype="x", strides=[1], dilations=[2, 1, 1], padding="x", filter=[1], data_format="x")
    assert [key for key, _ in found] == ["dtype", "data_format", "strides", "dilations", "padding", "filter"]
    found = mistakes(input_sizes=[-1, 1, 1, 7], filter=[9, 9, 3, 4], out_backprop=[1])
    assert [key for key, _ in found] == ["filter", "filter", "filter", "input_sizes"]
    assert len({message for _, message in found}) == 4


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"strides": 2}, "strides", f"{LITERALLY}: write strides as TensorFlow is to get it"),
        ({"dilations": 1}, "dilations", f"{LITERALLY}: write dilations as TensorFlow is to get it"),
        ({"padding": [[0, 0], [0, 0]]}, "padding",
         f"{LITERALLY}: write padding as TensorFlow is to get it"),
        ({"input_sizes": None}, "input_sizes", f"{LITERALLY}: it needs input_sizes"),
        ({"filter": None}, "filter", f"{LITERALLY}: it needs filter"),
        ({"out_backprop": None}, "out_backprop", f"{LITERALLY}: it needs out_backprop"),
        ({"filter": [2, -2]}, "filter", "filter [2, -2]: no array has a negative extent"),
        ({"out_backprop": [-1]}, "out_backprop", "out_backprop [-1]: no array has a negative extent"),
        ({"dtype": "flaot32"}, "dtype",
         f"dtype: 'flaot32' is not one of {TYPES}, {OTHER_TYPES}; did you mean 'float32'?"),
    ],
)  # fmt: skip
def test_a_call_to_be_rejected_must_be_whole(values: dict[str, Any], key: str, message: str) -> None:
    assert mistakes(expect=Expect.REJECTS, **values) == [(key, message)]


def test_a_call_to_be_rejected_needs_a_padding() -> None:
    values = {key: value for key, value in LITERAL.items() if key != "padding"}
    with pytest.raises(AttributesError) as raised:
        literal_call(values)
    assert [key for key, _ in raised.value.found] == ["padding"]


def test_all_mistakes_of_a_call_to_be_rejected_are_said() -> None:
    found = mistakes(
        expect=Expect.REJECTS, strides=1, padding=[[0, 0], [0, 0]], filter=None, dtype="x", out_backprop=[-1]
    )
    assert sorted(key for key, _ in found) == ["dtype", "filter", "out_backprop", "padding", "strides"]
