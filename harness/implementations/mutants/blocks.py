"""Kernels that are wrong as blocked, vectorised and threaded ones are: a fault in part of a block, under one trait.

A generator, not a list: *what* is wrong (a change), *in which part* of the blocks of *which extent*, *where* (a level
of a trait, or past so many multiply-adds). A name says all of it: `C-16-second-dropped-stride-rows`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.arguments import TYPE_NAMES, Call, call_from
from harness.implementations.mutants.kernel import CORRECT, Array, Steps, taps
from harness.spec.geometry import Geometry
from harness.spec.traits import BLOCKS, EXTENTS, LEVELS, Extent, traits

Part: TypeAlias = Callable[[int, int], tuple[int, int] | None]  # of an extent and a width: from where to where, if any


def _where(holds: bool, start: int, stop: int) -> tuple[int, int] | None:  # noqa: FBT001 -- a condition, not a switch
    return (start, stop) if holds else None


PARTS: Final[dict[str, Part]] = {
    "short": lambda L, width: _where(1 < L < width, 0, L),
    "only": lambda L, width: _where(width == L, 0, L),
    "first": lambda L, width: _where(width < L, 0, width),
    "second": lambda L, width: _where(2 * width <= L, width, 2 * width),
    "last": lambda L, width: _where(width < L and L % width == 0, L - width, L),
    "one-over": lambda L, width: _where(width < L and L % width == 1, L - 1, L),
    "one-less": lambda L, width: _where(width < L and L % width == width - 1, L - width + 1, L),
    "remainder": lambda L, width: _where(width < L and 1 < L % width < width - 1, L - L % width, L),
    "beyond": lambda L, width: _where(width < L, width, L),
    "share": lambda L, width: _where(width < L, L // width, 2 * (L // width)),  # the second of so many threads
}


def _dropped(blocks: Array, start: int, stop: int) -> None:
    blocks[..., start:stop] = 0


def _twice(blocks: Array, start: int, stop: int) -> None:
    blocks[..., start:stop] *= 2


def _off_by_one(blocks: Array, start: int, stop: int) -> None:
    blocks[..., start:stop] = blocks[..., np.arange(start + 1, stop + 1) % blocks.shape[-1]]


def _not_cleared(blocks: Array, start: int, stop: int) -> None:
    """What the block before left in the accumulators is in the sum, too."""
    before = max(0, start - (stop - start))
    blocks[..., start : start + start - before] += blocks[..., before:start]


CHANGES: Final[dict[str, tuple[Callable[[Array, int, int], None], str]]] = {
    "dropped": (_dropped, "dropped"),
    "twice": (_twice, "counted twice"),
    "off-by-one": (_off_by_one, "taken from one place further"),
    "not-cleared": (_not_cleared, "added to what the block before left"),
}
TAP: Final = "last-tap"  # not a change of what is there: another sum
_AT_THE_START: Final = ("short", "only", "first")  # with nothing before them
_SAID: Final = {
    "short": "fewer than {width}",
    "only": "all {width}",
    "first": "the first block of {width}",
    "second": "the second block of {width}",
    "last": "the last of several blocks of {width}",
    "one-over": "one beyond blocks of {width}",
    "one-less": "all but one of a block of {width}",
    "remainder": "the remainder of blocks of {width}",
    "beyond": "what lies beyond {width}",
    "share": "the second of {width} threads' share",
}
_VAST: Final = {
    "H": Extent("H", lambda g: g.height.input),
    "elements": Extent("elements", lambda g: g.N * g.height.input * g.width.input * g.C),
}
_EXTENTS: Final = EXTENTS | _VAST


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which part of the blocks of which extent."""

    extent: str
    width: int
    part: str
    change: str

    def __str__(self) -> str:
        """As it is in a mutant's name."""
        return f"{self.extent}-{self.width}-{self.part}-{self.change}"

    def place(self, geometry: Geometry) -> tuple[int, int] | None:
        """From where to where along the extent; None where a call has no such part."""
        extent = _EXTENTS[self.extent]
        if extent.by_group and geometry.groups == 1:  # blocks of C/G where there are groups; else those of C
            return None
        return self.part_of(extent.length(geometry))

    def part_of(self, length: int) -> tuple[int, int] | None:
        """From where to where it is in an extent of this length."""
        return PARTS[self.part](length, self.width)

    @property
    def is_of_operand(self) -> bool:
        """Whether blocks of `out_backprop` are wrong, not of the result."""
        return _EXTENTS[self.extent].operand

    def of(self, call: Call) -> Array:
        """What the kernel with this fault computes, [N H W C]."""
        if self.is_of_operand:
            return CORRECT.of(self.changed_operand(call))
        return self.changed_result(call, CORRECT.of(call), WITHOUT_LAST_TAP.of(call))

    def changed_operand(self, call: Call) -> Call:
        """The call with the part of `out_backprop` changed."""
        if not (place := self.place(call.geometry)):
            return call
        rows = np.array(call.out_backprop, order="C")
        CHANGES[self.change][0](blocks(_EXTENTS[self.extent], rows, call.geometry), *place)
        return replace(call, out_backprop=rows)

    def changed_result(self, call: Call, right: Array, without_last_tap: Array) -> Array:
        """A right result [N H W C] with the part changed, or computed without the last tap."""
        result = np.array(right, order="C")
        if place := self.place(call.geometry):
            extent, (start, stop) = _EXTENTS[self.extent], place
            own = blocks(extent, result, call.geometry)
            if self.change == TAP:
                other = np.ascontiguousarray(without_last_tap)
                own[..., start:stop] = blocks(extent, other, call.geometry)[..., start:stop]
            else:
                CHANGES[self.change][0](own, start, stop)
        return result


