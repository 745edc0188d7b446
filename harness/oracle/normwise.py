"""Errors under a profile: the plain rule, or one bound for all elements of a transform."""

from typing import Any, TypeAlias

import numpy as np

from harness.oracle.bounds import NumericType
from harness.oracle.profiles import allowance_of, transform_u
from harness.oracle.rule import Errors, bounded_errors, widened
from harness.oracle.sums import Sums, unscaled
from harness.spec.case import Profile

Array: TypeAlias = np.ndarray[Any, Any]


def errors_under(sums: Sums, result: Array, numeric: NumericType, profile: Profile) -> Errors:
    """The accuracy run under a profile, whose own `rtol` and `atol` go before its algorithm."""
    allowance = allowance_of(profile, numeric.name)
    if allowance.norm is None or profile.rtol is not None:
        return bounded_errors(sums, result, numeric, profile)
    return _normwise_errors(sums, result, numeric, profile, allowance.norm(sums.most_terms))


def _normwise_errors(sums: Sums, result: Array, numeric: NumericType, profile: Profile, norm: float) -> Errors:
    """|y - r| <= c*u*max B: a transform mixes elements, so that the largest of them says how far off each may be.

    Where the transform is in float32 and the type is not, u*|r| for the last rounding is added. Noise remains where
    no term reaches, too; only where all sums are 0 must a result be.
    """
    actual = widened(result, numeric)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        largest = sums.norm if sums.exponent is None else np.ldexp(sums.norm, sums.norm_exponent - sums.exponent)
        u = transform_u(profile, numeric.u)
        bound = np.broadcast_to(np.asarray(norm * u * largest), sums.r.shape).astype(np.float64)
        if u < numeric.u:
            bound = bound + numeric.u * np.abs(sums.r)
        if sums.subnormal is not None:  # what is subnormal has as much noise again, relative to the largest
            bound = 2 * bound
        if sums.norm:
            bound = bound + norm * (sums.most_terms + 1) * _least(numeric, sums)
        scaled = actual if sums.exponent is None else np.ldexp(actual, -sums.exponent)
        distance = np.abs(scaled - sums.r if sums.low is None else scaled - sums.r - sums.low)
        wrong = ~(distance <= bound)
        margin = np.where(distance > 0, distance / bound, 0.0)
        most = unscaled(np.asarray(numeric.largest), None if sums.exponent is None else -sums.exponent)
        special = np.zeros((), np.float64) if sums.special is None else sums.special
        settled = ~(np.isfinite(special) & np.isfinite(actual))
        reached = np.zeros((), bool) if sums.spread is None else sums.spread
        accepted = ~np.isfinite(actual) & (~np.isfinite(special) | reached | (norm * largest > most))
        wrong = np.where(settled, ~accepted, wrong)
        margin, distance = (np.where(settled, np.where(accepted, 0.0, np.inf), each) for each in (margin, distance))
        distance, bound = (np.asarray(unscaled(each, sums.exponent), np.float64) for each in (distance, bound))
    none, limit = np.zeros(wrong.shape, bool), np.broadcast_to(np.asarray(norm), wrong.shape)
    vacuous = np.broadcast_to(np.asarray(norm * u >= 1), wrong.shape)
    margin = np.asarray(margin, np.float64)
    return Errors(sums.in_backprop, actual, distance, bound, margin, wrong, numeric, none, vacuous, limit)


def _least(numeric: NumericType, sums: Sums) -> Array:
    return unscaled(np.asarray(numeric.smallest_normal), None if sums.exponent is None else -sums.exponent)
