"""A process that has imported what hosts need and forks them: a host then costs a tenth of a second, not an import."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

STARTING_LIMIT: Final = 120.0  # seconds that importing TensorFlow may take on a machine that is busy
_ROOT: Final = Path(__file__).resolve().parents[2]


class ForkServer:
    """One process in one environment; it is single-threaded and runs no operation, so that forking it is safe."""

    def __init__(self, environment: Mapping[str, str], module: str = "") -> None:
        """Start it; it imports `module` first, if it can."""
        self.control, other = socket.socketpair()
        self.control.settimeout(STARTING_LIMIT)
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "harness.implementations.host_process", str(other.fileno()), module],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(other.fileno(),),
            env={**os.environ, "PYTHONPATH": path, "HARNESS_PARENT": str(os.getpid()), **environment},
            start_new_session=True,  # a Ctrl-C is the controller's to act on
        )
        other.close()

    def fork(self, requests: int, responses: int, output: int) -> int:
        """Fork a host that serves these pipes, and return its process id; raises OSError where there is no answer."""
        socket.send_fds(self.control, [b"fork"], [requests, responses, output])
        return self._answer()

    def wait(self) -> int:
        """Wait for the end of the host and return its status as `subprocess` has it; raises OSError as `fork` does."""
        self.control.sendall(b"wait")
        return self._answer()

    def _answer(self) -> int:
        answer = self.control.recv(8, socket.MSG_WAITALL)
        if len(answer) < 8:
            raise ConnectionResetError("the fork server has ended")
        return int.from_bytes(answer, "little", signed=True)

    def close(self) -> None:
        """End it, and with it the host that it may have."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.process.kill()
        self.process.wait()
