"""The products that make up one element of `in_backprop` (C1), and the order in which each form adds them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]
Element: TypeAlias = tuple[int, int, int, int]  # n h w c


@dataclass(frozen=True, slots=True)
class Meeting:
    """A tap and where it reaches for one input position along one axis; `source` is None where it finds nothing."""

    tap: int
    reach: int
    source: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """One product: an element [p q k] of `out_backprop`, a tap [r s] of the filter, and the two numbers."""

    p: int
    q: int
    k: int
    r: int
    s: int
    filter: int | float
    out_backprop: int | float

    @property
    def product(self) -> int | float:
        """What is added."""
        return self.filter * self.out_backprop


# Of one element: the loops run over p, q, k; gather over the taps; the rotated filter over the taps from the back.
ORDERS: Final[dict[str, Callable[[Term], tuple[int, int, int]]]] = {
    "scatter": lambda term: (term.p, term.q, term.k),
    "gather": lambda term: (term.r, term.s, term.k),
    "rotated": lambda term: (-term.r, -term.s, term.k),
}


def meetings(axis: Axis, position: int) -> Iterator[Meeting]:
    """For every tap r of one axis, the p with h = p*sh + r*dh - pt (C1); `reach` is h + pt - r*dh."""
    for tap in range(axis.filter):
        reach = position + axis.pad_before - tap * axis.dilation
        source, remainder = divmod(reach, axis.stride)
        yield Meeting(tap, reach, source if not remainder and 0 <= source < axis.output else None)


def pairs(axis: Axis, position: int) -> list[tuple[int, int]]:
    """Pairs (p, r) that meet at one input position, p rising."""
    return sorted((met.source, met.tap) for met in meetings(axis, position) if met.source is not None)


def terms_of(geometry: Geometry, element: Element, filter: Array, out_backprop: Array) -> list[Term]:
    """All products of one element, in the order of the seven loops.

    `filter` [R S C/G K] and `out_backprop` [N P Q K]; the output channels are those of the element's group (C8).
    """
    n, h, w, c = element
    group, c_in_group = divmod(c, geometry.C // geometry.groups)
    per_group = geometry.K // geometry.groups
    return [
        Term(p, q, k, r, s, filter[r, s, c_in_group, k].item(), out_backprop[n, p, q, k].item())
        for p, r in pairs(geometry.height, h)
        for q, s in pairs(geometry.width, w)
        for k in range(group * per_group, (group + 1) * per_group)
    ]


def running(terms: list[Term], form: str) -> list[tuple[int, int | float]]:
    """For each term, which one a form adds it as, counted from 1, and the total it then has."""
    places = sorted(range(len(terms)), key=lambda at: ORDERS[form](terms[at]))
    totals = accumulate(terms[at].product for at in places)
    added = {at: (place, total) for place, (at, total) in enumerate(zip(places, totals, strict=True), 1)}
    return [added[at] for at in range(len(terms))]


def busiest(axis: Axis) -> int:
    """The position nearest to the middle of those that most taps reach; of a long axis, among some near the middle."""
    middle = axis.input // 2
    near = range(max(0, middle - _NEAR), min(axis.input, middle + _NEAR))
    return min(near, key=lambda at: (-len(pairs(axis, at)), abs(at - middle)), default=0)


_NEAR: Final = 64
