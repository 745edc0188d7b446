"""Mistakes of arithmetic: types that are too small, NaN and infinities, and errors of one element."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import ml_dtypes
import numpy as np

from harness.implementations.arguments import Call
from harness.implementations.mutants.kernel import Array, Steps, accumulator, finish, inside, joined, places, taps
from harness.implementations.mutants.mutant import Mutant, for_floats
from harness.oracle.bounds import TYPES
from harness.spec.geometry import Axis

_NARROWER: Final = {
    TYPES["half"].dtype: np.dtype(ml_dtypes.bfloat16),
    TYPES["bfloat16"].dtype: np.dtype(np.float16),
    TYPES["float32"].dtype: np.dtype(np.float16),
    TYPES["float64"].dtype: np.dtype(np.float32),
    TYPES["int32"].dtype: np.dtype(np.float32),
}
_INT32: Final = np.iinfo(np.int32)
_NO_NAN: Final = {"int32": "an int32 is always finite"}


def _through(array: Array) -> Array:
    """Rounded to a type that is too small, and back; as an integer modulo 2**32."""
    narrow = array.astype(_NARROWER[array.dtype])
    return narrow.astype(np.int64).astype(np.int32) if array.dtype == np.int32 else narrow.astype(array.dtype)


def _summed_narrow(call: Call, total: Array) -> Array:
    dtype = call.filter.dtype
    return joined(total).astype(np.int64).astype(dtype) if dtype == np.int32 else finish(call, total)


def _operands_rounded(call: Call) -> Call:
    return replace(call, filter=_through(call.filter), out_backprop=_through(call.out_backprop))


def _wide_integers(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.int64) if dtype == np.int32 else accumulator(dtype)


def _saturated(call: Call, total: Array) -> Array:
    return finish(call, total.clip(_INT32.min, _INT32.max) if call.filter.dtype == np.int32 else total)


def _result(change: Callable[[Array], Array]) -> Steps:
    return Steps(finish=lambda call, total: change(finish(call, total)))


def _without_nan(result: Array) -> Array:
    return np.where(np.isnan(result), np.zeros_like(result), result)


def _without_infinity(result: Array) -> Array:
    if result.dtype == np.int32:
        return result
    info = ml_dtypes.finfo(result.dtype)  # type: ignore[no-untyped-call]  # as in bounds
    return np.asarray(np.clip(result, info.min, info.max), result.dtype)


def _silent_taps(call: Call, total: Array, met: Callable[[Array, Axis], Array]) -> Array:
    """Multiply the zeros that a tap of a rotated filter meets beside `out_backprop`, or between its elements."""
    height, width = call.geometry.height, call.geometry.width
    G, _, _, _, C_per_group = total.shape
    for r, s in taps(call):
        rows, columns = met(places(height, r), height), met(places(width, s), width)
        zero = (call.filter[r, s] * np.zeros(1, call.filter.dtype)).astype(total.dtype)
        by_group = zero.reshape(C_per_group, G, call.geometry.K // G).sum(axis=2).T
        total += np.where((rows[:, None] & columns)[:, :, None], 0, by_group[:, None, None, None, :])
    return finish(call, total)


def _elements(position: Array, axis: Axis) -> Array:
    met = np.zeros(axis.input, bool)
    met[position[inside(position, axis.input)]] = True
    return met


def _elements_and_gaps(position: Array, axis: Axis) -> Array:
    h = np.arange(axis.input)
    return np.asarray((h >= position.min(initial=axis.input)) & (h <= position.max(initial=-1)))


def _last_touched(change: Callable[[Array], Array]) -> Steps:
    """One element wrong: the last that is finite and not 0."""

    def finish_wrong(call: Call, total: Array) -> Array:
        result = np.ascontiguousarray(finish(call, total))
        touched = np.flatnonzero(np.isfinite(result) & (result != 0))[-1:]
        result.flat[touched] = change(result.flat[touched])
        return result

    return Steps(finish=finish_wrong)


def _by_a_thousandth(element: Array) -> Array:
    return (element.astype(np.float64) * 1.001).astype(element.dtype)


def _by_an_ulp(element: Array) -> Array:
    """The next number of the type: their bits count up."""
    bits = element.view(f"i{element.itemsize}")
    return (bits + 1).view(element.dtype)


MUTANTS: Final = (
    Mutant(
        "accumulated-too-narrow",
        "sums kept in too small a type",
        Steps(accumulator=_NARROWER.__getitem__, finish=_summed_narrow),
        indexing=False,
    ),
    Mutant("operands-rounded", "operands rounded to a smaller type", Steps(prepare=_operands_rounded), indexing=False),
    Mutant("rounded-twice", "result rounded to a smaller type on the way", _result(_through), indexing=False),
    Mutant(
        "saturated",
        "int32 saturates instead of wrapping",
        Steps(accumulator=_wide_integers, finish=_saturated),
        indexing=False,
        equivalent=for_floats("only sums of int32 are clipped"),
    ),
    Mutant("nan-dropped", "NaN replaced by 0", _result(_without_nan), indexing=False, equivalent=_NO_NAN),
    Mutant(
        "infinity-cut",
        "infinity cut down to the largest number",
        _result(_without_infinity),
        indexing=False,
        equivalent=_NO_NAN,
    ),
    Mutant(
        "zeros-multiplied",
        "zeros between and around out_backprop multiplied, so that NaN and infinities of the filter spread",
        Steps(finish=lambda call, total: _silent_taps(call, total, _elements)),
        indexing=False,
        equivalent=_NO_NAN,
    ),
    Mutant(
        "padding-multiplied",
        "zeros around out_backprop multiplied, so that NaN and infinities of the filter spread",
        Steps(finish=lambda call, total: _silent_taps(call, total, _elements_and_gaps)),
        indexing=False,
        equivalent=_NO_NAN,
    ),
    Mutant(
        "element-off-by-a-thousandth",
        "one element off by 1 part in 1,000",
        _last_touched(_by_a_thousandth),
        equivalent={"bfloat16": "1/1000 is less than half an ulp, which is 1/512 of a number at least: it rounds away"},
    ),
    Mutant("element-off-by-an-ulp", "one element off by one ulp", _last_touched(_by_an_ulp)),
)
