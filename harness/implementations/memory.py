"""What a case will need of the machine's memory, and what there is."""

import math
import os
from pathlib import Path
from typing import Final

from harness.oracle.bounds import TYPES
from harness.spec.case import Case
from harness.spec.geometry import Geometry

# In the host the operands, copies of them in the framework, and the result; here the operands, B, k, the result in
# the reference's type and what comparing them makes on the way.
_COPIES_THERE: Final = 6
_COPIES_HERE: Final = 16


def memory_needed(case: Case, geometry: Geometry) -> int:
    """Estimate, in bytes, of what one call and its comparison hold at the same time."""
    size = TYPES[case.attributes.dtype].dtype.itemsize
    arrays = sum(math.prod(shape) for shape in (geometry.input_shape, geometry.filter_shape, geometry.output_shape))
    _, P, Q, _ = geometry.output_shape
    R, S, _, _ = geometry.filter_shape
    columns = P * Q * R * S * geometry.C  # of one image, as a matrix product by im2col holds them
    return arrays * (size * _COPIES_THERE + 8 * _COPIES_HERE) + columns * size


def memory_free() -> int:
    """Bytes that can be had without swapping; without a limit where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (OSError, ValueError):
        return 2**62
