"""The entry of a host: it makes the calls it is asked for until its parent closes the pipe, or dies."""

import contextlib
import ctypes
import os
import pickle
import signal
import sys

from threadpoolctl import threadpool_limits

from harness.implementations.calling import call, calls_of, preload
from harness.implementations.frames import read_frame, write_frame
from harness.implementations.hosts import MARKER


def main() -> None:
    """Serve the pipes whose numbers are the program's arguments."""
    requests, responses = map(int, sys.argv[1:3])
    _die_with_parent()
    threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS", "0")) or None
    with threadpool_limits(limits=threads):
        while (request := read_frame(requests)) is not None:
            case, implementation = pickle.loads(request)  # noqa: S301 -- from our own parent
            preload(implementation)
            write_frame(responses, pickle.dumps("loaded"))
            for kind, draw in calls_of(case):
                write_frame(responses, pickle.dumps(call(implementation, case, kind, draw)))
            _flush()
            write_frame(responses, pickle.dumps("done"))


def _flush() -> None:
    """Write out what C and Python have buffered, and a mark behind it."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
    with contextlib.suppress(OSError):
        os.write(1, MARKER)


def _die_with_parent() -> None:
    """A busy host does not read its pipe: the system ends it when its parent is killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != int(os.environ.get("HARNESS_PARENT", os.getppid())):
        sys.exit(1)


if __name__ == "__main__":
    main()
