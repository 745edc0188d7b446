"""Where the wrong elements lie: the rows, columns, channels, images, groups and phases that hold all of them."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import term_count
from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]

MOST_NAMED: Final = 4  # indices of one axis
LARGEST_STRIDE: Final = 64


def places_of(wrong: Array, geometry: Geometry) -> list[str]:
    """Name the places outside of which nothing is wrong; `wrong` is [N H W C]. Empty where there is no pattern."""
    held = _held(wrong)
    phases = [
        *_phase("h", "pad_top", held["row"], geometry.height),
        *_phase("w", "pad_left", held["column"], geometry.width),
    ]
    most = 1 if phases else MOST_NAMED  # the rows of a phase need no list
    indices = [_indices(name, held[name], extent, most) for name, extent in zip(held, wrong.shape, strict=True)]
    places = (*_untouched(wrong, geometry), *_groups(held["channel"], geometry), *indices, *phases)
    return [f"only {place}" for place in places if place]


def spread_of(wrong: Array) -> str:
    """Between which indices of each axis something is wrong; nothing to say where all is."""
    spans = [f"{name}s {held.min()} to {held.max()}" for name, held in _held(wrong).items() if held.max() > held.min()]
    return "" if wrong.all() or not spans else f", spread over {', '.join(spans)}"


def _held(wrong: Array) -> dict[str, Array]:
    """The indices of each axis at which something is wrong, in the order of the axes."""
    axes = enumerate(("image", "row", "column", "channel"))
    return {name: np.flatnonzero(wrong.any(axis=tuple({0, 1, 2, 3} - {axis}))) for axis, name in axes}


def _untouched(wrong: Array, geometry: Geometry) -> Iterator[str]:
    k = term_count(geometry)
    if (k == 0).any() and (k > 0).any():
        if not (wrong & (k > 0)).any():
            yield "at positions that no term reaches"
        elif not (wrong & (k == 0)).any() and wrong[k > 0].all():
            yield "at positions that a term reaches, and at all of them"


def _groups(channels: Array, geometry: Geometry) -> Iterator[str]:
    """Whole groups, where there are several."""
    G = geometry.groups
    if G in (1, geometry.C):
        return
    groups = np.unique(channels // (geometry.C // G))
    if said := _indices("group", groups, G, MOST_NAMED):
        yield said


def _indices(name: str, held: Array, extent: int, most: int) -> str | None:
    """Some of the indices of an axis in words; None for all of them, or too many to be a pattern."""
    if len(held) in (0, extent):
        return None
    first, last, count = int(held[0]), int(held[-1]), len(held)
    whole = last - first == count - 1  # no index between them is left out
    end = extent - 1
    ways = {
        f"in the first {name}": count == 1 and first == 0,
        f"in the last {name}": count == 1 and last == end,
        f"in {name} {first}": count == 1,
        f"in {name}s other than the first": whole and first == 1 and last == end,
        f"in {name}s other than the last": whole and first == 0 and last == end - 1,
        f"in the last {count} {name}s": whole and last == end,
        f"in {name}s {first} to {last}": whole,
        f"in the first and the last {name}": count == 2 and first == 0 and last == end,
        f"in {name}s {', '.join(map(str, held.tolist()))}": count <= most,
    }
    return next((words for words, fit in ways.items() if fit), None)


def _phase(index: str, pad: str, held: Array, axis: Axis) -> Iterator[str]:
    """Some of the phases of a stride; not where few indices say more."""
    stride = axis.stride
    if not 1 < stride <= LARGEST_STRIDE or len(held) < 2:
        return
    everywhere = np.unique((np.arange(axis.input) + axis.pad_before) % stride)
    phases = np.unique((held + axis.pad_before) % stride)
    if len(phases) < len(everywhere) and len(phases) <= MOST_NAMED:
        yield f"where ({index} + {pad}) mod {stride} = {' or '.join(map(str, phases.tolist()))}"
