"""Operands, seeded from the case's id: the same on every machine and under every number of workers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, wraps
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar, assert_never

import numpy as np

from harness.oracle.bounds import TYPES, largest_magnitude, magnitude, term_count
from harness.oracle.evidence import Evidence, read_evidence
from harness.oracle.extremes import DRAWS
from harness.oracle.profiles import allowance_of, profile_of, witness_limit
from harness.spec.attributes import from_nhwc, to_nhwc
from harness.spec.case import Case, DataKind, Shape
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
_P = ParamSpec("_P")
_T = TypeVar("_T")

MOST_DRAWS: Final = 8  # calls that may share the work of one witness run
LARGEST_WITNESS: Final = 1024
EXPONENT_SPREAD: Final = {"half": 3}  # of `wide`, as a power of two each way; half overflows beyond
_WIDEST: Final = 30
_SPECIAL: Final = (("out_backprop", np.nan), ("out_backprop", np.inf), ("filter", np.nan), ("filter", -np.inf))


@dataclass(frozen=True, eq=False)
class Operands:
    """One call's arrays: read-only, in the case's type and layout.

    `exercised` is the share of the case's terms in which both factors are non-zero (for `wrap`, of the elements whose
    B passes 2**31). `certify` computes what `certificate` says; only witness operands have one.
    """

    filter: Array
    out_backprop: Array
    exercised: float | None = None
    certify: Callable[[], float] | None = None

    @cached_property
    def certificate(self) -> float | None:
        """What B of witness operands cannot pass, over 2**p, at most 1. Computed where asked for, not in a host."""
        return self.certify() if self.certify else None


def kept_for_a_case(
    compute: Callable[Concatenate[Case, _P], _T],
) -> Callable[Concatenate[Case, _P], _T]:
    """Keep all that is computed for one case, until another case comes.

    The next implementation of the same case needs it again; nobody else does, and of a layer it is many megabytes.
    """
    kept: dict[tuple[object, ...], _T] = {}
    of: list[Case] = []

    @wraps(compute)
    def keeping(case: Case, /, *arguments: _P.args, **named: _P.kwargs) -> _T:
        if not (of and (of[0] is case or of[0] == case)):
            kept.clear()
            of[:] = [case]
        key = (*arguments, *named.items())
        if key not in kept:
            kept[key] = compute(case, *arguments, **named)
        return kept[key]

    return keeping


@kept_for_a_case
def make_operands(case: Case, kind: DataKind) -> tuple[Operands, ...]:
    """Operands of one run: one call's, or several where several share the work."""
    draws = _seeded(case, kind)
    if case.evidence and (kept := read_evidence(Path(case.evidence))).kind == kind:
        return (*draws[: kept.draw], _kept(case, kept), *draws[kept.draw + 1 :])
    return draws


def _seeded(case: Case, kind: DataKind) -> tuple[Operands, ...]:
    if case.geometry is None:
        return (_literal(case),)
    draws: tuple[Operands, ...]
    match kind:
        case DataKind.WITNESS:
            draws = _witness(case, case.geometry)
        case DataKind.NORMAL:
            draws = (_each(case, kind, _normal),)
        case DataKind.POSITIVE:
            draws = (_each(case, kind, lambda rng, shape, dtype: np.abs(_normal(rng, shape, dtype))),)
        case DataKind.WIDE:
            draws = (_each(case, kind, _wide),)
        case DataKind.SPECIAL:
            draws = tuple(_special(case, where, value) for where, value in _SPECIAL)
        case DataKind.WRAP:
            draws = (_wrap(case, case.geometry),)
        case DataKind.TINY | DataKind.HUGE | DataKind.CANCEL | DataKind.ZEROS | DataKind.OPPOSED:
            draws = _extreme(case, case.geometry, kind)
        case _:
            assert_never(kind)
    return draws


