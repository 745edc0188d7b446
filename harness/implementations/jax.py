"""JAX: the transposes of its forward convolution, and its own transposed convolution."""

import os
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import jax
import jaxlib
import numpy as np
from jax import lax

from harness import geometry_of, relaid
from harness.spec.geometry import Axis, Geometry

FRAMEWORK = {
    "package": "jax",
    "install": "'.[jax]'",
    "facts": "facts",
    "environment": {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1", "TF_CPP_MIN_LOG_LEVEL": "2"},
    "wording": {
        # What XLA always says, and frames without symbols.
        "noise": [
            r"[IWE] .*(cpu_feature_guard|port\.cc|service\.cc)",
            r"WARNING: All log",
            r"Suspected Python",
            r"\s+(\S+|<[^>]*>):\d+:\d+ \[",
            r"\s+@ +0x",
            r"\*\*\* ",
        ],
        "stamp": [r"^([IWEF])\d{4} [\d:.]+ +\d+ "],
    },
    # A primitive of JAX is a function of valid shapes: what it would have to reject cannot be said to it.
    "validates": False,
    "program": {
        "imports": "import jax\nimport jax.numpy as jnp\n",
        "call": """\
def forward(x):
    return jax.lax.conv_general_dilated(
        x, filter, ({sh}, {sw}), (({pt}, {pb}), ({pl}, {pr})), rhs_dilation=({dh}, {dw}), feature_group_count={G},
        dimension_numbers=("{data_format}", "HWIO", "{data_format}"),
    )


in_backprop = jax.vjp(forward, jnp.zeros({input_shape}, filter.dtype))[1](out_backprop)[0]
""",
        "variables": ["JAX_PLATFORMS", "JAX_ENABLE_X64"],
    },
    "paths": {
        "jax-vjp": {
            "callable": "vjp",
            "summary": "jax.vjp of lax.conv_general_dilated, jitted",
        },
        "jax-transpose": {
            "callable": "transpose",
            "summary": "lax.conv_transpose with transpose_kernel, the padding spelt out",
            "supports": {"grouped": False},
            "call": """\
e = ({R} - 1) * {dh} + 1, ({S} - 1) * {dw} + 1
reach = [({P} - 1) * {sh} + 1 if {P} else 0, ({Q} - 1) * {sw} + 1 if {Q} else 0]
before = [e[0] - 1 - {pt}, e[1] - 1 - {pl}]
pads = [(b, n + k - 1 - r - b) for b, n, k, r in zip(before, ({H}, {W}), e, reach)]
in_backprop = jax.lax.conv_transpose(
    out_backprop, filter, ({sh}, {sw}), pads, rhs_dilation=({dh}, {dw}),
    dimension_numbers=("{data_format}", "HWIO", "{data_format}"), transpose_kernel=True,
)
""",
        },
    },
}
Array: TypeAlias = np.ndarray[Any, Any]
_NHWC: Final = ("NHWC", "HWIO", "NHWC")


def facts() -> dict[str, Any]:
    """Versions, as JAX states them, and its variables."""
    return {
        "packages": {"jax": jax.__version__, "jaxlib": jaxlib.__version__},
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith("JAX_")},
    }


def vjp(**call: Any) -> Array:
    """Pull `out_backprop` back through the forward convolution. Raises NotImplementedError for int32."""
    filter, out_backprop = call["filter"], relaid(call["out_backprop"], call["data_format"], "NHWC")
    if filter.dtype == np.int32:
        raise NotImplementedError("the cotangent of int32 is float0")
    result = _pulled_back(geometry_of(call))(filter, out_backprop)
    return relaid(np.asarray(result), "NHWC", call["data_format"])


@lru_cache(maxsize=2)
def _pulled_back(geometry: Geometry) -> Any:
    """Jitted with operands as arguments, so that nothing is folded; two are kept, for the calls of a case."""

    def pulled_back(filter: Any, out_backprop: Any) -> Any:
        forward = partial(_forward, geometry, filter)
        x = jax.ShapeDtypeStruct(geometry.input_shape, out_backprop.dtype)
        return jax.linear_transpose(forward, x)(out_backprop)[0]

    return jax.jit(pulled_back)


def _forward(geometry: Geometry, filter: Any, x: Any) -> Any:
    height, width = geometry.height, geometry.width
    return lax.conv_general_dilated(
        x,
        filter,
        window_strides=(height.stride, width.stride),
        padding=[(axis.pad_before, axis.pad_after) for axis in (height, width)],
        rhs_dilation=(height.dilation, width.dilation),
        feature_group_count=geometry.groups,
        dimension_numbers=_NHWC,
    )


def transpose(**call: Any) -> Array:
    """Call `lax.conv_transpose`, which flips and swaps the filter by itself (`transpose_kernel`)."""
    geometry = geometry_of(call)
    height, width = geometry.height, geometry.width
    result = lax.conv_transpose(
        relaid(call["out_backprop"], call["data_format"], "NHWC"),
        call["filter"],
        strides=(height.stride, width.stride),
        padding=[_pads(height), _pads(width)],
        rhs_dilation=(height.dilation, width.dilation),
        dimension_numbers=_NHWC,
        transpose_kernel=True,
    )
    return relaid(np.asarray(result), "NHWC", call["data_format"])


def _pads(axis: Axis) -> tuple[int, int]:
    """Around the dilated `out_backprop`: before, e - 1 - pad_before; after, what is left to give the input's extent."""
    before = axis.effective_filter - 1 - axis.pad_before
    dilated = (axis.output - 1) * axis.stride + 1 if axis.output else 0
    return before, axis.input + axis.effective_filter - 1 - dilated - before
