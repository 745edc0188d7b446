"""Extents and padding (C2, C3, C4), and the way from a case's attributes to them (C7, C8, C10, C11, C12)."""

from typing import Any

import pytest
from hypothesis import given

from harness.spec.attributes import (
    AttributesError,
    call_of,
    canonical,
    canonical_dtype,
    from_nhwc,
    literal_call,
    to_nhwc,
)
from harness.spec.case import Attributes, Case, Expect
from harness.spec.geometry import LARGEST_EXTENT, Axis, Geometry, Padding, derive_axis
from harness.spec.schema import PADDINGS
from harness.tests.strategies import calls, cases, examples, geometry_of, make_case, one_axis

CALL: dict[str, Any] = {
    "input_sizes": [2, 9, 8, 6],
    "filter": [3, 2, 3, 4],
    "strides": 1,
    "dilations": 1,
    "padding": "VALID",
    "data_format": "NHWC",
    "dtype": "float32",
}
UNDER = "under VALID: out_backprop would have"
SPANNING = "spanning 5 at dilation 2"
TYPES = "half, bfloat16, float32, float64, int32"
OTHER_TYPES = "int8, int16, int64, uint8, uint16, uint32, uint64, bool, complex64, complex128"
LITERALLY = "a case that expects a rejection is taken literally"
GOES_WITH = "C12: explicit_paddings goes with padding EXPLICIT and with no other, not with"
LITERAL: dict[str, Any] = CALL | {
    "strides": [1, 1],
    "dilations": [],
    "out_backprop": [1],
    "filter": [],
    "input_sizes": [],
}


def mistakes(base_format: str = "NHWC", expect: Expect = Expect.CONFORMS, **values: Any) -> list[tuple[str, str]]:
    """What is wrong with a call that differs from a sound one in `values`."""
    with pytest.raises(AttributesError) as raised:
        call_of((CALL if expect is Expect.CONFORMS else LITERAL) | values, base_format, expect)
    return raised.value.found


@pytest.mark.parametrize(("filter", "dilation", "spans"), [(1, 1, 1), (1, 7, 1), (3, 1, 3), (3, 2, 5), (2, 5, 6)])
def test_a_dilated_filter_spans(filter: int, dilation: int, spans: int) -> None:
    assert one_axis(input=20, filter=filter, dilation=dilation).effective_filter == spans


@pytest.mark.parametrize(
    ("input", "filter", "stride", "dilation", "output"),
    [
        (5, 3, 1, 1, 3), (5, 3, 2, 1, 2), (6, 3, 2, 1, 2), (7, 3, 2, 1, 3), (5, 5, 1, 1, 1), (5, 5, 9, 1, 1),
        (2, 3, 1, 1, 0), (1, 3, 2, 1, 0), (0, 1, 1, 1, 0), (0, 3, 4, 1, 0), (9, 3, 1, 3, 3), (9, 3, 2, 3, 2),
    ],
)  # fmt: skip
def test_valid_extents(input: int, filter: int, stride: int, dilation: int, output: int) -> None:
    axis = one_axis(input=input, filter=filter, stride=stride, dilation=dilation)
    assert (axis.output, axis.pad_before, axis.pad_after) == (output, 0, 0)


@pytest.mark.parametrize(
    ("input", "filter", "stride", "dilation", "output", "before", "after"),
    [
        (5, 3, 1, 1, 5, 1, 1), (5, 2, 1, 1, 5, 0, 1), (5, 4, 1, 1, 5, 1, 2), (5, 3, 2, 1, 3, 1, 1),
        (6, 3, 2, 1, 3, 0, 1), (4, 3, 3, 1, 2, 1, 1), (7, 1, 3, 1, 3, 0, 0), (7, 2, 5, 1, 2, 0, 0),
        (1, 4, 1, 1, 1, 1, 2), (1, 1, 9, 1, 1, 0, 0), (5, 3, 1, 2, 5, 2, 2), (5, 2, 1, 3, 5, 1, 2),
        (0, 3, 1, 1, 0, 0, 0), (0, 5, 2, 1, 0, 0, 0),
    ],
)  # fmt: skip
def test_same_extents_and_padding(
    input: int, filter: int, stride: int, dilation: int, output: int, before: int, after: int
) -> None:
    axis = one_axis("SAME", input=input, filter=filter, stride=stride, dilation=dilation)
    assert (axis.output, axis.pad_before, axis.pad_after) == (output, before, after)


@pytest.mark.parametrize(
    ("input", "filter", "stride", "dilation", "pads", "output"),
    [
        (5, 3, 1, 1, (0, 0), 3), (5, 3, 1, 1, (2, 1), 6), (5, 3, 2, 1, (0, 1), 2), (5, 3, 2, 1, (1, 1), 3),
        (1, 2, 1, 1, (4, 0), 4), (0, 3, 1, 1, (2, 2), 2), (2, 3, 1, 2, (1, 1), 0), (1, 3, 2, 1, (0, 0), 0),
        (3, 1, 4, 1, (9, 9), 6),
    ],
)  # fmt: skip
def test_explicit_extents(
    input: int, filter: int, stride: int, dilation: int, pads: tuple[int, int], output: int
) -> None:
    axis = one_axis("EXPLICIT", input=input, filter=filter, stride=stride, dilation=dilation, pads=pads)
    assert (axis.output, axis.pad_before, axis.pad_after) == (output, *pads)


