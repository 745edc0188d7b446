"""What a result of the wrong shape looks like."""

from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, Shape
from harness.spec.geometry import Axis, Geometry


def shape_of(case: Case, geometry: Geometry, shape: Shape | None) -> str | None:
    """Say in a sentence what a shape is that is not the one of `input_sizes`; None where that is not known.

    `shape` is None where there was no array, and the right one where the type was wrong.
    """
    layout = case.attributes.data_format
    if shape is None or shape == from_nhwc(geometry.input_shape, layout):
        return None
    N, H, W, C = geometry.input_shape
    _, P, Q, K = geometry.output_shape
    R, S, _, _ = geometry.filter_shape
    in_layout = {
        "height and width exchanged": (N, W, H, C),
        "the shape of out_backprop": (N, P, Q, K),
        "height and width of out_backprop": (N, P, Q, C),
        "height and width of the filter": (N, R, S, C),
        "the smallest extents that give this out_backprop, whatever input_sizes says": (
            N, _least(geometry.height), _least(geometry.width), C,
        ),
        "as many channels as out_backprop": (N, H, W, K),
        "as many channels as one group": (N, H, W, C // geometry.groups if geometry.groups else C),
        "one image": (1, H, W, C),
    }  # fmt: skip
    known = {name: from_nhwc(values, layout) for name, values in in_layout.items()}
    known["the other data_format"] = from_nhwc(geometry.input_shape, "NCHW" if layout == "NHWC" else "NHWC")
    known["no batch"] = from_nhwc(geometry.input_shape, layout)[1:]
    known["flat"] = (N * H * W * C,)
    said = [name for name, other in known.items() if shape == other]
    return f"the shape is that of: {said[0]}" if said else None


def _least(axis: Axis) -> int:
    return max(0, (axis.output - 1) * axis.stride + axis.effective_filter - axis.pad_before - axis.pad_after)
