"""Every geometry of one axis up to given limits, laid along the height, along the width, and along both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Final, Literal, TypeAlias

from harness.records.exhaustion import Limits
from harness.spec.case import Attributes
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis

# Small, and more than one of each, so that wrong index arithmetic in them shows as well.
N, C, K = 2, 2, 3
# What the other axis is, where one is swept: a second position, so that wrong index arithmetic has somewhere to go.
BESIDE: Final = 2
PartName: TypeAlias = Literal["height", "width", "pairs"]
PARTS: Final[tuple[PartName, ...]] = ("height", "width", "pairs")


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
    """Axes, small ones, in which every two classes that go together in some axis go together."""
    chosen: list[Padded] = []
    seen: set[tuple[str, str]] = set()
    for padded in sorted(every, key=lambda padded: padded.extent):
        pairs = set(combinations(classes(padded), 2))
        if not pairs <= seen:
            seen |= pairs
            chosen.append(padded)
    return chosen


def calls(limits: Limits) -> Iterator[Call]:
    """Every call of a sweep: each axis along the height, along the width, and pairs from a covering subset."""
    every = list(axes(limits))
    beside = {
        padding: Padded(
            derive_axis("", input=BESIDE, filter=1, stride=1, dilation=1, padding=padding, pads=(0, 0)), padding
        )
        for padding in ("SAME", "VALID", "EXPLICIT")
    }
    for padded in every:
        yield _call("height", padded, beside[padded.padding])
    for padded in every:
        yield _call("width", beside[padded.padding], padded)
    for height, width in product(covering_subset(every), repeat=2):
        if height.padding == width.padding:
            yield _call("pairs", height, width)


def _call(part: PartName, high: Padded, wide: Padded) -> Call:
    height, width = high.axis, wide.axis
    geometry = Geometry(N, C, K, 1, height, width)
    explicit = (0, 0, *high.pads, *wide.pads, 0, 0) if high.padding == "EXPLICIT" else ()
    attributes = Attributes(
        input_sizes=geometry.input_shape,
        filter=geometry.filter_shape,
        out_backprop=geometry.output_shape,
        strides=(1, height.stride, width.stride, 1),
        padding=high.padding,
        explicit_paddings=explicit,
        data_format="NHWC",
        dilations=(1, height.dilation, width.dilation, 1),
        dtype="float32",
    )
    return Call(part, attributes, geometry, high.extent + wide.extent)
