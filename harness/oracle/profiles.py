"""Right algorithms with errors of their own: what a profile's `algorithm` allows beside the rounding of sums."""

from dataclasses import dataclass
from typing import Final

from harness.spec.case import Profile


@dataclass(frozen=True, slots=True)
class Algorithm:
    """What one algorithm may do in the types it is for; in the others it is the plain sum.

    `product_error` is how far its products are off, relative to their size: of operands that are rounded to p bits
    2*2**-p, since each is off by 2**-p/(1 + 2**-p) at most, and of operands that are cut to p bits twice that.
    """

    dtypes: frozenset[str]
    product_error: float = 0.0


_PLAIN: Final = Algorithm(frozenset())
ALGORITHMS: Final = {
    "tf32": Algorithm(frozenset({"float32"}), 2 * 2.0**-11),
    "tf32-truncated": Algorithm(frozenset({"float32"}), 4 * 2.0**-11),
}


def algorithm_of(profile: Profile, dtype: str) -> Algorithm:
    """What a profile says of one type."""
    algorithm = ALGORITHMS.get(profile.algorithm or "", _PLAIN)
    return algorithm if dtype in algorithm.dtypes else _PLAIN
