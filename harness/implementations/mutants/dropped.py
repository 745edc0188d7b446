"""Mistakes of loops that end too early, of tiles without a tail, and of sums that are not summed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from harness.implementations.arguments import Call
from harness.implementations.mutants.kernel import Array, Steps, finish, inside, taps
from harness.implementations.mutants.mutant import Mutant

TILE_OF_ROWS: Final = 8
TILE_OF_CHANNELS: Final = 16


def _without(*place: Any) -> Steps:
    """The part of the result [N H W C] at `place` left at 0."""

    def finish_without(call: Call, total: Array) -> Array:
        result = finish(call, total)
        result[place] = 0
        return result

    return Steps(finish=finish_without)


def _without_terms(*place: Any) -> Steps:
    """The part of `out_backprop` [N P Q K] at `place` not summed."""
    return Steps(prepare=lambda call: replace(call, out_backprop=_zeroed(call.out_backprop, place)))


def _zeroed(array: Array, place: Any) -> Array:
    array = array.copy()
    array[place] = 0
    return array


def _last_group(call: Call, total: Array) -> Array:
    if len(total) > 1:
        total[-1] = 0
    return finish(call, total)


def _all_but_the_last(call: Call) -> Iterable[tuple[int, int]]:
    return list(taps(call))[:-1]


def _rows_but_the_last(call: Call) -> Iterable[tuple[int, int]]:
    return (tap for tap in taps(call) if tap[0] < call.filter.shape[0] - 1)


def _overwrite(total: Array, h: Array, w: Array, terms: Array) -> None:
    p, q = inside(h, total.shape[2]), inside(w, total.shape[3])
    total[:, :, h[p][:, None], w[q]] = terms[:, :, p[:, None], q]


def _whole_tiles(axis: int, tile: int) -> Callable[[Call], Call]:
    """Above one tile, what does not fill another along `axis` of `out_backprop` is not computed."""

    def prepare(call: Call) -> Call:
        extent = call.out_backprop.shape[axis]
        if extent <= tile or extent % tile == 0:
            return call
        place = (slice(None),) * axis + (slice(extent - extent % tile, None),)
        return replace(call, out_backprop=_zeroed(call.out_backprop, place))

    return prepare


MUTANTS: Final = (
    Mutant("overwritten", "terms overwrite what is there instead of being added", Steps(add=_overwrite)),
    Mutant("last-tap-dropped", "last tap of the filter dropped", Steps(taps=_all_but_the_last)),
    Mutant("last-filter-row-dropped", "last row of the filter dropped", Steps(taps=_rows_but_the_last)),
    Mutant("last-output-row-dropped", "last row of out_backprop dropped", _without_terms(slice(None), slice(-1, None))),
    Mutant("last-output-channel-dropped", "last output channel dropped", _without_terms(..., slice(-1, None))),
    Mutant("last-row-dropped", "last row of in_backprop left at 0", _without(slice(None), slice(-1, None))),
    Mutant(
        "last-column-dropped",
        "last column of in_backprop left at 0",
        _without(slice(None), slice(None), slice(-1, None)),
    ),
    Mutant("last-channel-dropped", "last input channel left at 0", _without(..., slice(-1, None))),
    Mutant("last-image-dropped", "last image of the batch left at 0", _without(slice(-1, None))),
    Mutant("last-group-dropped", "last group left at 0", Steps(finish=_last_group)),
    Mutant(
        "rows-beyond-tiles-dropped",
        f"rows of out_backprop beyond whole tiles of {TILE_OF_ROWS} dropped",
        Steps(prepare=_whole_tiles(1, TILE_OF_ROWS)),
    ),
    Mutant(
        "channels-beyond-tiles-dropped",
        f"output channels beyond whole vectors of {TILE_OF_CHANNELS} dropped",
        Steps(prepare=_whole_tiles(3, TILE_OF_CHANNELS)),
    ),
)
