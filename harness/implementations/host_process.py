"""The entry of a fork server, and of the hosts it forks: they make the calls they are asked for."""

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
from functools import partial

from threadpoolctl import threadpool_limits

from harness.implementations.calling import outcomes, preload
from harness.implementations.frames import read_frame, write_frame
from harness.implementations.host_output import MARKER
from harness.implementations.memory import keep_freed_memory


def main() -> None:
    """Fork hosts for the socket and after importing the module that are the program's arguments."""
    control, module = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    _die_with(int(os.environ.get("HARNESS_PARENT", os.getppid())))
    keep_freed_memory()
    threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS", "0")) or None
    with threadpool_limits(limits=threads):
        if module:
            with contextlib.suppress(Exception):  # a host that needs it will say what is wrong
                importlib.import_module(module)
        gc.freeze()  # a host need not look through what TensorFlow has made
        host = 0
        while received := socket.recv_fds(control, 4, 3):
            message, pipes, _, _ = received
            if not message:
                return
            if message == b"fork":
                server = os.getpid()
                host = os.fork()
                if not host:
                    control.close()
                    _be_host(server, *pipes)
                for pipe in pipes:
                    os.close(pipe)
                _answer(control, host)
            else:
                _answer(control, os.waitstatus_to_exitcode(os.waitpid(host, 0)[1]))


def _answer(control: socket.socket, number: int) -> None:
    control.sendall(number.to_bytes(8, "little", signed=True))


def _be_host(server: int, requests: int, responses: int, output: int) -> None:
    os.setsid()  # whatever it starts is ended with it
    _die_with(server)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    try:
        _serve(requests, responses)
    except BaseException:  # noqa: BLE001 -- a fork must not go on as its server, whatever happens
        sys.excepthook(*sys.exc_info())
        _flush()
        os._exit(1)
    os._exit(0)


def _serve(requests: int, responses: int) -> None:
    """Make the calls of each case or batch that is asked for, until the parent closes the pipe.

    A kernel may fork. Its child is not to hold our pipes open, and where it comes back it has nothing to answer.
    """
    host = os.getpid()
    for pipe in requests, responses:
        os.register_at_fork(after_in_child=partial(os.close, pipe))
    while (request := read_frame(requests)) is not None:
        work, implementation = request
        preload(implementation)
        write_frame(responses, "loaded")
        for outcome in outcomes(implementation, work):
            if os.getpid() != host:
                os._exit(0)
            write_frame(responses, outcome)
        _flush()
        write_frame(responses, "done")


def _flush() -> None:
    """Write out what C and Python have buffered, and a mark behind it."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
    with contextlib.suppress(OSError):
        os.write(1, MARKER)


def _die_with(parent: int) -> None:
    """A busy process does not read its pipe: the system ends it when its parent is killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
