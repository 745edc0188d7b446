"""Errors of many elements together: a bias stays inside every element's bound, and shows in their mean."""

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.bounds import NumericType
from harness.oracle.sums import LONG, Sums
from harness.spec.case import Profile

Array: TypeAlias = np.ndarray[Any, Any]

# Fitted on right orders, whose errors share operands: docs/decisions/bias.md has the study and the margins.
ONE_SIDED: Final = (0.1, 5.0)  # of the mean over the root mean square: this, and that over the root of the elements
LARGE: Final = (1.2, 3.6)  # of the root mean square in u*B, likewise; from 25 terms on times 0.2*sqrt(k)


FEWEST: Final = 31  # elements: of fewer, no mean can be beyond its limit


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` elements the mean of sign(r)*(y - r)/(u*B), and the root mean square."""

    count: int
    mean: float
    rms: float

    def flaw(self, most_terms: int) -> str:
        """What right sums of so many terms never do, or nothing."""
        if self.count >= FEWEST and self.rms:
            root = math.sqrt(self.count)
            said = f"mean {self.mean:.2g}, root mean square {self.rms:.2g} u*B over {self.count:,} elements"
            if abs(self.mean) > self.rms * (ONE_SIDED[0] + ONE_SIDED[1] / root):
                return f"biased {'towards' if self.mean < 0 else 'away from'} zero: {said}"
            if self.rms > (LARGE[0] + LARGE[1] / root) * max(1.0, 0.2 * math.sqrt(most_terms)):
                return f"errors larger than those of any order of summation: {said}"
        return ""


def spread_of(sums: Sums, result: Array, numeric: NumericType) -> Spread:
    """The spread of the errors of a result, in the layout of its sums."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors = result.astype(numeric.reference) - sums.r
        if sums.low is not None:
            errors -= sums.low
        errors *= np.sign(sums.r)
        errors /= numeric.u * sums.B
        judged = np.isfinite(errors)  # not where B is 0
    count = int(np.count_nonzero(judged))
    if count < errors.size:
        errors = errors[judged]
    mean, square = (float(total) / max(1, count) for total in (errors.sum(), np.vdot(errors, errors)))
    return Spread(count, mean, math.sqrt(square))


def is_asked_for(data: str, sums: Sums, numeric: NumericType, profile: Profile) -> bool:
    """Whether errors must be spread as those of right sums: on `normal` operands, unless a profile says otherwise.

    Where sums are long for their type, partial sums of one sign swallow what is added to them, and right orders are
    biased as well.
    """
    is_long = (int(sums.k.max(initial=0)) + 1) * numeric.u >= LONG
    says_otherwise = profile.algorithm or profile.rtol is not None or profile.rounding != "nearest"
    return data == "normal" and not is_long and not says_otherwise and sums.exponent is None


def together(spreads: list[Spread]) -> Spread:
    """The spread of several parts of an array."""
    count = sum(spread.count for spread in spreads)
    mean = sum(spread.mean * spread.count for spread in spreads) / max(1, count)
    square = sum(spread.rms**2 * spread.count for spread in spreads) / max(1, count)
    return Spread(count, mean, math.sqrt(square))
