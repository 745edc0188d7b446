"""Calls that have given levels and size classes, drawn: small ones, so that many of them cost little."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias, cast

from harness.spec.attributes import from_nhwc
from harness.spec.case import Attributes
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis
from harness.spec.traits import EXTENTS, LEVELS, size_class, sizes_of, traits_of

ROOM: Final = {"N": 130, "C": 130, "K": 130, "CG": 130, "KG": 130, "W": 130, "Q": 130, "PQ": 400}
FEW: Final = 0.7  # of the draws have as few groups as can be
SMALL: Final = (1, 1, 1, 2, 3)  # what extents are that nothing is asked of
TRIES: Final = 4
_GROUPS: Final = {"1": (1, 1), "several": (2, 7), "8": (8, 15), "16": (16, 65)}
_FILTERS: Final = {"1": (1,), "2": (2,), "3": (3,), "5": (5,), "7": (7,), "11": (11,), "15": (15,)}


Sizes: TypeAlias = Mapping[str, str | int]  # of an extent its size class, or itself


@dataclass(frozen=True, slots=True)
class Call:
    """A valid call, what it is, and what it costs."""

    attributes: Attributes
    geometry: Geometry

    @property
    def levels(self) -> dict[str, str]:
        """The level of each trait."""
        return traits_of(self.attributes, self.geometry)

    @property
    def sizes(self) -> dict[str, str]:
        """The size class of each extent."""
        return sizes_of(self.geometry)


def drawn(rng: random.Random, levels: Mapping[str, str], sizes: Sizes) -> Call | None:
    """A call with these levels and these size classes, the rest of them drawn; None where none was found."""
    for _ in range(TRIES):
        whole = {trait: levels.get(trait) or rng.choice(of) for trait, of in LEVELS.items()}
        if call := _attempt(rng, whole, sizes):
            had = call.levels
            if all(had[trait] == level for trait, level in levels.items()) and _has(call.geometry, sizes):
                return call
    return None


def _has(geometry: Geometry, sizes: Sizes) -> bool:
    lengths = {name: EXTENTS[name].length(geometry) for name in sizes}
    return all(asked in (lengths[name], size_class(lengths[name])) for name, asked in sizes.items())


@cache
def _members(name: str | int, room: int) -> tuple[int, ...]:
    if isinstance(name, int):
        return (name,)
    return tuple(extent for extent in range(1, room + 1) if size_class(extent) == name)


def _extent(rng: random.Random, sizes: Sizes, name: str) -> int:
    return rng.choice(_members(sizes[name], ROOM[name])) if name in sizes else rng.choice(SMALL)


def _attempt(rng: random.Random, levels: dict[str, str], sizes: Sizes) -> Call | None:
    if levels["sizes"] == "two" and levels["groups"] != "1":  # no such call (C10)
        return None
    G = _group_count(rng, levels["groups"], sizes)
    C, K = _channels(rng, sizes, "C", "CG", G), _channels(rng, sizes, "K", "KG", G)
    height, width = _axes(rng, levels, sizes)
    if not (height and width and C and K):
        return None
    geometry = Geometry(_extent(rng, sizes, "N"), C, K, G, height, width)
    return Call(_attributes(levels, geometry), geometry)


def _group_count(rng: random.Random, level: str, sizes: Sizes) -> int:
    """As few groups as the level has, or a number that what is asked of C and K is a multiple of."""
    low, high = _GROUPS[level]
    asked = [_members(sizes[name], ROOM[name]) for name in ("C", "K") if name in sizes]
    fitting = [G for G in range(low, high + 1) if all(any(extent % G == 0 for extent in extents) for extents in asked)]
    return min(fitting, default=low) if rng.random() < FEW else rng.choice(fitting or [low])


def _channels(rng: random.Random, sizes: Sizes, whole: str, each: str, G: int) -> int:
    """C or K: what is asked of it and of its share of a group; 0 where the two do not go together."""
    if each in sizes:
        return G * _extent(rng, sizes, each)
    if whole in sizes:
        fitting = [extent for extent in _members(sizes[whole], ROOM[whole]) if extent % G == 0]
        return rng.choice(fitting) if fitting else 0
    return G * rng.choice(SMALL)


def _axes(rng: random.Random, levels: Mapping[str, str], sizes: Sizes) -> tuple[Axis | None, Axis | None]:
    sh, sw = _strides(rng, levels["stride"])
    dh, dw = _dilations(rng, levels["dilation"])
    R = rng.choice(_FILTERS[levels["filter"]])
    S = R if rng.random() < 0.5 else rng.randint(1, R)
    if S < R and rng.random() < 0.5:
        R, S = S, R
    pads = _pads(rng, levels["padding"], R, S)
    Q = _extent(rng, sizes, "Q") if "Q" in sizes else None
    P: int | None = None
    if "PQ" in sizes:
        area = _extent(rng, sizes, "PQ")
        if Q is None and "W" not in sizes:
            Q = rng.choice([divisor for divisor in range(1, area + 1) if area % divisor == 0])
        P = area // Q if Q and area % Q == 0 else None
    W = _extent(rng, sizes, "W") if "W" in sizes else None
    name = cast("Padding", levels["padding"].partition("-")[0])
    width = _axis(rng, name, W, Q, S, sw, dw, pads[1], odd=levels["padding"] == "SAME-odd")
    if width and "PQ" in sizes and P is None and width.output:
        areas = [area for area in _members(sizes["PQ"], ROOM["PQ"]) if area % width.output == 0]
        P = rng.choice(areas) // width.output if areas else None
    return _axis(rng, name, None, P, R, sh, dh, pads[0], odd=levels["padding"] == "SAME-odd"), width


def _strides(rng: random.Random, level: str) -> tuple[int, int]:
    some, other = rng.sample((2, 3, 4, 5), 2)
    alike = rng.choice((3, 4, 5))
    table = {"1": (1, 1), "rows": (some, 1), "columns": (1, some), "2": (2, 2), "alike": (alike, alike)}
    return table.get(level, (some, other))


def _dilations(rng: random.Random, level: str) -> tuple[int, int]:
    some, other, wide = rng.choice((2, 3)), rng.choice((2, 3)), rng.choice((6, 12))
    table = {"1": (1, 1), "rows": (some, 1), "columns": (1, some), "both": (some, other)}
    return table.get(level, (wide, rng.choice((1, wide))))


def _pads(rng: random.Random, level: str, R: int, S: int) -> tuple[tuple[int, int], tuple[int, int]]:
    if level == "EXPLICIT":
        pad = rng.randint(1, max(1, (max(R, S) - 1) // 2))
        return (pad, pad), (pad, pad)
    if level == "EXPLICIT-unequal":
        some = [rng.randint(0, max(1, extent - 1)) for extent in (R, R, S, S)]
        return (some[0], some[1]), (some[2], some[3])
    return (0, 0), (0, 0)


def _axis(
    rng: random.Random,
    padding: Padding,
    input: int | None,
    output: int | None,
    filter: int,
    stride: int,
    dilation: int,
    pads: tuple[int, int],
    *,
    odd: bool,
) -> Axis | None:
    """An axis with this input or output extent, or a small one; under SAME with an odd pixel or without."""
    span = (filter - 1) * dilation + 1
    if input is None:
        positions = output if output is not None else rng.choice(SMALL)
        if padding == "SAME":
            inputs = [positions * stride - less for less in range(stride)]
            fits = [extent for extent in inputs if (max((positions - 1) * stride + span - extent, 0) % 2 == 1) == odd]
            input = rng.choice(fits or inputs)
        else:
            input = (positions - 1) * stride + span - sum(pads) + rng.randrange(stride)
    try:
        axis = derive_axis("", input=input, filter=filter, stride=stride, dilation=dilation, padding=padding, pads=pads)
    except AxisError:
        return None
    return axis if axis.output and axis.input and _meets(axis) else None


def _meets(axis: Axis) -> bool:
    """Whether the first tap and the last lie on the input somewhere: a tap that never does changes nothing (C6)."""
    first, last = -axis.pad_before, (axis.filter - 1) * axis.dilation - axis.pad_before
    places = range(0, axis.output * axis.stride, axis.stride)
    return all(any(0 <= place + tap < axis.input for place in places) for tap in (first, last))


def _attributes(levels: Mapping[str, str], geometry: Geometry) -> Attributes:
    layout, height, width = levels["layout"], geometry.height, geometry.width
    explicit = levels["padding"].startswith("EXPLICIT")
    pads = ((0, 0), (height.pad_before, height.pad_after), (width.pad_before, width.pad_after), (0, 0))
    whole = from_nhwc(geometry.input_shape, layout)
    return Attributes(
        input_sizes=geometry.input_shape[1:3] if levels["sizes"] == "two" else whole,
        filter=geometry.filter_shape,
        out_backprop=from_nhwc(geometry.output_shape, layout),
        strides=from_nhwc((1, height.stride, width.stride, 1), layout),
        padding=levels["padding"].partition("-")[0],
        explicit_paddings=tuple(pad for pair in from_nhwc(pads, layout) for pad in pair) if explicit else (),
        data_format=layout,
        dilations=from_nhwc((1, height.dilation, width.dilation, 1), layout),
        dtype=levels["type"],
    )
