"""Attributes become extents here, once (rules C2, C3, C4): a kernel never sees a padding string."""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

Padding: TypeAlias = Literal["SAME", "VALID", "EXPLICIT"]
LARGEST_EXTENT: Final = 2**31 - 1  # input_sizes is an int32 vector (C10)


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis, used for the height and for the width.

    For the height the fields are H, R, sh, dh, pt, pb and P; for the width W, S, sw, dw, pl, pr and Q.
    """

    input: int
    filter: int
    stride: int
    dilation: int
    pad_before: int
    pad_after: int
    output: int

    @property
    def effective_filter(self) -> int:
        """Extent that the dilated filter spans (C2)."""
        return (self.filter - 1) * self.dilation + 1

    @property
    def most_taps(self) -> int:
        """How many taps meet at one position at most: those whose offsets leave one remainder by the stride."""
        apart = self.stride // math.gcd(self.stride, self.dilation)
        return min(-(-self.filter // apart), self.output)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Everything a kernel needs: N, C, K, the groups G, and the two spatial axes. Layout-free."""

    N: int
    C: int
    K: int
    groups: int
    height: Axis
    width: Axis

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """N H W C."""
        return self.N, self.height.input, self.width.input, self.C

    @property
    def filter_shape(self) -> tuple[int, int, int, int]:
        """R S C/G K (C8)."""
        return self.height.filter, self.width.filter, self.C // self.groups, self.K

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """N P Q K."""
        return self.N, self.height.output, self.width.output, self.K

    @property
    def most_terms(self) -> int:
        """How many terms an element of `in_backprop` is the sum of at most."""
        return self.height.most_taps * self.width.most_taps * (self.K // self.groups)

    @property
    def multiply_adds(self) -> int:
        """Products in the seven loops, those that fall into the padding included."""
        N, P, Q, K = self.output_shape
        R, S, C_per_group, _ = self.filter_shape
        return N * P * Q * K * R * S * C_per_group


class AxisError(ValueError):
    """What is wrong with one axis, and the key of the call that says it."""

    def __init__(self, key: str, message: str) -> None:
        """`key` is `input_sizes`, `filter`, `strides`, `dilations` or `padding`."""
        self.key = key
        super().__init__(message)


def derive_axis(
    name: str, *, input: int, filter: int, stride: int, dilation: int, padding: Padding, pads: tuple[int, int]
) -> Axis:
    """Output extent and padding of one axis by C3 and C4.

    `pads` (before, after) counts only under EXPLICIT. Raises AxisError with a sentence for the user.
    """
    if not 0 <= input <= LARGEST_EXTENT:
        raise AxisError("input_sizes", f"C10: the {name} of input_sizes is {input}, not in 0..{LARGEST_EXTENT}")
    if filter < 1:
        raise AxisError("filter", f"C1: the {name} of filter is {filter}; it must be at least 1")
    if stride < 1 or dilation < 1:
        key = "strides" if stride < 1 else "dilations"
        raise AxisError(key, f"C11: stride {stride} and dilation {dilation} along the {name} must be positive")
    if min(pads) < 0:
        shown = f"{pads[0]}, {pads[1]}"
        raise AxisError("padding", f"C12: explicit padding {shown} along the {name} must not be negative")
    effective = (filter - 1) * dilation + 1
    match padding:
        case "SAME":
            output = -(-input // stride)
            total = max((output - 1) * stride + effective - input, 0) if output else 0
            before, after = total // 2, total - total // 2
        case "VALID":
            output = -(-(input - effective + 1) // stride)
            before = after = 0
        case "EXPLICIT":
            before, after = pads
            output = (input + before + after - effective) // stride + 1
        case _:
            assert_never(padding)
    if output < 0:
        spans = f"{filter}" if dilation == 1 else f"{filter} (spanning {effective} at dilation {dilation})"
        raise AxisError(
            "filter",
            f"C3: a filter of {name} {spans} does not fit an input of {name} {input} under {padding}: "
            f"out_backprop would have {output} positions",
        )
    return Axis(input, filter, stride, dilation, before, after, output)
