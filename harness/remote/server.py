"""A fork server: it imports what hosts need, forks them, and says what its processes are."""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
from typing import Any, Final

from harness.remote.machine import process_facts
from harness.remote.process import die_with, keep_freed_memory
from harness.remote.serving import be_host

MEASURING_LIMIT: Final = 120.0  # seconds


def main() -> None:
    """Serve the socket, and those that reach the listener: numbers that follow a module and the source of facts."""
    module, facts, *numbers = sys.argv[1:]
    control, *listener = (socket.socket(fileno=int(number)) for number in numbers)
    die_with(int(os.environ.get("HARNESS_PARENT", os.getppid())))
    keep_freed_memory()
    Server(module, facts, control, *listener).serve()


class Server:
    """Fork hosts, one at a time for each client; it is single-threaded, and ends when its first client does."""

    def __init__(self, module: str, facts: str, control: socket.socket, listener: socket.socket | None = None) -> None:
        """Nothing is imported yet; `control` is the first client, `listener` is where others come from."""
        self.module = module
        self.facts = facts
        self.measured = b""
        self.control = control
        self.listener = listener
        self.hosts = {control: 0}
        self.loaded = False

    def serve(self) -> None:
        """Do what clients ask for, until the first one is gone."""
        while self.control in self.hosts:
            for ready in select.select(self._ends(), [], [])[0]:
                if ready is self.listener:
                    self.accept(ready)
                else:
                    self._answer(ready)

    def accept(self, listener: socket.socket) -> None:
        """Take one more client, if it is the same user's: whoever is served may have anything executed."""
        client, _ = listener.accept()
        if user_of(client) == os.getuid():
            self.hosts[client] = 0
        else:
            client.close()

    def _answer(self, client: socket.socket) -> None:
        """Do what one client asks for; one that is gone takes its host along."""
        try:
            message, pipes, _, _ = socket.recv_fds(client, 4, 3)
            match message:
                case b"load":
                    self._load()
                case b"fork":
                    self._load()
                    self.hosts[client] = self._fork(pipes)
                    _send(client, self.hosts[client])
                case b"fact":
                    self._load()
                    self.measured = self.measured or _measured(self.facts, self._ends())
                    _send(client, len(self.measured))
                    client.sendall(self.measured)
                case b"wait":
                    status = os.waitstatus_to_exitcode(os.waitpid(self.hosts[client], 0)[1])
                    self.hosts[client] = 0
                    _send(client, status)
                case _:
                    self._dismiss(client)
        except OSError:
            self._dismiss(client)

    def _ends(self) -> list[socket.socket]:
        """Where clients may be heard: each of them, and the listener."""
        return [*self.hosts, *filter(None, [self.listener])]

    def _load(self) -> None:
        if self.loaded:
            return
        self.loaded = True
        gc.disable()  # nothing of an import is garbage, and looking for it is a tenth of TensorFlow's
        if self.module:
            with contextlib.suppress(Exception):  # a host that needs it will say what is wrong
                importlib.import_module(self.module)
        gc.enable()
        gc.freeze()  # a host need not look through what TensorFlow has made

    def _fork(self, pipes: list[int]) -> int:
        server = os.getpid()
        host = os.fork()
        if not host:
            for end in self._ends():
                end.close()
            be_host(server, *pipes)
        for pipe in pipes:
            os.close(pipe)
        return host

    def _dismiss(self, client: socket.socket) -> None:
        client.close()
        if host := self.hosts.pop(client):
            for kill in os.killpg, os.kill:  # it may not yet have a group of its own
                with contextlib.suppress(ProcessLookupError):
                    kill(host, signal.SIGKILL)
            os.waitpid(host, 0)


def _measured(framework: str, ends: list[socket.socket]) -> bytes:
    """What a process forked here says of itself, as JSON: its facts, or `died` and how.

    Operations are run in it, so it is one of its own: threads do not survive a fork.
    """
    reader, writer = os.pipe()
    server = os.getpid()
    probe = os.fork()
    if not probe:
        for end in ends:
            end.close()
        os.setsid()
        die_with(server)
        with os.fdopen(writer, "wb") as answer:
            answer.write(json.dumps(_own_facts(framework)).encode())
        os._exit(0)
    os.close(writer)
    content = bytearray()
    with os.fdopen(reader, "rb", buffering=0) as answers:
        while select.select([answers], [], [], MEASURING_LIMIT)[0] and (chunk := answers.read(1 << 16)):
            content += chunk
    with contextlib.suppress(ProcessLookupError):
        os.killpg(probe, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(probe, 0)[1])
    if content.endswith(b"}"):
        return bytes(content)
    ending = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return json.dumps({"died": ending}).encode()


def _own_facts(framework: str) -> dict[str, Any]:
    try:
        return process_facts(framework)
    except BaseException as error:  # noqa: BLE001 -- whatever a framework raises when it is imported or asked
        return {"died": f"{type(error).__name__}: {error}"}


def _send(client: socket.socket, number: int) -> None:
    client.sendall(number.to_bytes(8, "little", signed=True))


def user_of(client: socket.socket) -> int:
    """Who is at the other end: an address that is no file has no permissions of its own (Linux)."""
    _, user, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(user)
