"""Every geometry of one axis up to given limits, along the height and along the width, beside one of the other axis.

And every number of channels and groups up to a limit, at a few geometries.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, product
from typing import Final, Literal, TypeAlias

from harness.records.exhaustion import Limits
from harness.spec.attributes import from_nhwc
from harness.spec.case import Attributes
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis

# Small, and more than one of each, so that wrong index arithmetic in them shows as well.
N, C, K = 2, 2, 3
PartName: TypeAlias = Literal["height", "width", "pairs", "channels"]
PARTS: Final[tuple[PartName, ...]] = ("height", "width", "pairs", "channels")


@dataclass(frozen=True)
class Padded:
    """One axis and the padding it was asked for with."""

    axis: Axis
    padding: Padding

    @cached_property
    def extent(self) -> int:
        """The sum of what it is made of: which of two counter-examples is the smaller one."""
        axis = self.axis
        return axis.input + axis.filter + axis.stride + axis.dilation + sum(self.pads)

    @property
    def pads(self) -> tuple[int, int]:
        """Padding as the call says it: under SAME it says no amounts."""
        return (self.axis.pad_before, self.axis.pad_after) if self.padding == "EXPLICIT" else (0, 0)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a sweep: what TensorFlow gets, what a kernel gets, and how large it is."""

    part: PartName
    attributes: Attributes
    geometry: Geometry
    extent: int


def axes(limits: Limits) -> Iterator[Padded]:
    """Every call of one axis within the limits that C3 and C12 allow, an input of 0 and an output of 0 included.

    Nothing is left out for being equal to another: SAME, VALID and explicit zeros often say the same, a dilation of
    a single tap says nothing, nor does a stride where one window fits; but an implementation may read them, so that
    'every geometry up to these limits' needs no small print. At the default limits there are 23,476.
    """
    paddings: list[tuple[Padding, tuple[int, int]]] = [("SAME", (0, 0)), ("VALID", (0, 0))]
    amounts = range(limits.pads + 1)
    paddings += [("EXPLICIT", (before, after)) for before in amounts for after in amounts]
    ranges = (range(1, limit + 1) for limit in (limits.filter, limits.stride, limits.dilation))
    for input, filter, stride, dilation in product(range(limits.input + 1), *ranges):
        for padding, pads in paddings:
            try:
                axis = derive_axis(
                    "height", input=input, filter=filter, stride=stride, dilation=dilation, padding=padding, pads=pads
                )
            except AxisError:
                continue  # the output extent would be negative: an invalid call
            yield Padded(axis, padding)


def classes(padded: Padded) -> tuple[str, ...]:
    """What kind of axis it is: one class for each thing that an implementation may tell apart."""
    axis = padded.axis
    span, before, after = axis.effective_filter, axis.pad_before, axis.pad_after
    return (
        f"padding {padded.padding}",
        "stride 1" if axis.stride == 1 else f"stride {_against(axis.stride, span)} filter",
        f"remainder {(axis.input + before + after - span) % axis.stride > 0}",
        f"dilation {axis.dilation}" if axis.filter > 1 else "one tap",
        f"filter {_against(span, axis.input)} input",
        f"pads {_against(before, after)}",
        f"before {_against(before, span)} filter" if before else "before 0",
        f"after {_against(after, span)} filter" if after else "after 0",
        f"output {min(axis.output, 2)}",
        f"input {min(axis.input, 2)}",
    )


def _against(left: int, right: int) -> str:
    return "<" if left < right else "=" if left == right else ">"


def covering_subset(every: Iterable[Padded]) -> list[Padded]:
    """Axes, small ones, in which every two classes that go together in some axis go together.

    Those with something to compute come first: of the others only what no such axis has is chosen.
    """
    chosen: list[Padded] = []
    seen: set[tuple[str, str]] = set()
    for padded in sorted(every, key=lambda padded: (not padded.axis.input * padded.axis.output, padded.extent)):
        pairs = set(combinations(classes(padded), 2))
        if not pairs <= seen:
            seen |= pairs
            chosen.append(padded)
    return chosen


