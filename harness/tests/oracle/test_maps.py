import json
import math

import numpy as np

from harness.oracle.maps import MOST_CELLS, MOST_CHANNELS, MOST_PHASES, error_maps
from harness.spec.geometry import Geometry
from harness.tests.strategies import one_axis


def geometry(N: int = 1, C: int = 2, **extents: dict[str, object]) -> Geometry:
    height, width = (one_axis("EXPLICIT", **extents.get(name, {"input": 3})) for name in ("height", "width"))
    return Geometry(N, C, 1, 1, height, width)


def test_a_cell_holds_the_largest_margin_over_images_and_channels() -> None:
    margin = np.zeros((2, 2, 3, 2))
    margin[0, 0, 1, 0], margin[1, 0, 1, 1], margin[0, 1, 2, 1] = 0.25, 0.12345, math.inf
    maps = error_maps(margin, geometry(N=2, height={"input": 2}, width={"input": 3}))
    assert maps["height_width"] == {"step": [1, 1], "shape": [2, 3], "values": [0, 0.25, 0, 0, 0, math.inf]}
    assert maps["channels"] == {"step": 1, "values": [0.25, math.inf]}
    assert maps["phase"] == {"shape": [1, 1], "values": [math.inf]}


def test_values_have_three_digits() -> None:
    maps = error_maps(np.full((1, 3, 3, 2), 1234.5678), geometry())
    assert set(maps["channels"]["values"]) == {1230.0}


def test_many_rows_and_channels_share_cells() -> None:
    large = geometry(C=130, height={"input": 70}, width={"input": 33})
    margin = np.zeros(large.input_shape)
    margin[0, 69, 32, 129] = 2
    maps = error_maps(margin, large)
    assert maps["height_width"]["step"] == [3, 2]
    assert maps["height_width"]["shape"] == [24, 17]
    assert max(maps["height_width"]["shape"]) <= MOST_CELLS
    assert maps["channels"]["step"] == 3
    assert len(maps["channels"]["values"]) == 44 <= MOST_CHANNELS
    for name in ("height_width", "channels"):
        assert (maps[name]["values"][-1], sum(maps[name]["values"])) == (2, 2)


def test_a_phase_counts_from_the_padding_and_one_without_a_row_is_null() -> None:
    strided = geometry(
        height={"input": 4, "stride": 3, "pads": (1, 0)}, width={"input": 2, "stride": 3, "pads": (0, 2)}
    )
    margin = np.zeros(strided.input_shape)
    margin[0, 1, 0] = 5  # (1 + 1) mod 3 = 2
    phase = error_maps(margin, strided)["phase"]
    assert phase == {"shape": [3, 3], "values": [0, 0, None, 0, 0, None, 5, 0, None]}


def test_a_large_stride_shares_phases() -> None:
    wide = geometry(height={"input": 40, "stride": 40}, width={"input": 3})
    margin = np.zeros(wide.input_shape)
    margin[0, 39] = 3
    phase = error_maps(margin, wide)["phase"]
    assert phase["shape"] == [MOST_PHASES, 1]
    assert phase["values"][-1] == 3


def test_nothing_has_maps_of_nothing_and_what_is_not_a_number_is_infinite() -> None:
    empty = geometry(N=0, height={"input": 2}, width={"input": 2})
    assert error_maps(np.zeros(empty.input_shape), empty)["height_width"]["values"] == [None] * 4
    rowless = geometry(height={"input": 0}, width={"input": 2})
    assert error_maps(np.zeros(rowless.input_shape), rowless)["height_width"] == {
        "step": [1, 1], "shape": [0, 2], "values": [],
    }  # fmt: skip
    maps = error_maps(np.full((1, 3, 3, 2), math.nan), geometry())
    assert maps["phase"]["values"] == [math.inf]
    assert json.loads(json.dumps(error_maps(np.ones((1, 3, 3, 2)), geometry())))["channels"]["values"] == [1, 1]
