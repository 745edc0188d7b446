"""Right algorithms with errors of their own: what a profile's `algorithm` allows beside the rounding of sums."""

from dataclasses import dataclass
from typing import Final

from harness.spec.case import Algorithm, Profile


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one algorithm may do in the types it is for; in the others it is the plain sum.

    `product_error` is how far its products are off, relative to their size: of operands that are rounded to p bits
    2*2**-p, since each is off by 2**-p/(1 + 2**-p) at most, and of operands that are cut to p bits twice that.
    """

    dtypes: frozenset[str]
    product_error: float = 0.0


_PLAIN: Final = Allowance(frozenset())
ALLOWANCES: Final = {
    Algorithm.TF32: Allowance(frozenset({"float32"}), 2 * 2.0**-11),
    Algorithm.TF32_TRUNCATED: Allowance(frozenset({"float32"}), 4 * 2.0**-11),
}


def allowance_of(profile: Profile, dtype: str) -> Allowance:
    """What a profile says of one type."""
    allowance = ALLOWANCES[profile.algorithm] if profile.algorithm else _PLAIN
    return allowance if dtype in allowance.dtypes else _PLAIN
