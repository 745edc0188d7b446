"""What a case will need of the machine's memory, and what there is."""

import contextlib
import math
import os
import threading
from pathlib import Path
from typing import Final

from harness.oracle.bounds import TYPES
from harness.remote.machine import memory_left
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


class PeakMemory:
    """The largest memory that this process and all below it were seen to hold together, looked at once a second.

    In bytes, pages that several share counted once (PSS); 0 where the system does not say.
    """

    def __init__(self) -> None:
        """Start looking."""
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while True:
            self.bytes = max(self.bytes, sum(map(_proportional, process_tree(os.getpid()))))
            if self._stop.wait(1.0):
                return

    def stop(self) -> int:
        """Look a last time, and say what the peak was."""
        self._stop.set()
        self._thread.join()
        return self.bytes


def process_tree(pid: int) -> list[int]:
    """A process and those below it, each before its own; they come and go while one looks."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                found += process_tree(int(child))
    return found


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def memory_free() -> int:
    """Bytes that can be had without swapping, and that a control group leaves; no limit where the system names none."""
    return min(_available(), memory_left())


def _available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (OSError, ValueError):
        return 2**62
