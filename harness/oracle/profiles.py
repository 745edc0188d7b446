"""Right algorithms with errors of their own: what a profile's `algorithm` allows, and what it goes on demanding."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.oracle.bounds import NumericType
from harness.spec.case import FLOAT_TYPES, Algorithm, Case, Profile
from harness.spec.geometry import Geometry

TRANSFORMED_FACTOR: Final = 4  # the largest of witness operands that a transform takes apart
ONE_BFLOAT16: Final = 2**8  # the largest integer up to which bfloat16 has all


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one algorithm may do in the types it is for; in the others, and elsewhere, it is the plain sum.

    Either its products are off by `product_error`, relative to their size, and it sums `products` of them for each;
    or, where there is a `norm`, every element is off by `norm(k)*u` of the largest B of all, k being the most terms.
    `largest_factor` bounds witness operands. What is not finite spreads by `spread` positions each way, None meaning
    everywhere; `infinity_is_nan` says that an infinity may become NaN. Operands count as
    subnormal below `parts` of the smallest normal number. `applies` says to which geometries.
    """

    dtypes: frozenset[str] = frozenset(FLOAT_TYPES)
    product_error: float = 0.0
    products: int = 1
    norm: Callable[[int], float] | None = None
    largest_factor: int = 1024
    spread: int | None = 0
    infinity_is_nan: bool = False
    parts: float = 1.0
    applies: Callable[[Geometry], bool] = lambda _: True


def _three_by_three(geometry: Geometry) -> bool:
    axes = (geometry.height, geometry.width)
    return all(axis.filter == 3 and axis.stride == axis.dilation == 1 for axis in axes)


def _strassen(k: int) -> float:
    """Each level of Strassen's algorithm triples the constant (Higham 2002, 23.2.2), and there are two at most."""
    return 3**2 * (2 * math.sqrt(k) + 1)


_FLOAT32: Final = frozenset({"float32"})
# What one bfloat16 leaves of a float32 must not be subnormal in the next; of an infinity it leaves NaN.
_IN_PARTS: Final[dict[str, Any]] = {"largest_factor": ONE_BFLOAT16, "parts": 2.0**16, "infinity_is_nan": True}
PLAIN: Final = Allowance()
ALLOWANCES: Final = {
    Algorithm.TF32: Allowance(_FLOAT32, 2 * 2.0**-11),
    Algorithm.TF32_TRUNCATED: Allowance(_FLOAT32, 4 * 2.0**-11),
    Algorithm.BFLOAT16X2: Allowance(_FLOAT32, 2.0**-8 + 2.0**-16, products=2, **_IN_PARTS),
    Algorithm.BFLOAT16X3: Allowance(_FLOAT32, 3 * 2.0**-16 + 2.0**-22, products=3, **_IN_PARTS),
    Algorithm.WINOGRAD_F2: Allowance(
        norm=lambda _: 52.0, largest_factor=TRANSFORMED_FACTOR, spread=3, applies=_three_by_three
    ),
    Algorithm.WINOGRAD_F4: Allowance(
        norm=lambda _: 180.0, largest_factor=TRANSFORMED_FACTOR, spread=5, applies=_three_by_three
    ),
    Algorithm.FFT: Allowance(norm=lambda _: 52.0, largest_factor=TRANSFORMED_FACTOR, spread=None),
    Algorithm.STRASSEN: Allowance(norm=_strassen, largest_factor=TRANSFORMED_FACTOR, spread=None),
    Algorithm.KAHAN: Allowance(infinity_is_nan=True),
    Algorithm.SPLIT_K: Allowance(),
}


def allowance_of(profile: Profile, dtype: str) -> Allowance:
    """What a profile says of one type."""
    allowance = ALLOWANCES[profile.algorithm] if profile.algorithm else PLAIN
    return allowance if dtype in allowance.dtypes else PLAIN


def profile_of(case: Case) -> Profile:
    """The profile of a case, without the algorithm where it is not for such a geometry."""
    profile = case.profile
    if profile.algorithm and case.geometry and not ALLOWANCES[profile.algorithm].applies(case.geometry):
        return replace(profile, algorithm=None)
    return profile


def witness_limit(profile: Profile, numeric: NumericType, most_terms: int) -> int:
    """The largest B of witness operands: exact in any order, and in a transform less than 1/2 off; 0 where none is."""
    allowance = allowance_of(profile, numeric.name)
    if allowance.norm is None:
        return numeric.witness_limit
    error_of_one = allowance.norm(most_terms) * transform_u(profile, numeric.u)
    return min(numeric.witness_limit, math.ceil(1 / (2 * error_of_one)) - 1)


def transform_u(profile: Profile, u: float) -> float:
    """Unit roundoff of a transform: float32's where a profile says that narrow types are summed in it."""
    return min(u, 2.0**-24) if profile.float32_accumulator else u
