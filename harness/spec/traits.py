"""What kind of call it is: one level of each trait, and one size class of each extent that kernels are blocked over.

Vectorised and threaded kernels go wrong where a size meets a trait: in the remainder of a block of channels, under a
stride. So these are what coverage counts and what mutants of blocked kernels are wrong under.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from harness.spec.case import FLOAT_TYPES, Attributes
from harness.spec.geometry import Geometry

BLOCKS: Final = (4, 8, 16, 32, 64)  # widths of vectors, tiles and shares
LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "stride": ("1", "rows", "columns", "2", "alike", "unlike"),
    "dilation": ("1", "rows", "columns", "both", "wide"),
    "padding": ("VALID", "SAME", "SAME-odd", "EXPLICIT-0", "EXPLICIT", "EXPLICIT-unequal"),
    "layout": ("NHWC", "NCHW"),
    "groups": ("1", "several", "8", "16"),
    "filter": ("1", "2", "3", "5", "7", "11", "15"),
    "type": (*FLOAT_TYPES, "int32"),
    "sizes": ("four", "two"),
}
Trait: TypeAlias = str
WIDE_DILATION: Final = 6


@dataclass(frozen=True, slots=True)
class Extent:
    """An extent that a kernel may be blocked over; `operand` where its blocks are of `out_backprop`, not the result."""

    name: str
    length: Callable[[Geometry], int]
    operand: bool = False
    by_group: bool = False


EXTENTS: Final = {
    extent.name: extent
    for extent in (
        Extent("N", lambda g: g.N),
        Extent("C", lambda g: g.C),
        Extent("K", lambda g: g.K, operand=True),
        Extent("CG", lambda g: g.C // g.groups, by_group=True),
        Extent("KG", lambda g: g.K // g.groups, operand=True, by_group=True),
        Extent("W", lambda g: g.width.input),
        Extent("Q", lambda g: g.width.output, operand=True),
        Extent("PQ", lambda g: g.height.output * g.width.output, operand=True),
    )
}


def size_class(extent: int) -> str:
    """Where an extent lies among blocks of 4, 8, 16, 32 and 64; every extent is in one class."""
    if extent < 2:
        return str(extent)
    if extent in BLOCKS:
        return str(extent)
    if extent - 1 in BLOCKS:
        return f"one past {extent - 1}"
    whole = next((block for block in reversed(BLOCKS) if extent % block == 0 and extent > block), 0)
    if whole == BLOCKS[-1] or (whole and extent == 3 * whole):
        return f"several of {whole}"
    above = next((block for block in BLOCKS if extent < block), 0)
    return f"below {above}" if above else f"past {BLOCKS[-1]}"


SIZE_CLASSES: Final = tuple(dict.fromkeys(size_class(extent) for extent in range(2 * BLOCKS[-1] + 2)))


def sizes_of(geometry: Geometry) -> dict[str, str]:
    """The size class of each extent."""
    return {name: size_class(extent.length(geometry)) for name, extent in EXTENTS.items()}


def traits_of(attributes: Attributes, geometry: Geometry) -> dict[Trait, str]:
    """The level of each trait of a call."""
    return traits(
        geometry,
        padding=attributes.padding,
        data_format=attributes.data_format,
        dtype=attributes.dtype,
        sizes=len(attributes.input_sizes),
    )


def traits(geometry: Geometry, *, padding: str, data_format: str, dtype: str, sizes: int) -> dict[Trait, str]:
    """The level of each trait, from what a kernel is given; `sizes` is the number of elements of `input_sizes`."""
    return {
        "stride": _stride(geometry),
        "dilation": _dilation(geometry),
        "padding": _padding(geometry, padding),
        "layout": data_format,
        "groups": _at_least(geometry.groups, ((16, "16"), (8, "8"), (2, "several"))),
        "filter": _at_least(
            max(geometry.height.filter, geometry.width.filter),
            ((15, "15"), (11, "11"), (7, "7"), (4, "5"), (3, "3"), (2, "2")),
        ),
        "type": dtype,
        "sizes": "two" if sizes == 2 else "four",
    }


def _at_least(value: int, levels: tuple[tuple[int, str], ...]) -> str:
    return next((name for least, name in levels if value >= least), "1")


def _stride(geometry: Geometry) -> str:
    sh, sw = geometry.height.stride, geometry.width.stride
    if min(sh, sw) == 1:
        return "1" if sh == sw else "rows" if sh > 1 else "columns"
    return "unlike" if sh != sw else "2" if sh == 2 else "alike"


def _dilation(geometry: Geometry) -> str:
    dh, dw = geometry.height.dilation, geometry.width.dilation
    if max(dh, dw) >= WIDE_DILATION:
        return "wide"
    return "1" if dh == dw == 1 else "rows" if dw == 1 else "columns" if dh == 1 else "both"


def _padding(geometry: Geometry, padding: str) -> str:
    axes = (geometry.height, geometry.width)
    unequal = any(axis.pad_before != axis.pad_after for axis in axes)
    if padding == "SAME":
        return "SAME-odd" if unequal else "SAME"
    if padding == "VALID":
        return "VALID"
    none = not any(axis.pad_before + axis.pad_after for axis in axes)
    return (
        "EXPLICIT-0"
        if none
        else "EXPLICIT-unequal"
        if unequal or axes[0].pad_before != axes[1].pad_before
        else "EXPLICIT"
    )
