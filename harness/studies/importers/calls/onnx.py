"""ONNX's nodes, with shapes in place of the names of X and W. Images are N C H W; W has out_backprop's channels first.

https://onnx.ai/onnx/operators/onnx__ConvTranspose.html has the extents.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from harness.studies.importers import Layer, PaddingOfLayer
from harness.studies.importers.calls.converted import (
    GRADIENT,
    CallError,
    Converted,
    Windows,
    checked,
    image_shape,
    pair,
    transposed,
    weight_shape,
)
from harness.studies.importers.calls.syntax import dtype_of

DISAGREE: Final = "auto_pad and a filter within the stride: ONNX and ONNX Runtime disagree; write output_shape"


def make_node(
    op_type: str, inputs: Any, outputs: Any, name: Any = None, doc_string: Any = None, domain: Any = None,
    overload: Any = None, **attributes: Any,
) -> Converted:  # fmt: skip
    """`onnx.helper.make_node("ConvTranspose", [X, W], ["Y"], ...)`, or "Conv"."""
    nodes: dict[str, Callable[..., Converted]] = {"ConvTranspose": ConvTranspose, "Conv": Conv}
    if op_type not in nodes:
        raise CallError(f"{op_type!r} is none of {', '.join(nodes)}")
    return nodes[op_type](*inputs, **attributes)


def ConvTranspose(
    X: Any,
    W: Any,
    B: Any = None,
    auto_pad: str = "NOTSET",
    dilations: Sequence[int] = (1, 1),
    group: int = 1,
    kernel_shape: Any = None,
    output_padding: Sequence[int] = (0, 0),
    output_shape: Sequence[int] | None = None,
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
) -> Converted:
    """The node `ConvTranspose` with its attributes."""
    K, C_per_group, R, S = weight_shape("W", W)
    images, notes = image_shape("X", X, K)
    sizes: list[int] = []
    windows: list[Windows] = []
    for axis, filter in enumerate((R, S)):
        stride, dilation, extra = strides[axis], dilations[axis], output_padding[axis]
        full = (images[axis + 2] - 1) * stride + (filter - 1) * dilation + 1 + extra
        size = None if output_shape is None else output_shape[axis - 2]
        if size is None and auto_pad.startswith("SAME"):
            size = images[axis + 2] * stride
            if size > full:
                raise CallError(DISAGREE)
        before, after = pads[axis], pads[axis + 2]
        if size is not None:
            total = max(0, full - size)
            before = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
            after = total - before
        sizes.append(full - before - after if size is None else size)
        windows.append(Windows(filter, stride, dilation, before, after))
    layer = transposed(
        images, (R, S, C_per_group * group), pair("", sizes), (windows[0], windows[1]), group, dtype_of(W, X)
    )
    return Converted(layer, images[0], notes)


def Conv(
    X: Any,
    W: Any,
    B: Any = None,
    auto_pad: str = "NOTSET",
    dilations: Sequence[int] = (1, 1),
    group: int = 1,
    kernel_shape: Any = None,
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
) -> Converted:
    """The node `Conv` with its attributes."""
    K, C_per_group, R, S = weight_shape("W", W)
    images, notes = image_shape("X", X, C_per_group * group)
    padding: PaddingOfLayer = ((pads[0], pads[2]), (pads[1], pads[3])) if any(pads) else "VALID"
    padding = "SAME" if auto_pad.startswith("SAME") else padding
    steps = pair("strides", list(strides)), pair("dilations", list(dilations))
    layer = checked(Layer(images[2], images[3], images[1], R, S, K, *steps, padding, group, dtype_of(W, X)))
    if auto_pad == "SAME_LOWER":  # C4, the odd pixel first
        axes = layer.geometry(1).height, layer.geometry(1).width
        odd_first = tuple((axis.pad_after, axis.pad_before) for axis in axes)
        layer = checked(
            Layer(images[2], images[3], images[1], R, S, K, *steps, (odd_first[0], odd_first[1]), group, layer.dtype)
        )
    return Converted(layer, images[0], (*notes, GRADIENT))


FUNCTIONS = {each.__name__: each for each in (make_node, ConvTranspose, Conv)}
