"""Where on `in_backprop` the errors lie: coarse maps of the largest error over its limit, for a page to draw."""

from typing import Any, Final, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]

MOST_CELLS: Final = 32  # along the height and along the width
MOST_CHANNELS: Final = 64
MOST_PHASES: Final = 16


def error_maps(margin: Array, geometry: Geometry) -> dict[str, Any]:
    """Maps of `margin` [N H W C]: over rows and columns, over channels, and over the phases of the strides.

    A cell holds the largest value in it (more than 1 fails), None where it has no element. The phase of a row is
    (h + pad_top) mod sh: rows of one phase meet the same taps.
    """
    height, width = geometry.height, geometry.width
    plane = _largest(margin, (0, 3))
    steps = [max(1, -(-axis.input // MOST_CELLS)) for axis in (height, width)]
    channel_step = max(1, -(-geometry.C // MOST_CHANNELS))
    rows, columns = (np.arange(axis.input) // step for axis, step in zip((height, width), steps, strict=True))
    channels = _cells(_largest(margin, (0, 1, 2))[None], np.zeros(1, np.intp), np.arange(geometry.C) // channel_step)
    return {
        "height_width": {"step": steps} | _cells(plane, rows, columns),
        "channels": {"step": channel_step, "values": channels["values"]},
        "phase": _cells(plane, phases(height), phases(width), _phase_cells(height), _phase_cells(width)),
    }


def phases(axis: Axis) -> Array:
    """The cell of each position along an axis in the map of phases."""
    phase = (np.arange(axis.input) + axis.pad_before) % axis.stride
    return phase * _phase_cells(axis) // axis.stride


def _phase_cells(axis: Axis) -> int:
    return min(axis.stride, MOST_PHASES)


def _largest(margin: Array, axes: tuple[int, ...]) -> Array:
    """The largest along `axes`; -1 where there is none."""
    return np.asarray(np.max(np.nan_to_num(margin, nan=np.inf, posinf=np.inf), axis=axes, initial=-1.0))


def _cells(plane: Array, rows: Array, columns: Array, *shape: int) -> dict[str, Any]:
    """Gather a plane into cells, given the cell of each of its rows and columns."""
    extents = shape or (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    cells = np.full(extents, -1.0)
    np.maximum.at(cells, (rows[:, None], columns), plane)
    return {"shape": list(extents), "values": [None if cell < 0 else _rounded(cell) for cell in cells.ravel()]}


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
