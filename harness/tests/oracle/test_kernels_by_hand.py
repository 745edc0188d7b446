"""The reference kernels against sums made by hand."""

from typing import Any, Final

import numpy as np
import pytest

from harness.oracle.kernels import KERNELS, forward
from harness.spec.geometry import Geometry
from harness.tests.strategies import geometry_of, make_case

NAMES: Final = tuple(KERNELS)
# Along one axis: extent, stride, dilation, padding; then filter, out_backprop and in_backprop, summed by hand.
BY_HAND: Final[dict[str, tuple[dict[str, Any], list[int], list[int], list[int]]]] = {
    "one tap": ({"extent": 3}, [7], [1, 2, 3], [7, 14, 21]),
    "two taps": ({"extent": 4}, [1, 10], [1, 2, 3], [1, 12, 23, 30]),
    "stride of the filter": ({"extent": 5, "stride": 2}, [1, 10], [1, 2], [1, 10, 2, 20, 0]),
    "stride beyond the filter": ({"extent": 7, "stride": 3}, [1, 10], [1, 2], [1, 10, 0, 2, 20, 0, 0]),
    "SAME, the odd one after": ({"extent": 4, "padding": "SAME"}, [1, 10], [1, 2, 3, 4], [1, 12, 23, 34]),
    "SAME, three taps": ({"extent": 3, "padding": "SAME"}, [1, 10, 100], [1, 2, 3], [12, 123, 230]),
    "SAME, strided": ({"extent": 4, "stride": 2, "padding": "SAME"}, [1, 10, 100], [1, 2], [1, 10, 102, 20]),
    "SAME, one position": ({"extent": 1, "padding": "SAME"}, [1, 10, 100], [3], [30]),
    "padding before": ({"extent": 3, "padding": (2, 0)}, [1, 10], [1, 2, 3, 4], [23, 34, 40]),
    "padding after": ({"extent": 3, "padding": (0, 2)}, [1, 10], [1, 2, 3, 4], [1, 12, 23]),
    "padding beyond the filter": ({"extent": 2, "padding": (2, 1)}, [10], [1, 2, 3, 4, 5], [30, 40]),
    "strided padding": ({"extent": 3, "stride": 2, "padding": (1, 1)}, [1, 10, 100], [1, 2], [10, 102, 20]),
    "left over beside padding": ({"extent": 6, "stride": 4, "padding": (0, 1)}, [7], [1, 2], [7, 0, 0, 0, 14, 0]),
    "dilation": ({"extent": 5, "dilation": 2}, [1, 10], [1, 2, 3], [1, 2, 13, 20, 30]),
    "dilated gaps": ({"extent": 7, "stride": 4, "dilation": 2}, [1, 10], [1, 2], [1, 0, 10, 0, 2, 0, 20]),
    "strided dilation": ({"extent": 6, "stride": 2, "dilation": 3}, [1, 10], [1, 2], [1, 0, 2, 10, 0, 20]),
    "nothing left": ({"extent": 2}, [1, 10, 100], [], [0, 0]),
}


def one_dimensional(extents: dict[str, Any], filter: list[int], along: str) -> Geometry:
    """The geometry of a sum along the height or the width, the other axis being of extent 1."""
    padding = extents.get("padding", "VALID")
    index = ("height", "width").index(along)

    def pair(value: int, other: int) -> list[int]:
        return [value, other] if index == 0 else [other, value]

    pads = [list(padding), [0, 0]] if isinstance(padding, tuple) else None
    case = make_case(
        input_sizes=[1, *pair(extents["extent"], 1), 1],
        filter=[*pair(len(filter), 1), 1, 1],
        strides=pair(extents.get("stride", 1), 1),
        dilations=pair(extents.get("dilation", 1), 1),
        padding=(pads if index == 0 else pads[::-1]) if pads else padding,
    )
    return geometry_of(case)


@pytest.mark.parametrize("along", ["height", "width"])
@pytest.mark.parametrize("example", BY_HAND)
@pytest.mark.parametrize("name", NAMES)
def test_sums_made_by_hand_along_one_axis(name: str, example: str, along: str) -> None:
    extents, filter, out_backprop, expected = BY_HAND[example]
    geometry = one_dimensional(extents, filter, along)
    f = np.array(filter, np.int64).reshape(geometry.filter_shape)
    dy = np.array(out_backprop, np.int64).reshape(geometry.output_shape)
    assert KERNELS[name].compute(geometry, f, dy).ravel().tolist() == expected


@pytest.mark.parametrize("name", NAMES)
def test_sums_made_by_hand_over_two_axes(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 2, 3, 1], filter=[2, 2, 1, 1]))
    f = np.array([[1, 10], [100, 1000]]).reshape(2, 2, 1, 1)
    result = KERNELS[name].compute(geometry, f, np.array([1, 2]).reshape(1, 1, 2, 1))
    assert result[0, :, :, 0].tolist() == [[1, 12, 20], [100, 1200, 2000]]


@pytest.mark.parametrize("name", NAMES)
def test_channels_and_images_made_by_hand(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[2, 1, 1, 2], filter=[1, 1, 2, 3]))
    f = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 1, 2, 3)
    dy = np.array([[1, 10, 100], [2, 0, 0]]).reshape(2, 1, 1, 3)
    assert KERNELS[name].compute(geometry, f, dy)[:, 0, 0].tolist() == [[321, 654], [2, 8]]


@pytest.mark.parametrize("name", NAMES)
def test_groups_made_by_hand(name: str) -> None:
    """C8: channels 0 and 1 see the outputs 0 and 1 only, channels 2 and 3 the outputs 2 and 3."""
    geometry = geometry_of(make_case(input_sizes=[1, 1, 1, 4], filter=[1, 1, 2, 4]))
    f = np.array([[1, 2, 3, 4], [5, 6, 7, 8]]).reshape(1, 1, 2, 4)
    dy = np.array([1, 10, 100, 1000]).reshape(1, 1, 1, 4)
    assert geometry.groups == 2
    assert KERNELS[name].compute(geometry, f, dy).ravel().tolist() == [21, 65, 4300, 8700]


@pytest.mark.parametrize("name", NAMES)
def test_depthwise_made_by_hand(name: str) -> None:
    geometry = geometry_of(make_case(input_sizes=[1, 1, 2, 3], filter=[1, 1, 1, 3]))
    dy = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 1, 2, 3)
    result = KERNELS[name].compute(geometry, np.array([1, 10, 100]).reshape(1, 1, 1, 3), dy)
    assert result[0, 0].tolist() == [[1, 20, 300], [4, 50, 600]]


def test_forward_made_by_hand() -> None:
    geometry = geometry_of(
        make_case(input_sizes=[1, 1, 5, 1], filter=[1, 2, 1, 1], strides=[1, 2], dilations=[1, 2], padding="SAME")
    )
    result = forward(geometry, np.array([1, 2, 3, 4, 5]).reshape(1, 1, 5, 1), np.array([1, 10]).reshape(1, 2, 1, 1))
    assert result.ravel().tolist() == [20, 42, 4]