def calls(limits: Limits) -> Iterator[Call]:
    """Every call of a sweep; the same ones each time.

    Each axis is laid along the height and along the width, beside one of the other axis that is drawn from all that
    share its padding, each of them once; pairs are from a covering subset.
    """
    if limits.channels:
        yield from channel_calls(limits.channels)
        return
    every = list(axes(limits))
    for padded, other in zip(every, drawn_beside(every, 0), strict=True):
        yield _call("height", padded, other)
    for padded, other in zip(every, drawn_beside(every, 1), strict=True):
        yield _call("width", other, padded)
    for height, width in product(covering_subset(every), repeat=2):
        if height.padding == width.padding:
            yield _call("pairs", height, width)


def drawn_beside(every: Sequence[Padded], seed: int) -> list[Padded]:
    """For each axis another one with the same padding: all of them, in another order."""
    rng = random.Random(seed)  # noqa: S311 -- the same order in every run
    others: dict[str, list[Padded]] = {}
    for padded in every:
        others.setdefault(padded.padding, []).append(padded)
    for some in others.values():
        rng.shuffle(some)
    return [others[padded.padding].pop() for padded in every]


def _axis(input: int, filter: int, stride: int = 1, dilation: int = 1, pads: tuple[int, int] | None = None) -> Padded:
    """An axis with explicit pads, or under SAME."""
    padding: Padding = "EXPLICIT" if pads else "SAME"
    axis = derive_axis(
        "", input=input, filter=filter, stride=stride, dilation=dilation, padding=padding, pads=pads or (0, 0)
    )
    return Padded(axis, padding)


# Height, width and layout of the geometries that harness.records.exhaustion.AT names.
FEW: Final = (
    (_axis(2, 1), _axis(3, 1), "NHWC"),
    (_axis(3, 3), _axis(4, 3), "NHWC"),
    (_axis(5, 3, 2), _axis(4, 3, 2), "NHWC"),
    (_axis(4, 2, 1, 2), _axis(5, 3, 1, 2), "NHWC"),
    (_axis(3, 3, pads=(2, 1)), _axis(4, 2, pads=(0, 1)), "NHWC"),
    (_axis(3, 3), _axis(4, 3), "NCHW"),
)


def channel_calls(most: int) -> Iterator[Call]:
    """Every C and K up to so many, in every number of groups that divides both (C8), at each of FEW."""
    for C, K in product(range(1, most + 1), repeat=2):
        for groups in range(1, min(C, K) + 1):
            if C % groups == K % groups == 0:
                for height, width, layout in FEW:
                    geometry = Geometry(N, C, K, groups, height.axis, width.axis)
                    yield _of_geometry("channels", geometry, height, width, layout)


def _call(part: PartName, high: Padded, wide: Padded) -> Call:
    return _of_geometry(part, Geometry(N, C, K, 1, high.axis, wide.axis), high, wide, "NHWC")


def _of_geometry(part: PartName, geometry: Geometry, high: Padded, wide: Padded, layout: str) -> Call:
    height, width = high.axis, wide.axis
    explicit = ((0, 0), high.pads, wide.pads, (0, 0))
    attributes = Attributes(
        input_sizes=from_nhwc(geometry.input_shape, layout),
        filter=geometry.filter_shape,
        out_backprop=from_nhwc(geometry.output_shape, layout),
        strides=from_nhwc((1, height.stride, width.stride, 1), layout),
        padding=high.padding,
        explicit_paddings=tuple(chain(*from_nhwc(explicit, layout))) if high.padding == "EXPLICIT" else (),
        data_format=layout,
        dilations=from_nhwc((1, height.dilation, width.dilation, 1), layout),
        dtype="float32",
    )
    return Call(part, attributes, geometry, high.extent + wide.extent + geometry.C + geometry.K - C - K)
