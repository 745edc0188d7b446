"""Size classes with levels of traits, and with each other: what can be together, and what calls have."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from harness.spec.case import Attributes
from harness.spec.geometry import Geometry
from harness.spec.traits import EXTENTS, LEVELS, SIZE_CLASSES, size_class, sizes_of, traits_of

Array: TypeAlias = np.ndarray[Any, Any]

CLASSES: Final = SIZE_CLASSES[1:]  # of an extent that is not empty
SIZES: Final = tuple(product(EXTENTS, CLASSES))
STATES: Final = tuple((trait, level) for trait, levels in LEVELS.items() for level in levels)
_ROOM: Final = 1200  # several of 64, in each of 16 groups
_GROUPS: Final = {"1": (1,), "several": range(2, 8), "8": range(8, 16), "16": range(16, 66)}


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Which are together: a size and a level, a size and two levels, two sizes. Indices are those of SIZES and STATES.

    Of two levels, and of two sizes, the one that comes first is in front.
    """

    one: Array
    two: Array
    sizes: Array

    def counts(self) -> tuple[int, int, int]:
        """How many of each."""
        return int(self.one.sum()), int(self.two.sum()), int(self.sizes.sum())


def empty() -> Tables:
    """Nothing together with anything."""
    sizes, states = len(SIZES), len(STATES)
    return Tables(*(np.zeros(shape, bool) for shape in ((sizes, states), (sizes, states, states), (sizes, sizes))))


def places(attributes: Attributes, geometry: Geometry) -> tuple[Array, Array]:
    """Where a call stands: indices of its sizes, those of empty extents left out, and of its levels."""
    sizes = [SIZES.index(size) for size in sizes_of(geometry).items() if size[1] in CLASSES]
    states = [STATES.index(state) for state in traits_of(attributes, geometry).items()]
    return np.array(sizes, int), np.array(states, int)


def reached(calls: Iterable[tuple[Attributes, Geometry]]) -> Tables:
    """What calls have together."""
    found = empty()
    for attributes, geometry in calls:
        sizes, states = places(attributes, geometry)
        found.one[np.ix_(sizes, states)] = True
        found.two[np.ix_(sizes, states, states)] = True
        found.sizes[np.ix_(sizes, sizes)] = True
    return Tables(*(table & can for table, can in zip(_all(found), _all(possible()), strict=True)))


def _all(tables: Tables) -> tuple[Array, Array, Array]:
    return tables.one, tables.two, tables.sizes


@cache
def possible() -> Tables:
    """What some call has together, by arithmetic: groups divide C and K (C8), P*Q is a multiple of Q."""
    tables = empty()
    states = np.array([[_levels_fit(one, other) for other in STATES] for one in STATES])
    fits = np.array([[_size_fits(size, state) for state in STATES] for size in SIZES])
    tables.one[:] = fits
    tables.two[:] = np.triu(states, 1) & fits[:, :, None] & fits[:, None, :]
    tables.sizes[:] = np.triu([[_sizes_fit(one, other) for other in SIZES] for one in SIZES], 1)
    return tables


def _levels_fit(one: tuple[str, str], other: tuple[str, str]) -> bool:
    if one[0] == other[0]:
        return False
    both = {one, other}
    if ("padding", "SAME-odd") in both and ("filter", "1") in both:  # one tap is padded nowhere (C4)
        return False
    grouped = any(trait == "groups" and level != "1" for trait, level in both)
    return not (grouped and ("sizes", "two") in both)  # two elements leave the channels to the filter (C10)


def _size_fits(size: tuple[str, str], state: tuple[str, str]) -> bool:
    """Whether C or K of a size is a multiple of so many groups."""
    if size[0] not in {"C", "K"} or state[0] != "groups":
        return True
    return any(extent % G == 0 for G in _GROUPS[state[1]] for extent in _members(size[1]))


def _sizes_fit(one: tuple[str, str], other: tuple[str, str]) -> bool:
    if one[0] == other[0]:
        return False
    asked = dict((one, other))
    for whole, part in (("C", "CG"), ("K", "KG"), ("PQ", "Q")):
        if asked.keys() == {whole, part}:
            return any(extent % each == 0 for extent in _members(asked[whole]) for each in _members(asked[part]))
    return True  # each can be whatever the other is: with one group, one row, pads and strides of any size


@cache
def _members(name: str) -> tuple[int, ...]:
    return tuple(extent for extent in range(1, _ROOM) if size_class(extent) == name)
