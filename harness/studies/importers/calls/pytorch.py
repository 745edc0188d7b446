"""PyTorch's calls, each with its own signature. Images are N C H W; a filter is out_backprop's channels first.

https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html has the extents.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

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
from harness.studies.importers.calls.syntax import dtype_of, shape_of


def ConvTranspose2d(
    in_channels: int,
    out_channels: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    bias: Any = True,
    dilation: Any = 1,
    padding_mode: str = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Callable[..., Converted]:
    """`torch.nn.ConvTranspose2d(...)`, and then the call of the layer."""
    _zeros(padding_mode)
    weight = (in_channels, out_channels // max(groups, 1), *pair("kernel_size", kernel_size))
    return partial(
        _transpose,
        weight=weight,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
        types=(dtype,),
    )


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Converted:
    """`torch.nn.functional.conv_transpose2d(...)`."""
    return _transpose(
        input,
        weight=weight_shape("weight", weight),
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
        types=(weight, input),
    )


def _transpose(
    input: Any = None,
    output_size: Any = None,
    *,
    weight: tuple[int, ...],
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
    types: tuple[Any, ...],
) -> Converted:
    K, C_per_group, R, S = weight
    images, notes = image_shape("input", input, K)
    steps, rates, pads = pair("stride", stride), pair("dilation", dilation), pair("padding", padding)
    windows = [Windows((R, S)[axis], steps[axis], rates[axis], pads[axis], pads[axis]) for axis in (0, 1)]
    least = [(images[axis + 2] - 1) * each.stride + each.span - 2 * each.before for axis, each in enumerate(windows)]
    if output_size is None:
        extra = pair("output_padding", output_padding)
        sizes = least[0] + extra[0], least[1] + extra[1]
    else:
        sizes = pair("output_size", list(shape_of(output_size) or ())[-2:])
    layer = transposed(
        images, (R, S, C_per_group * groups), sizes, (windows[0], windows[1]), groups, dtype_of(*types, input)
    )
    return Converted(layer, images[0], notes)


def Conv2d(
    in_channels: int,
    out_channels: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    bias: Any = True,
    padding_mode: str = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Callable[..., Converted]:
    """`torch.nn.Conv2d(...)`, and then the call of the layer."""
    _zeros(padding_mode)
    weight = (out_channels, in_channels // max(groups, 1), *pair("kernel_size", kernel_size))
    return partial(
        _gradient, weight=weight, stride=stride, padding=padding, dilation=dilation, groups=groups, types=(dtype,)
    )


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Converted:
    """`torch.nn.functional.conv2d(...)`."""
    return _gradient(
        input,
        weight=weight_shape("weight", weight),
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        types=(weight,),
    )


def conv2d_input(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Converted:
    """`torch.nn.grad.conv2d_input(...)`, which is the operator."""
    found = _gradient(
        input_size,
        weight=weight_shape("weight", weight),
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        types=(weight, grad_output),
    )
    geometry = found.layer.geometry(found.batch)
    given = shape_of(grad_output)
    due = (geometry.N, geometry.K, geometry.height.output, geometry.width.output)
    if given not in (None, due):
        raise CallError(f"grad_output has the shape {given}; by C3 it must be {due}")
    return Converted(found.layer, found.batch)


def _gradient(
    input: Any = None,
    *,
    weight: tuple[int, ...],
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    types: tuple[Any, ...],
) -> Converted:
    K, C_per_group, R, S = weight
    images, notes = image_shape("input", input, C_per_group * groups)
    pads: PaddingOfLayer
    if isinstance(padding, str):
        pads = "SAME" if padding == "same" else "VALID"
    else:
        rows, columns = pair("padding", padding)
        pads = ((rows, rows), (columns, columns)) if rows or columns else "VALID"
    steps = pair("stride", stride), pair("dilation", dilation)
    layer = Layer(images[2], images[3], images[1], R, S, K, *steps, pads, groups, dtype_of(*types, input))
    return Converted(checked(layer), images[0], (*notes, GRADIENT))


def _zeros(padding_mode: str) -> None:
    if padding_mode != "zeros":
        raise CallError(f"padding_mode {padding_mode!r}: the operator pads with zeros only")


FUNCTIONS = {each.__name__: each for each in (ConvTranspose2d, conv_transpose2d, Conv2d, conv2d, conv2d_input)}
