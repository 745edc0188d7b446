"""The full suite's calls: every size class with every two levels, and every two size classes."""

import random
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from harness.spec.traits import EXTENTS, LEVELS
from harness.studies.block_cases import cost
from harness.studies.drawn import Call, drawn
from harness.studies.size_tables import CLASSES, SIZES, STATES, places, possible

Array: TypeAlias = np.ndarray[Any, Any]

SEED: Final = 21
DRAWS: Final = 12  # calls of which the best is kept
IN_VAIN: Final = 200  # draws that add nothing, before what is left is asked for one by one
MOST_WORK: Final = 2**22
_NAMES: Final = tuple(EXTENTS)


class Wanted:
    """What is still to be had: a size and two levels, both ways round, and two sizes."""

    def __init__(self) -> None:
        """Everything that some call has."""
        can = possible()
        self.two = can.two | can.two.transpose(0, 2, 1)
        self.sizes = can.sizes | can.sizes.T

    def gain(self, call: Call) -> int:
        """How much a call adds."""
        sizes, states = places(call.attributes, call.geometry)
        return int(self.two[np.ix_(sizes, states, states)].sum() // 2 + self.sizes[np.ix_(sizes, sizes)].sum() // 2)

    def take(self, call: Call) -> None:
        """What a call has is wanted no more."""
        sizes, states = places(call.attributes, call.geometry)
        self.two[np.ix_(sizes, states, states)] = False
        self.sizes[np.ix_(sizes, sizes)] = False


def chosen() -> Iterator[Call]:
    """Calls one by one, each the best for its price of some that are drawn for what is still wanted."""
    rng, wanted = random.Random(SEED), Wanted()  # noqa: S311 -- the same calls each time
    vain = 0
    while vain < IN_VAIN and (wanted.two.any() or wanted.sizes.any()):
        offers = [call for _ in range(DRAWS) if (call := _rich(rng, wanted))]
        best = max(offers, key=lambda call: wanted.gain(call) / cost(call), default=None)
        if best is None or not wanted.gain(best):
            vain += 1
            continue
        vain = 0
        wanted.take(best)
        yield best


def _rich(rng: random.Random, wanted: Wanted) -> Call | None:
    """A call with something that is wanted, other levels of which much is, and sizes that add much to them."""
    sizes: dict[str, str | int] = {}
    levels: dict[str, str] = {}
    if wanted.two.any():
        flat = np.flatnonzero(wanted.two)
        size, one, other = np.unravel_index(int(flat[rng.randrange(flat.size)]), wanted.two.shape)
        levels = dict((STATES[one], STATES[other]))
    else:
        flat = np.flatnonzero(wanted.sizes)
        size, other = np.unravel_index(int(flat[rng.randrange(flat.size)]), wanted.sizes.shape)
        sizes = dict([SIZES[other]])
    sizes = {SIZES[size][0]: SIZES[size][1], **sizes}
    _complete(rng, levels, wanted, SIZES.index(next(iter(sizes.items()))))
    best = drawn(rng, levels, sizes)
    for extent in rng.sample(_NAMES, len(_NAMES)) if best else ():
        if extent in sizes:
            continue
        worth = _worth(wanted, extent, levels, sizes)
        if not worth.max():
            continue
        more = sizes | {extent: CLASSES[int(rng.choice(list(np.flatnonzero(worth >= 0.8 * worth.max()))))]}
        call = drawn(rng, levels, more)
        if call and call.geometry.multiply_adds <= MOST_WORK:
            best, sizes = call, more
    return best


def _complete(rng: random.Random, levels: dict[str, str], wanted: Wanted, size: int) -> None:
    """A level of each trait that is open, the more likely the more of it is wanted beside the others and the size."""
    for trait in rng.sample(tuple(LEVELS), len(LEVELS)):
        if trait in levels:
            continue
        has = [STATES.index(state) for state in levels.items()]
        names = [name for name in LEVELS[trait] if _goes(levels, trait, name)]
        weights = [
            1 + 20 * int(wanted.two[size, STATES.index((trait, name))][has].sum())
            + int(wanted.two[:, STATES.index((trait, name))][:, has].sum())
            for name in names
        ]  # fmt: skip
        levels[trait] = rng.choices(names, weights)[0]


def _goes(levels: dict[str, str], trait: str, name: str) -> bool:
    both = levels | {trait: name}
    one_tap = both.get("padding") == "SAME-odd" and both.get("filter") == "1"
    grouped_of_two = both.get("sizes") == "two" and both.get("groups", "1") != "1"
    return not (one_tap or grouped_of_two)


def _worth(wanted: Wanted, extent: str, levels: dict[str, str], sizes: dict[str, str | int]) -> Array:
    """How much each class of an extent adds to the levels and the sizes that are there."""
    own = slice(SIZES.index((extent, CLASSES[0])), SIZES.index((extent, CLASSES[-1])) + 1)
    has = [STATES.index(state) for state in levels.items()]
    beside = [SIZES.index(size) for size in sizes.items()]
    return np.asarray(
        wanted.two[own][:, has][:, :, has].sum(axis=(1, 2)) // 2 + wanted.sizes[own][:, beside].sum(axis=1)
    )
