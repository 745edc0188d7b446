"""Extents and padding (C2, C3, C4), the span of a dilated filter (C7), and what an axis cannot be (C10, C11, C12)."""

from typing import Any

import pytest
from hypothesis import given

from harness.oracle.bounds import term_count
from harness.spec.case import Case
from harness.spec.geometry import LARGEST_EXTENT, Axis, Geometry, Padding, derive_axis
from harness.spec.schema import PADDINGS
from harness.tests.calls import CALL
from harness.tests.strategies import cases, examples, geometries, geometry_of, make_case, one_axis

UNDER = "under VALID: out_backprop would have"
SPANNING = "spanning 5 at dilation 2"


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


def test_multiply_adds_are_the_products_of_the_seven_loops() -> None:
    height, width = Axis(5, 3, 1, 1, 0, 0, 3), Axis(9, 2, 1, 1, 0, 0, 8)
    assert Geometry(2, 6, 4, 2, height, width).multiply_adds == 2 * 3 * 8 * 4 * 3 * 2 * 3


@examples(200)
@given(geometries())
def test_no_element_has_more_terms_than_the_most(geometry: Geometry) -> None:
    assert int(term_count(geometry).max(initial=0)) <= geometry.most_terms


@pytest.mark.parametrize(
    ("filter", "stride", "dilation", "taps"), [(3, 1, 1, 3), (3, 2, 1, 2), (3, 2, 2, 3), (4, 4, 6, 2), (2, 3, 1, 1)]
)
def test_taps_that_meet_leave_one_remainder_by_the_stride(filter: int, stride: int, dilation: int, taps: int) -> None:
    axis = one_axis(input=100, filter=filter, stride=stride, dilation=dilation)
    assert axis.most_taps == taps
    assert one_axis(input=filter, filter=filter).most_taps == 1
