"""Mistakes in how the filter [R S C/G K] is read, and in what belongs to which channel, group and image."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from harness.implementations.arguments import Call
from harness.implementations.mutants.kernel import Array, Steps, finish
from harness.implementations.mutants.mutant import Mutant


def _filter(change: Callable[[Array], Array]) -> Steps:
    return Steps(prepare=lambda call: replace(call, filter=change(call.filter)))


def _out_backprop(change: Callable[[Array], Array]) -> Steps:
    return Steps(prepare=lambda call: replace(call, out_backprop=change(call.out_backprop)))


def _rows_and_columns_exchanged(filter: Array) -> Array:
    R, S, C, K = filter.shape
    return filter.reshape(S, R, C, K).swapaxes(0, 1)


def _channels_exchanged(filter: Array) -> Array:
    R, S, C, K = filter.shape
    return filter.reshape(R, S, K, C).swapaxes(2, 3)


def _channels_exchanged_if_pointwise(filter: Array) -> Array:
    return _channels_exchanged(filter) if filter.shape[:2] == (1, 1) else filter


def _group_of_the_first(call: Call) -> Call:
    R, S, C, K = call.filter.shape
    G = call.geometry.groups
    by_group = call.filter.reshape(R, S, C, G, K // G)
    return replace(call, filter=np.broadcast_to(by_group[:, :, :, :1], by_group.shape).reshape(R, S, C, K))


def _interleaved_outputs(call: Call) -> Call:
    N, P, Q, K = call.out_backprop.shape
    G = call.geometry.groups
    dealt = call.out_backprop.reshape(N, P, Q, K // G, G).swapaxes(3, 4)
    return replace(call, out_backprop=dealt.reshape(N, P, Q, K))


def _interleaved_inputs(call: Call, total: Array) -> Array:
    result = finish(call, total)
    return result.reshape(*result.shape[:3], *_groups_first(call)).swapaxes(3, 4).reshape(result.shape)


def _groups_first(call: Call) -> tuple[int, int]:
    G = call.geometry.groups
    return G, call.geometry.C // G


def _first_image(dy: Array) -> Array:
    return np.broadcast_to(dy[:1], dy.shape) if len(dy) > 1 else dy


MUTANTS: Final = (
    Mutant(
        "no-rotation", "filter not rotated: its taps in reverse order along both axes", _filter(lambda f: f[::-1, ::-1])
    ),
    Mutant("rotation-of-columns-only", "rows of the filter in reverse order", _filter(lambda f: f[::-1])),
    Mutant("rotation-of-rows-only", "columns of the filter in reverse order", _filter(lambda f: f[:, ::-1])),
    Mutant("filter-transposed", "R and S of the filter exchanged", _filter(_rows_and_columns_exchanged)),
    Mutant("channels-exchanged", "C and K of the filter exchanged", _filter(_channels_exchanged)),
    Mutant(
        "pointwise-channels-exchanged",
        "C and K exchanged in the shortcut for 1x1 filters",
        _filter(_channels_exchanged_if_pointwise),
    ),
    Mutant(
        "first-filter-for-all-groups",
        "the first group's filter used for every group",
        Steps(prepare=_group_of_the_first),
    ),
    Mutant(
        "groups-interleaved-in-outputs",
        "output channels dealt out to the groups in turn, not in blocks",
        Steps(prepare=_interleaved_outputs),
    ),
    Mutant(
        "groups-interleaved-in-inputs",
        "input channels dealt out to the groups in turn, not in blocks",
        Steps(finish=_interleaved_inputs),
    ),
    Mutant("first-image-for-all", "the first image of a batch used for every image", _out_backprop(_first_image)),
    Mutant("channels-reversed", "output channels in reverse order", _out_backprop(lambda dy: dy[..., ::-1])),
)
