"""Cases chosen by what they kill: calls are drawn for what is not killed yet, and the cheapest for it is kept.

What a call kills is foretold from the parts of blocks that it has; `harness mutants` then runs it.
"""

import random
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.mutants.blocks import (
    FAULTS,
    HEAVY,
    LONG,
    PAST,
    REFUSED,
    WHERES,
    Fault,
    Where,
    equivalent,
    is_accepted,
)
from harness.spec.case import Case
from harness.spec.traits import EXTENTS, LEVELS, SIZE_CLASSES, size_class
from harness.studies.block_kills import is_found
from harness.studies.drawn import Call, drawn
from harness.studies.generated import as_case

Array: TypeAlias = np.ndarray[Any, Any]

SEED: Final = 20
DRAWS: Final = 40  # calls of which the best is kept
IN_VAIN: Final = 20  # times that none of so many adds anything: what is left is then taken for what no call has
MOST_WORK: Final = 2**22  # multiply-adds of a call that is not drawn for its work
MOST_ELEMENTS: Final = 2**18
LENGTHS: Final = (*range(1, 131), 255, 257, 261, 272)
CLASSES: Final = SIZE_CLASSES[1:]  # of an extent that is not empty
PLACES: Final = tuple(dict.fromkeys((fault.width, fault.part) for fault in (*FAULTS, *LONG)))
_NAMES: Final = tuple(EXTENTS)
_BY_PLACE: Final[dict[tuple[str, int, str], list[Fault]]] = {}
for _fault in (*FAULTS, *LONG):
    _BY_PLACE.setdefault((_fault.extent, _fault.width, _fault.part), []).append(_fault)


def cost(call: Call) -> float:
    """Seconds that a case takes on all paths of a CPU together, as measured: most is compiling."""
    geometry = call.geometry
    work = {"float32": 5e-9, "float64": 4e-8, "int32": 1e-8, "half": 2e-8, "bfloat16": 3e-8}[call.attributes.dtype]
    return 0.12 + work * geometry.multiply_adds + 2e-7 * _elements(call)


def _elements(call: Call) -> int:
    geometry = call.geometry
    return sum(int(np.prod(shape)) for shape in (geometry.input_shape, geometry.filter_shape, geometry.output_shape))


@cache
def _parts() -> Array:
    """Which parts of blocks an extent of each length has: [LENGTHS, PLACES]."""
    faults = [Fault("N", width, part, "dropped") for width, part in PLACES]
    return np.array([[fault.part_of(length) is not None for fault in faults] for length in LENGTHS])


@cache
def _classes() -> Array:
    """The size class of each length: [LENGTHS, CLASSES]."""
    return np.array([[size_class(length) == name for name in CLASSES] for length in LENGTHS])


class Wanted:
    """What is still to be had: parts of blocks killed under a level [extent, level, place], and pairs with classes."""

    def __init__(self) -> None:
        """Everything that some call has."""
        self.kills = np.zeros((len(_NAMES), len(WHERES), len(PLACES)), bool)
        for fault, where in product((*FAULTS, *LONG), WHERES):
            if not equivalent(fault, where):
                place = PLACES.index((fault.width, fault.part))
                self.kills[_NAMES.index(fault.extent), WHERES.index(where), place] = True
        self.pairs = np.ones((len(_NAMES), len(WHERES), len(CLASSES)), bool)

    def places(self, call: Call) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """Where a call stands in the two tables, extent by extent."""
        levels = call.levels
        for number, extent in enumerate(EXTENTS.values()):
            length = extent.length(call.geometry)
            met, known = (np.array(each, int) for each in _known(levels, extent.name))
            has = np.flatnonzero(_parts()[LENGTHS.index(length)]) if length in LENGTHS else np.array([], int)
            own = CLASSES.index(size_class(length))
            yield (number, *np.ix_(known, has)), (number, met, own)

    def gain(self, call: Call) -> int:
        """How much a call adds."""
        return sum(int(self.kills[kill].sum() + self.pairs[pair].sum()) for kill, pair in self.places(call))

    def take(self, call: Call) -> int:
        """Note what a call has, of what was foretold what comes true; how much of it was wanted."""
        case, gained = as_case(call), self.gain(call)
        for kill, pair in self.places(call):
            number, has = kill[0], kill[2].ravel()
            true = np.array([self._is_killed(case, call, number, place) for place in has], bool)
            come = (number, kill[1], has[true][None, :])
            self.kills[come] = False
            self.pairs[pair] = False
        return gained - self.gain(call)

    def _is_killed(self, case: Case, call: Call, number: int, place: int) -> bool:
        """Whether every change that may be made in a place shows; not looked at where nothing is wanted there."""
        if not self.kills[number, :, place].any():
            return True
        return all(
            is_found(case, call.geometry, fault) for fault in _BY_PLACE.get((_NAMES[number], *PLACES[place]), ())
        )

    def left(self) -> dict[str, list[int]]:
        """How much is wanted under each level."""
        counts = iter((self.kills.sum(axis=(0, 2)) + self.pairs.sum(axis=(0, 2))).tolist())
        return {trait: [next(counts) for _ in names] for trait, names in LEVELS.items()}

    def best_lengths(self, levels: Mapping[str, str], extent: str) -> Array:
        """How much each of LENGTHS adds along an extent."""
        met, known = _known(levels, extent)
        number = _NAMES.index(extent)
        return np.asarray(
            _parts() @ self.kills[number, known].sum(axis=0) + _classes() @ self.pairs[number, met].sum(axis=0)
        )