@lru_cache(maxsize=4096)
def operands_of_shapes(filter: Shape, out_backprop: Shape, dtype: str) -> Operands:
    """Witness operands for any geometry with these shapes, seeded from the shapes: no draw, no B, a tenth of the time.

    No element has more terms than the filter has taps times K, which bounds B whatever strides and padding are.
    Raises ValueError where factors of one are already too many.
    """
    numeric = TYPES[dtype]
    terms = max(1, math.prod(filter[:2]) * filter[3])
    largest = min(LARGEST_WITNESS, math.isqrt(numeric.witness_limit // terms))
    if not largest:
        raise ValueError(f"{terms} terms of an element are not exact in {dtype}")
    rng = np.random.default_rng([*filter, *out_backprop])
    left, right = (_frozen(_signed_integers(rng, shape, largest), numeric.dtype) for shape in (filter, out_backprop))
    return Operands(left, right, exercised=1.0, certify=lambda: terms * largest**2 / numeric.witness_limit)


def kernel_layout(case: Case, array: Array) -> Array:
    """`out_backprop` or `in_backprop` in NHWC order, whatever the case's layout (C7)."""
    return array.transpose(to_nhwc((0, 1, 2, 3), case.attributes.data_format))


def _generator(case: Case, kind: DataKind, draw: int = 0) -> np.random.Generator:
    return np.random.default_rng(case.seed(kind, draw))


def _frozen(array: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):  # of huge operands a few may be infinite in half
        array = np.ascontiguousarray(array.astype(dtype, copy=False)).reshape(array.shape)
    array.flags.writeable = False
    return array


def _operands(case: Case, filter: Array, out_backprop: Array, exercised: float | None = None) -> Operands:
    dtype = TYPES[case.attributes.dtype].dtype
    return Operands(_frozen(filter, dtype), _frozen(out_backprop, dtype), exercised)


def _each(case: Case, kind: DataKind, draw: Any) -> Operands:
    rng = _generator(case, kind)
    call = case.attributes
    return _operands(case, *(draw(rng, shape, call.dtype) for shape in (call.filter, call.out_backprop)))


def _normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Drawn from 65,536 normal values, in a third of the time that drawing each anew takes: a layer has millions."""
    return np.asarray(_normal_values(dtype)[rng.integers(2**16, size=shape, dtype=np.uint16)])


@cache
def _normal_values(dtype: str) -> Array:
    return np.random.default_rng(0).standard_normal(2**16, np.float64 if dtype == "float64" else np.float32)


def _literal(case: Case) -> Operands:
    """Arrays of the shapes and the type that a call to be rejected names."""
    rng = _generator(case, DataKind.NORMAL)
    known = TYPES.get(case.attributes.dtype)
    dtype = known.dtype if known else np.dtype(case.attributes.dtype)
    shapes = case.attributes.filter, case.attributes.out_backprop
    filter, out_backprop = (_frozen(np.asarray(rng.integers(1, 4, shape)), dtype) for shape in shapes)
    return Operands(filter, out_backprop)


def _kept(case: Case, kept: Evidence) -> Operands:
    """Operands as they were when the case failed; witness operands prove themselves anew."""
    if case.geometry is None or kept.kind != DataKind.WITNESS:
        return Operands(kept.filter, kept.out_backprop)
    return _certified(case, case.geometry, Operands(kept.filter, kept.out_backprop))


def _certified(case: Case, geometry: Geometry, operands: Operands) -> Operands:
    """B is at most the largest product times the number of terms; it is computed where that is not enough."""

    def certificate() -> float:
        limit = _limits(case, geometry)[0]
        factors = math.prod(map(_largest, (operands.filter, operands.out_backprop)))
        most = factors * int(term_count(geometry).max(initial=0))
        if most > limit:
            most = int(largest_magnitude(geometry, operands.filter, kernel_layout(case, operands.out_backprop)))
        return most / limit

    return replace(operands, certify=certificate)


def _largest(array: Array) -> int:
    return max(int(array.max(initial=0)), -int(array.min(initial=0)))


def _signed_integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int) -> Array:
    """Integers of -largest..largest without 0, equally likely; one small draw for each, for most of a layer's time."""
    values = np.asarray(rng.integers(-largest, largest, shape, np.int16))
    return values + (values >= 0)


def _witness(case: Case, geometry: Geometry) -> tuple[Operands, ...]:
    """Small integers whose B stays within 2**p, so that every partial sum is exact in any order.

    Where even factors of one are too many, every element of `out_backprop` is kept in one draw of several and zero in
    the others: no term is exercised twice, and all are where the draws are not cut off at MOST_DRAWS.
    """
    most = int(term_count(geometry).max(initial=0))
    limit, largest = _limits(case, geometry)
    shares = max(1, math.ceil(most / limit))
    if shares == 1:  # B is at most the largest product times the number of terms, so nothing has to be tried
        largest = min(largest, math.isqrt(limit // most)) if most else 1
        return (_witness_draw(case, geometry, largest),)
    while True:
        draws = [_shared_draw(case, geometry, shares, draw) for draw in range(min(shares, MOST_DRAWS))]
        if all(draw.certificate is not None and draw.certificate <= 1 for draw in draws):
            return tuple(draws)
        shares += max(1, shares // 8)


def _limits(case: Case, geometry: Geometry) -> tuple[int, int]:
    """The largest B and the largest factor of witness operands; B of 1 where a transform leaves no integers."""
    profile, numeric = profile_of(case), TYPES[case.attributes.dtype]
    limit = witness_limit(profile, numeric, int(term_count(geometry).max(initial=0)))
    return max(1, limit), min(LARGEST_WITNESS, allowance_of(profile, numeric.name).largest_factor)


def _witness_draw(case: Case, geometry: Geometry, largest: int, draw: int = 0) -> Operands:
    rng = _generator(case, DataKind.WITNESS, draw)
    filter = _signed_integers(rng, case.attributes.filter, largest)
    out_backprop = _signed_integers(rng, case.attributes.out_backprop, largest)
    return _certified(case, geometry, _operands(case, filter, out_backprop, exercised=1.0))


def _shared_draw(case: Case, geometry: Geometry, shares: int, draw: int) -> Operands:
    """Factors of one, and in `out_backprop` those that are dealt to this draw."""
    whole = _witness_draw(case, geometry, 1, draw)
    dealt = _generator(case, DataKind.WITNESS, -1).permutation(whole.out_backprop.size) % shares
    kept = whole.out_backprop * (dealt == draw).reshape(whole.out_backprop.shape)
    # B counts the terms that are left.
    B = magnitude(geometry, whole.filter, kernel_layout(case, kept))
    operands = _operands(case, whole.filter, kept, exercised=float(B.sum() / term_count(geometry).sum()))
    return _certified(case, geometry, operands)


def _wide(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Signed values whose exponents lie far apart."""
    spread = EXPONENT_SPREAD.get(dtype, _WIDEST)
    mantissas = rng.uniform(1, 2, shape) * rng.choice((-1.0, 1.0), shape)
    return np.asarray(mantissas * 2.0 ** rng.integers(-spread, spread, shape))


def _special(case: Case, where: str, value: float) -> Operands:
    """Normal operands with one non-finite value in one place."""
    rng = _generator(case, DataKind.SPECIAL)
    arrays = {name: rng.standard_normal(getattr(case.attributes, name)) for name in ("filter", "out_backprop")}
    if size := arrays[where].size:
        arrays[where].flat[int(rng.integers(size))] = value
    return _operands(case, **arrays)


def _extreme(case: Case, geometry: Geometry, kind: DataKind) -> tuple[Operands, ...]:
    """The draws of a kind at the ends of the type, each from a generator of its own."""
    numeric, order = TYPES[case.attributes.dtype], from_nhwc((0, 1, 2, 3), case.attributes.data_format)
    pairs = (draw(_generator(case, kind, number), geometry, numeric) for number, draw in enumerate(DRAWS[kind]))
    return tuple(_operands(case, filter, rows.transpose(order)) for filter, rows in pairs)


def _wrap(case: Case, geometry: Geometry) -> Operands:
    """Integers of the whole range, whose sums pass 2**31."""
    rng = _generator(case, DataKind.WRAP)
    filter, out_backprop = (
        rng.integers(-(2**31), 2**31, shape) for shape in (case.attributes.filter, case.attributes.out_backprop)
    )
    B = magnitude(geometry, filter, kernel_layout(case, out_backprop))
    reached = term_count(geometry) > 0
    exercised = float((B[reached] >= 2**31).mean()) if reached.any() else 1.0
    return _operands(case, filter, out_backprop, exercised=exercised)
