"""What a process of the harness sees to, whichever side it is on."""

import contextlib
import ctypes
import os
import signal
import sys
from typing import Final

MARKER: Final = b"\x00end of case\x00\n"  # a host writes it to its output behind each case
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory() -> None:
    """Let glibc keep what is freed for the next case: mapping it anew costs as much as comparing (mallopt(3))."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for option, value in ((_M_MMAP_THRESHOLD, 32 << 20), (_M_TRIM_THRESHOLD, 256 << 20), (_M_TOP_PAD, 64 << 20)):
            library.mallopt(option, value)


def die_with(parent: int) -> None:
    """A busy process does not read its pipe: the system ends it when its parent is killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def flush() -> None:
    """Write out what C and Python have buffered, and a mark behind it."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
    with contextlib.suppress(OSError):
        os.write(1, MARKER)