def _known(levels: Mapping[str, str], extent: str) -> tuple[list[int], list[int]]:
    """The numbers of a call's levels, and of those under which a kernel that knows no more kills along an extent."""
    fault = Fault(extent, 4, "first", "dropped")
    met = [number for number, where in enumerate(WHERES) if levels[where.trait] == where.level]
    if EXTENTS[extent].by_group and levels["groups"] == "1":
        return met, []
    return met, [number for number in met if is_accepted(fault, WHERES[number], levels)]


def chosen() -> list[Call]:
    """The calls of the default suite: between them they kill all that can be killed, most of it more than once."""
    rng = random.Random(SEED)  # noqa: S311 -- the same calls each time
    return [*_heavy(rng), *_taken(rng, Wanted())]


def _taken(rng: random.Random, wanted: Wanted) -> Iterator[Call]:
    """Calls one by one, of some drawn the one that adds most for its price, as long as any adds something."""
    vain = 0
    while vain < IN_VAIN:
        left = wanted.left()
        offers = [call for _ in range(DRAWS) if (call := _rich(rng, wanted, left))]
        best = max(offers, key=lambda call: wanted.gain(call) / cost(call), default=None)
        if best is None or not wanted.gain(best):
            vain += 1
            continue
        if wanted.take(best):
            vain = 0
            yield best
        else:
            vain += 1


def _rich(rng: random.Random, wanted: Wanted, left: Mapping[str, list[int]]) -> Call | None:
    """A call with levels of which much is wanted, and along each extent a length that adds much."""
    levels = _levels(rng, left)
    sizes: dict[str, str | int] = {}
    best = None
    for extent in rng.sample(_NAMES, len(_NAMES)):
        worth = wanted.best_lengths(levels, extent)
        top = np.flatnonzero(worth >= max(1, rng.choice((1.0, 0.9, 0.6)) * worth.max()))
        if not top.size:
            continue
        more = sizes | {extent: LENGTHS[int(rng.choice(list(top)))]}
        call = drawn(rng, levels, more)
        if call and call.geometry.multiply_adds <= MOST_WORK and _elements(call) <= MOST_ELEMENTS:
            best, sizes = call, more
    return best


def _levels(rng: random.Random, left: Mapping[str, list[int]]) -> dict[str, str]:
    """A level of each trait, the more likely the more is wanted; no more than one of those that many kernels refuse."""
    levels = {trait: rng.choices(names, [1 + count for count in left[trait]])[0] for trait, names in LEVELS.items()}
    alone = rng.choices(
        ["", *REFUSED], [1, *(sum(left[trait][1:]) / (1 + sum(map(sum, left.values()))) for trait in REFUSED)]
    )[0]
    levels |= {trait: name for trait, name in REFUSED.items() if trait != alone}
    if alone != "groups" and rng.random() < 0.5:  # for blocks of C/G
        levels["groups"] = rng.choice(LEVELS["groups"][1:])
    if levels["groups"] != "1":
        levels["sizes"] = "four"
    return levels


def _heavy(rng: random.Random) -> Iterator[Call]:
    """Calls just past the most multiply-adds, in which every level is met."""
    open_ = set(WHERES)
    while open_:
        offers = [call for _ in range(DRAWS) if (call := _heavy_call(rng, rng.choice(sorted(open_, key=str))))]
        best = max(offers, key=lambda call: len(_met(call) & open_) / cost(call))
        open_ -= _met(best)
        yield best


def _met(call: Call) -> set[Where]:
    levels = call.levels
    return {where for where in WHERES if where.holds(levels, call.geometry) and is_accepted(HEAVY[0], where, levels)}


def _heavy_call(rng: random.Random, where: Where) -> Call | None:
    levels = {trait: rng.choice(names) for trait, names in LEVELS.items()} | dict(REFUSED) | {where.trait: where.level}
    if levels["groups"] != "1":
        levels["sizes"] = "four"
    side, C = rng.choice((15, 16, 17, 24, 33)), rng.choice((48, 64, 65, 96, 130))
    asked: dict[str, str | int] = {"C": C, "K": C, "Q": side, "PQ": side * side, "N": 1}
    if not (start := drawn(rng, levels, asked)):
        return None
    times = -(-(2 ** max(PAST)) // start.geometry.multiply_adds)
    call = drawn(rng, levels, asked | {"K": C * times})
    fits = call and 2 ** max(PAST) <= call.geometry.multiply_adds < 2**28 and _elements(call) < 2**22
    return call if fits else None