WITHOUT_LAST_TAP: Final = Steps(taps=lambda call: list(taps(call))[:-1])


def blocks(extent: Extent, array: Array, geometry: Geometry) -> Array:
    """A view of contiguous [N H W C] or [N P Q K] in which the extent comes last."""
    N, rows, columns, channels = array.shape
    shape, axis = {
        "N": (array.shape, 0),
        "H": (array.shape, 1),
        "W": (array.shape, 2),
        "Q": (array.shape, 2),
        "PQ": ((N, rows * columns, channels), 1),
        "CG": ((N, rows, columns, geometry.groups, channels // geometry.groups), -1),
        "KG": ((N, rows, columns, geometry.groups, channels // geometry.groups), -1),
        "elements": ((array.size,), 0),
    }.get(extent.name, (array.shape, 3))
    return np.moveaxis(array.reshape(shape), axis, -1)


@dataclass(frozen=True, slots=True)
class Where:
    """Under which level of a trait, and from how many multiply-adds on."""

    trait: str
    level: str
    past: int = 0  # a power of two

    def __str__(self) -> str:
        """As it is in a mutant's name."""
        return f"{self.trait}-{self.level}{f'-past-{self.past}' if self.past else ''}"

    def holds(self, levels: Mapping[str, str], geometry: Geometry) -> bool:
        """Whether a call is one of these."""
        return levels[self.trait] == self.level and (not self.past or geometry.multiply_adds >= 2**self.past)


REFUSED: Final = {"layout": "NHWC", "dilation": "1", "groups": "1"}  # what many kernels know nothing beyond


@dataclass(frozen=True, slots=True)
class Blocked:
    """A mutant: right, but for a fault under some calls.

    It refuses NCHW, dilations and groups but for the one that it is about, as many kernels do: so what finds it finds
    a kernel that knows no more, too.
    """

    fault: Fault
    where: Where

    @property
    def name(self) -> str:
        """What it is called after `mutant:`."""
        return f"{self.fault}-{self.where}"

    @property
    def mistake(self) -> str:
        """In words."""
        change = "without the last tap" if self.fault.change == TAP else CHANGES[self.fault.change][1]
        fault = f"{_SAID[self.fault.part].format(width=self.fault.width)} of {self.fault.extent} {change}"
        past = f", past 2**{self.where.past} multiply-adds" if self.where.past else ""
        return f"{fault}, where {self.where.trait} is {self.where.level}{past}"

    def accepts(self, levels: dict[str, str]) -> bool:
        """Whether it knows calls of these levels."""
        return is_accepted(self.fault, self.where, levels)

    def __call__(self, **arguments: Any) -> Array:
        """Compute `in_backprop`, wrong or not. Raises ValueError, and NotImplementedError for what it refuses."""
        return self.compute(call_from(**arguments))

    def compute(self, call: Call) -> Array:
        """Compute `in_backprop` of a valid call. Raises NotImplementedError for what it refuses."""
        levels = traits_of_call(call)
        if not self.accepts(levels):
            raise NotImplementedError(f"more than {self.where.trait}")
        kernel = self.fault if self.where.holds(levels, call.geometry) else CORRECT
        with np.errstate(all="ignore"):  # int32 wraps (C9), half overflows
            return call.in_layout(kernel.of(call))


def is_accepted(fault: Fault, where: Where, levels: Mapping[str, str]) -> bool:
    """Whether a kernel with this fault in this place knows calls of these levels."""
    known = {where.trait} | ({"groups"} if _EXTENTS[fault.extent].by_group else set())
    return all(levels[trait] == level for trait, level in REFUSED.items() if trait not in known)


def traits_of_call(call: Call) -> dict[str, str]:
    """The level of each trait of a call."""
    return traits(
        call.geometry,
        padding=call.padding,
        data_format=call.data_format,
        dtype=TYPE_NAMES[call.filter.dtype],
        sizes=call.sizes,
    )


def _faults() -> Iterator[Fault]:
    """Every change in every part of blocks of every width, along every extent."""
    parts = [part for part in PARTS if part != "beyond"]
    for extent, width, part, change in product(EXTENTS, BLOCKS, parts, (*CHANGES, TAP)):
        if change == "not-cleared" and part in _AT_THE_START:
            continue  # there is no block before
        if change == TAP and EXTENTS[extent].operand:
            continue  # a tap is left out of elements of the result
        yield Fault(extent, width, part, change)


PLAIN: Final = Where("layout", "NHWC")
FAULTS: Final = tuple(_faults())
WHERES: Final = tuple(Where(trait, level) for trait, levels in LEVELS.items() for level in levels)
LONG: Final = tuple(Fault(extent, 256, "beyond", "dropped") for extent in ("N", "C", "K", "W"))  # under every level
VAST: Final = (
    *(Fault(extent, 2**12, "beyond", change) for extent in ("H", "W") for change in ("dropped", "off-by-one")),
    *(Fault(extent, 2**16, "beyond", change) for extent in "NHWCK" for change in ("dropped", "off-by-one")),
    Fault("elements", 2**24, "beyond", "dropped"),
)
HEAVY: Final = tuple(Fault(extent, 4, "share", "dropped") for extent in ("C", "K", "PQ"))  # past many multiply-adds
PAST: Final = (16, 20, 22, 24, 26)


# One fault of each extent: which calls a mutant knows depends on no more of it.
ALONG: Final = {extent: Fault(extent, BLOCKS[0], "first", "dropped") for extent in _EXTENTS}
_EVERYWHERE: Final = (*WHERES, *(replace(where, past=past) for where, past in product(WHERES, PAST)))


def where_met(fault: Fault, levels: Mapping[str, str], geometry: Geometry) -> set[Where]:
    """Where a call is of which a mutant with this fault knows enough."""
    return {where for where in _EVERYWHERE if where.holds(levels, geometry) and is_accepted(fault, where, levels)}


def equivalent(fault: Fault, where: Where) -> str:
    """Why no valid call has such a part under such a level; empty where some has."""
    if _EXTENTS[fault.extent].by_group and (where.trait, where.level) in {("groups", "1"), ("sizes", "two")}:
        return "blocks of C/G are those of C where there is one group, and two elements of input_sizes are one (C10)"
    least = {"several": 2, "8": 8, "16": 16}.get(where.level, 1) if where.trait == "groups" else 1
    most = {"short": fault.width - 1, "only": fault.width}.get(fault.part)
    if fault.extent in {"C", "K"} and most is not None and most < least:
        return "C and K are multiples of the number of groups (C8)"
    return ""


def generated() -> Iterator[Blocked]:
    """Every mutant that some valid call shows."""
    pairs = [*product((*FAULTS, *LONG), WHERES), *((fault, PLAIN) for fault in VAST)]
    pairs += [(fault, replace(where, past=past)) for fault, where, past in product(HEAVY, WHERES, PAST)]
    return (Blocked(fault, where) for fault, where in pairs if not equivalent(fault, where))


def named(name: str) -> Blocked | None:
    """A mutant by its name; None where there is none."""
    if "-" not in name:
        return None
    return next((mutant for mutant in generated() if mutant.name == name), None)
