"""What a kernel can make of its arguments: their geometry, and operands in the layout that it computes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import TYPES
from harness.oracle.operands import Operands, kernel_layout
from harness.spec.attributes import AttributesError, call_of
from harness.spec.case import Case, Expect
from harness.spec.geometry import LARGEST_EXTENT, Geometry

Array: TypeAlias = np.ndarray[Any, Any]

TYPE_NAMES: Final = {numeric.dtype: name for name, numeric in TYPES.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One valid call: `filter` [R S C/G K] and `out_backprop` [N P Q K] in one of the five types.

    `sizes` is the number of elements of `input_sizes` (C10).
    """

    geometry: Geometry
    filter: Array
    out_backprop: Array
    padding: str
    data_format: str
    sizes: int = 4

    def in_layout(self, in_backprop: Array) -> Array:
        """A result [N H W C] in the order of `data_format` (C7)."""
        return relaid(in_backprop, "NHWC", self.data_format)


def geometry_of(call: Mapping[str, Any]) -> Geometry:
    """The extents, strides, dilations, pads and groups of a kernel's keyword arguments, whatever their layout.

    The padding is spelt out as what lies before and after each axis. Raises ValueError, with the rule (C3 to C12), for
    a call that is to be rejected.
    """
    return _checked(**call)


def relaid(array: Array, data_format: str, wanted: str) -> Array:
    """An array of rank 4 in another order of its axes (C7), as a view: both are `NHWC` or `NCHW`."""
    if data_format == wanted:
        return array
    return array.transpose((0, 3, 1, 2) if wanted == "NCHW" else (0, 2, 3, 1))


def call_from(**call: Any) -> Call:
    """The arguments of a kernel with their geometry, operands in NHWC. Raises ValueError as `geometry_of` does."""
    geometry, data_format = geometry_of(call), call["data_format"]
    rows = relaid(call["out_backprop"], data_format, "NHWC")
    return Call(geometry, call["filter"], rows, call["padding"], data_format, len(call["input_sizes"]))


def _checked(
    *,
    input_sizes: list[int],
    filter: Array,
    out_backprop: Array,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Geometry:
    if filter.dtype != out_backprop.dtype or filter.dtype not in TYPE_NAMES:
        raise ValueError(f"C9: types {filter.dtype} and {out_backprop.dtype}")
    for name, steps in (("strides", strides), ("dilations", dilations)):
        if len(steps) != 4 or max(steps) > LARGEST_EXTENT:
            raise ValueError(f"C11: {name} {steps} must be four elements of int32")
    values = {
        "input_sizes": input_sizes,
        "filter": list(filter.shape),
        "out_backprop": list(out_backprop.shape),
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
        "dilations": dilations,
        "dtype": TYPE_NAMES[filter.dtype],
    }
    # A case file has short forms; a call has none. `explicit_paddings: []` is how a call says none.
    if padding != "EXPLICIT" and explicit_paddings:
        raise ValueError(f"C12: explicit_paddings goes with padding EXPLICIT and with no other, not with {padding}")
    try:
        _, geometry = call_of(values, data_format, Expect.CONFORMS)
    except AttributesError as error:
        raise ValueError("; ".join(message for _, message in error.found)) from None
    if geometry is None:
        raise ValueError("the call has no geometry")
    return geometry


def call_of_case(case: Case, geometry: Geometry, operands: Operands) -> Call:
    """One call of a valid case, which needs no checking."""
    rows = kernel_layout(case, operands.out_backprop)
    attributes = case.attributes
    return Call(
        geometry, operands.filter, rows, attributes.padding, attributes.data_format, len(attributes.input_sizes)
    )
