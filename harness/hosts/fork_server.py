"""A process that has imported what hosts need and forks them: a host then costs a tenth of a second, not an import."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from harness.implementations import Implementation

Kind: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]  # of processes: an interpreter, and variables

STARTING_LIMIT: Final = 120.0  # seconds that importing TensorFlow may take on a machine that is busy
ENDING_LIMIT: Final = 1.0
_OTHER_SIDE: Final = Path(__file__).resolve().parents[1] / "remote" / "__main__.py"


def kind_of(implementation: Implementation) -> Kind:
    """What tells the processes of an implementation from others': one of a kind serves all that share it."""
    return implementation.interpreter or sys.executable, tuple(sorted(implementation.environment.items()))


class ForkServer:
    """A line to one process in one environment; it runs no operation, so that forking it is safe.

    Whoever started it has `process`, and it ends with that line; others may have lines of their own to the same one.
    """

    def __init__(self, control: socket.socket, process: "subprocess.Popen[bytes] | None" = None) -> None:
        """Take over the socket and the process."""
        self.control = control
        self.process = process
        self.control.settimeout(STARTING_LIMIT)

    @classmethod
    def started(
        cls, kind: Kind, module: str = "", facts: str = "", listener: socket.socket | None = None
    ) -> "ForkServer":
        """Start one. Before its first fork it imports `module`, if it can; at `listener` others reach it.

        `facts` is the `module:callable` that adds to what its processes say of themselves. Raises OSError where there
        is no such interpreter.
        """
        control, other = socket.socketpair()
        descriptors = [end.fileno() for end in (other, listener) if end]
        python, variables = kind
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [python, str(_OTHER_SIDE), module, facts, *map(str, descriptors)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=descriptors,
            env={**os.environ, "HARNESS_PARENT": str(os.getpid()), **dict(variables)},
            start_new_session=True,  # a Ctrl-C is the controller's to act on
        )
        other.close()
        return cls(control, process)

    @classmethod
    def reached(cls, address: str) -> "ForkServer":
        """Open a line to one that listens. Raises OSError where none does."""
        control = socket.socket(socket.AF_UNIX)
        try:
            control.connect(address)
        except OSError:
            control.close()
            raise
        return cls(control)

    def load(self) -> None:
        """Let it import its module now; it answers nothing."""
        self.control.sendall(b"load")

    def fork(self, requests: int, responses: int, output: int) -> int:
        """Fork a host that serves these pipes, and return its process id; raises OSError where there is no answer."""
        socket.send_fds(self.control, [b"fork"], [requests, responses, output])
        return self._answer()

    def wait(self) -> int:
        """Wait for the end of the host and return its status as `subprocess` has it; raises OSError as `fork` does."""
        self.control.sendall(b"wait")
        return self._answer()

    def facts(self) -> dict[str, Any]:
        """What a process forked here measured itself to be, or `died` and how; measured once.

        Raises OSError as `fork` does.
        """
        self.control.sendall(b"fact")
        size = self._answer()
        content = self.control.recv(size, socket.MSG_WAITALL)
        if len(content) < size:
            raise ConnectionResetError("the fork server has ended")
        answer: dict[str, Any] = json.loads(content)
        return answer

    def _answer(self) -> int:
        answer = self.control.recv(8, socket.MSG_WAITALL)
        if len(answer) < 8:
            raise ConnectionResetError("the fork server has ended")
        return int.from_bytes(answer, "little", signed=True)

    def close(self) -> None:
        """End the line, and with it the host that it may have; and the server itself, where it was started here."""
        self.control.close()
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may be importing
            self.process.wait(timeout=ENDING_LIMIT)
        self.process.kill()
        self.process.wait()


class SharedServers:
    """A fork server for each kind of process, whose import all workers of a run share.

    They are reached at addresses that are no files (unix(7), 'abstract'), so that nothing is left of them whatever
    ends the run. Where a system has no such addresses there are none, and each worker starts servers of its own.
    """

    def __init__(self, implementations: Iterable[Implementation], threads: Mapping[str, str] = {}) -> None:
        """Start them, and let them import. `threads` is their share of the cores."""
        self.addresses: dict[Kind, str] = {}
        self.servers: list[ForkServer] = []
        for implementation in implementations:
            kind = python, variables = kind_of(implementation)
            if kind in self.addresses:
                continue
            address = f"\0harness-{secrets.token_hex(16)}"
            with socket.socket(socket.AF_UNIX) as listener, contextlib.suppress(OSError):
                listener.bind(address)
                listener.listen()
                started = python, tuple({**threads, **dict(variables)}.items())
                server = ForkServer.started(started, implementation.module, implementation.facts, listener)
                server.load()
                self.servers.append(server)
                self.addresses[kind] = address

    def close(self) -> None:
        """End them all, and with them the hosts that they forked."""
        for server in self.servers:
            server.control.close()
        for server in self.servers:
            server.close()