@examples(200)
@given(cases())
def test_extents_are_those_of_sliding_a_window(case: Case) -> None:
    """As many positions as a window of the filter's span fits the padded input; under SAME one for each stride."""
    for axis in (geometry_of(case).height, geometry_of(case).width):
        padded = axis.pad_before + axis.input + axis.pad_after
        fits = sum(1 for start in range(0, padded, axis.stride) if start + axis.effective_filter <= padded)
        if axis.output:
            assert axis.output == fits or case.attributes.padding == "SAME"
            assert axis.output == len(range(0, axis.input, axis.stride)) or case.attributes.padding != "SAME"
            assert (axis.output - 1) * axis.stride + axis.effective_filter <= padded
            assert axis.pad_after - axis.pad_before in (0, 1) or case.attributes.padding != "SAME"
        else:
            assert fits == 0 or axis.input == 0


def test_symmetric_explicit_padding_is_same_padding() -> None:
    same = one_axis("SAME", input=7, filter=5)
    assert one_axis("EXPLICIT", input=7, filter=5, pads=(2, 2)) == same


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input": -1}, "C10: the width of input_sizes is -1, not in 0..2147483647"),
        ({"input": 2**31}, "C10: the width of input_sizes is 2147483648, not in 0..2147483647"),
        ({"filter": 0}, "C1: the width of filter is 0; it must be at least 1"),
        ({"stride": 0}, "C11: stride 0 and dilation 1 along the width must be positive"),
        ({"dilation": -2}, "C11: stride 1 and dilation -2 along the width must be positive"),
        ({"pads": (0, -1)}, "C12: explicit padding 0, -1 along the width must not be negative"),
        ({"pads": (-1, 0)}, "C12: explicit padding -1, 0 along the width must not be negative"),
        (
            {"input": 2, "filter": 4},
            f"C3: a filter of width 4 does not fit an input of width 2 {UNDER} -1 positions",
        ),
        (
            {"input": 2, "filter": 3, "dilation": 2},
            f"C3: a filter of width 3 ({SPANNING}) does not fit an input of width 2 {UNDER} -2 positions",
        ),
    ],
)
def test_an_axis_that_cannot_be(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^C\d+: ") as raised:
        one_axis(**values)
    assert str(raised.value) == message


def test_explicit_padding_that_does_not_suffice() -> None:
    with pytest.raises(ValueError, match="would have -1 positions"):
        one_axis("EXPLICIT", input=1, filter=5, pads=(1, 1))


def test_the_largest_extent_is_allowed() -> None:
    assert one_axis(input=LARGEST_EXTENT).output == LARGEST_EXTENT
    assert one_axis("SAME", input=LARGEST_EXTENT, stride=2).output == 2**30


@pytest.mark.parametrize("padding", PADDINGS)
def test_no_padding_is_invented(padding: Padding) -> None:
    axis = derive_axis("height", input=6, filter=1, stride=1, dilation=1, padding=padding, pads=(0, 0))
    assert (axis.pad_before, axis.pad_after, axis.output) == (0, 0, 6)


def test_shapes_of_a_geometry() -> None:
    geometry = geometry_of(make_case(**CALL | {"padding": [[1, 2], [3, 4]], "strides": [2, 3], "dilations": [2, 1]}))
    assert geometry == Geometry(
        N=2, C=6, K=4, groups=2,
        height=one_axis("EXPLICIT", input=9, filter=3, stride=2, dilation=2, pads=(1, 2)),
        width=one_axis("EXPLICIT", input=8, filter=2, stride=3, pads=(3, 4)),
    )  # fmt: skip
    assert geometry.input_shape == (2, 9, 8, 6)
    assert geometry.filter_shape == (3, 2, 3, 4)
    assert geometry.output_shape == (2, 4, 5, 4)


# From attributes to a geometry.


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
        ({"padding": "EXPLICIT"}, "padding", f"{GOES_WITH} EXPLICIT"),
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


def test_one_row_more_than_fits_is_a_legal_zero() -> None:
    attributes, _ = call_of(CALL | {"filter": [10, 2, 3, 4]}, "NHWC", Expect.CONFORMS)
    assert attributes.out_backprop == (2, 0, 7, 4)


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
    found = mistakes(dtype="x", strides=[1], dilations=[2, 1, 1, 1], padding="x", filter=[1], data_format="x")
    assert [key for key, _ in found] == ["dtype", "data_format", "strides", "dilations", "padding", "filter"]
    found = mistakes(input_sizes=[-1, 1, 1, 7], filter=[9, 9, 3, 4], out_backprop=[1])
    assert [key for key, _ in found] == ["filter", "filter", "filter", "input_sizes"]
    assert len({message for _, message in found}) == 4


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


# Calls that must be rejected.


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


def test_multiply_adds_are_the_products_of_the_seven_loops() -> None:
    height, width = Axis(5, 3, 1, 1, 0, 0, 3), Axis(9, 2, 1, 1, 0, 0, 8)
    assert Geometry(2, 6, 4, 2, height, width).multiply_adds == 2 * 3 * 8 * 4 * 3 * 2 * 3
