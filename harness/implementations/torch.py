"""PyTorch: its transposed convolution, autograd's way back, and `torch.nn.grad`."""

import os
from typing import Any, Final, TypeAlias

import ml_dtypes
import numpy as np
import torch
from torch.nn import functional, grad

from harness import geometry_of, relaid
from harness.spec.geometry import Axis, Geometry

FRAMEWORK = {
    "package": "torch",
    "install": "'.[torch]'",
    "facts": "facts",
    # A function of PyTorch derives the shape it returns: what it would have to reject cannot be said to it.
    "validates": False,
    "program": {
        "imports": "import torch\n",
        "call": """\
filter, out_backprop = (torch.from_numpy(np.asarray(a, np.float64)).to(torch.{dtype}) for a in (filter, out_backprop))
filter = filter.permute(3, 2, 0, 1)
out_backprop = out_backprop if {data_format!r} == "NCHW" else out_backprop.permute(0, 3, 1, 2)
x = torch.zeros({N}, {C}, {H}, {W}, dtype=filter.dtype, requires_grad=True)
padded = torch.nn.functional.pad(x, ({pl}, {pr}, {pt}, {pb}))
y = torch.nn.functional.conv2d(padded, filter, None, ({sh}, {sw}), 0, ({dh}, {dw}), {G})
y.backward(out_backprop)
in_backprop = x.grad  # NCHW
""",
    },
    "paths": {
        "torch-transpose": {
            "callable": "transpose",
            "summary": "torch.nn.functional.conv_transpose2d without padding, cropped",
            "call": """\
filter, out_backprop = (torch.from_numpy(np.asarray(a, np.float64)).to(torch.{dtype}) for a in (filter, out_backprop))
filter = filter.permute(3, 2, 0, 1)
out_backprop = out_backprop if {data_format!r} == "NCHW" else out_backprop.permute(0, 3, 1, 2)
whole = torch.nn.functional.conv_transpose2d(out_backprop, filter, None, ({sh}, {sw}), 0, 0, {G}, ({dh}, {dw}))
whole = torch.nn.functional.pad(whole, (0, max(0, {pl} + {W} - whole.shape[3]), 0, max(0, {pt} + {H} - whole.shape[2])))
in_backprop = whole[:, :, {pt} : {pt} + {H}, {pl} : {pl} + {W}]  # NCHW
""",
        },
        "torch-backward": {
            "callable": "backward",
            "summary": "autograd of torch.nn.functional.pad and conv2d",
        },
        "torch-input-grad": {
            "callable": "input_grad",
            "summary": "torch.nn.grad.conv2d_input",
            "call": """\
filter, out_backprop = (torch.from_numpy(np.asarray(a, np.float64)).to(torch.{dtype}) for a in (filter, out_backprop))
filter = filter.permute(3, 2, 0, 1)
out_backprop = out_backprop if {data_format!r} == "NCHW" else out_backprop.permute(0, 3, 1, 2)
in_backprop = torch.nn.grad.conv2d_input(
    ({N}, {C}, {H}, {W}), filter, out_backprop, ({sh}, {sw}), ({pt}, {pl}), ({dh}, {dw}), {G}
)  # NCHW
""",
        },
    },
}
Array: TypeAlias = np.ndarray[Any, Any]
MOST_HELD: Final = 2**28  # elements


def facts() -> dict[str, Any]:
    """The version, as PyTorch states it, and what it was built from."""
    return {
        "packages": {"torch": torch.__version__},
        "builds": {"torch": str(torch.version.git_version)},
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith("TORCH_")},
    }


def transpose(**call: Any) -> Array:
    """Call `conv_transpose2d` with padding 0 and crop its result: any padding can be said in this way.

    Raises NotImplementedError where the padding is too large to hold.
    """
    geometry, filter, dy = _operands(call)
    height, width = geometry.height, geometry.width
    bottom, right = height.pad_before + height.input, width.pad_before + width.input
    _check_held(geometry, max(bottom, _reach(height)), max(right, _reach(width)))
    whole = functional.conv_transpose2d(dy, filter, **_steps(geometry))
    whole = functional.pad(whole, (0, max(0, right - whole.shape[3]), 0, max(0, bottom - whole.shape[2])))
    return _result(whole[:, :, height.pad_before : bottom, width.pad_before : right], call)


def backward(**call: Any) -> Array:
    """Do what a model does: pad, convolve, and call backward.

    Raises NotImplementedError for types that have no gradient, and where the padding is too large to hold.
    """
    geometry, filter, dy = _operands(call)
    if not dy.dtype.is_floating_point:
        raise NotImplementedError(f"autograd has no gradient for {dy.dtype}")
    height, width = geometry.height, geometry.width
    _check_held(geometry, *(axis.pad_before + axis.input + axis.pad_after for axis in (height, width)))
    x = torch.zeros(geometry.N, geometry.C, height.input, width.input, dtype=dy.dtype, requires_grad=True)
    padded = functional.pad(x, (width.pad_before, width.pad_after, height.pad_before, height.pad_after))
    functional.conv2d(padded, filter, **_steps(geometry)).backward(dy)
    return _result(x.grad, call)


def input_grad(**call: Any) -> Array:
    """Call `torch.nn.grad.conv2d_input`. Raises NotImplementedError where padding differs before and after."""
    geometry, filter, dy = _operands(call)
    height, width = geometry.height, geometry.width
    if any(axis.pad_before != axis.pad_after for axis in (height, width)):
        raise NotImplementedError("one number pads before and after")
    size = (geometry.N, geometry.C, height.input, width.input)
    padding = (height.pad_before, width.pad_before)
    return _result(grad.conv2d_input(size, filter, dy, padding=padding, **_steps(geometry)), call)


def _reach(axis: Axis) -> int:
    """Where the last window ends, counted from the start of the padding."""
    return (axis.output - 1) * axis.stride + axis.effective_filter


def _check_held(geometry: Geometry, rows: int, columns: int) -> None:
    """Say of an image with its padding that it is too large to hold, whatever the machine has."""
    if (held := geometry.N * geometry.C * rows * columns) > MOST_HELD:
        raise NotImplementedError(f"an array of {held:,} elements to hold the padding")


def _steps(geometry: Geometry) -> dict[str, Any]:
    height, width = geometry.height, geometry.width
    return {
        "stride": (height.stride, width.stride),
        "dilation": (height.dilation, width.dilation),
        "groups": geometry.groups,
    }


def _operands(call: dict[str, Any]) -> tuple[Geometry, torch.Tensor, torch.Tensor]:
    """The filter [K C/G R S] and `out_backprop` [N K P Q]."""
    filter, rows = call["filter"].transpose(3, 2, 0, 1), relaid(call["out_backprop"], call["data_format"], "NCHW")
    return geometry_of(call), _tensor(filter), _tensor(rows)


def _tensor(array: Array) -> torch.Tensor:
    """A copy, since PyTorch warns of arrays that are read-only; bfloat16 goes over by its bits."""
    copied = np.array(array, order="C")
    if copied.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(copied.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(copied)


def _result(nchw: torch.Tensor | None, call: dict[str, Any]) -> Array:
    assert nchw is not None  # what requires a gradient has one after backward
    plain = nchw.detach().contiguous()
    array = plain.view(torch.int16).numpy().view(ml_dtypes.bfloat16) if plain.dtype == torch.bfloat16 else plain.numpy()
    return relaid(array, "NCHW", call["data_format"])
