"""Processes that may die: one for each process environment, forked on first use and after a death.

Why not a library: `docs/decisions/hosts.md`.
"""

import contextlib
import fcntl
import os
import select
import signal
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from harness.hosts.calling import Work, outcomes
from harness.hosts.fork_server import Environment, ForkServer, environment_of
from harness.hosts.frames import read_frame, write_frame
from harness.hosts.host_output import HostOutput
from harness.implementations import Crashed, Implementation, Outcome, TimedOut
from harness.spec.case import Attributes, Case

LOADING_LIMIT: Final = 60.0  # seconds that importing an implementation may take, whatever the limit of a call
ENDING_LIMIT: Final = 5.0
POLL: Final = 0.05
LOOK_EVERY: Final = 8  # cases


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the calls of one case or batch came to, in their order; a death ends it.

    `ran` names the kernel that really ran, where it can be known; `note` says that a first try was not counted.
    """

    outcomes: tuple[Outcome, ...]
    ran: str | None = None
    note: str = ""

    @property
    def died(self) -> bool:
        """Whether the host is gone."""
        return bool(self.outcomes) and isinstance(self.outcomes[-1], Crashed | TimedOut)


Caller: TypeAlias = Callable[[Case, Implementation], Transcript]


def call_in_process(case: Case, implementation: Implementation) -> Transcript:
    """Make the calls in this very process, for a debugger; a kernel's warnings are not pytest's to judge."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        return Transcript(tuple(outcomes(implementation, case)))


class Host:
    """One process; `serve` makes the calls of one case or batch in it."""

    def __init__(self, server: ForkServer, memory_limit: int) -> None:
        """Have it forked. `memory_limit` is in bytes of resident memory. Raises OSError where the server is gone."""
        self.server = server
        self.memory_limit = memory_limit
        self.served = 0
        self.status: int | None = None
        requests, self.requests = os.pipe()
        self.responses, responses = os.pipe()
        _widen(self.responses)
        output, writer = os.pipe()
        self.output = HostOutput(output)
        try:
            self.pid = server.fork(requests, responses, writer)
        except OSError:
            os.close(self.requests)
            os.close(self.responses)
            raise
        finally:
            for end in (requests, responses, writer):
                os.close(end)

    def serve(self, work: Work, implementation: Implementation, timeout: float) -> Transcript:
        """Make the calls; `timeout` is for each of them, in seconds."""
        self.output.clear(implementation.wording)
        self.served += 1
        received: list[Outcome] = []
        try:
            write_frame(self.requests, (work, implementation))
            self._receive(max(timeout, LOADING_LIMIT))
            while isinstance(outcome := self._receive(timeout), Outcome):
                received.append(outcome)
        except _Death as death:
            return Transcript((*received, death.outcome), self.output.ran(0.0))
        # It leaks; the next case gets a fresh host. Looked at now and then: a leak within a call is seen as it happens.
        if self.served % LOOK_EVERY == 0 and self._resident() > self.memory_limit // 2:
            self.kill()
        return Transcript(tuple(received), self.output.ran(1.0))

    def _receive(self, seconds: float) -> object:
        """The next answer; raises _Death where none will come."""
        started = monotonic()
        while not select.select([self.responses], [], [], POLL)[0]:
            waited = monotonic() - started
            if waited > seconds:
                self.kill()
                raise _Death(TimedOut(seconds, self.output.last_lines(), waited))
            if (resident := self._resident()) > self.memory_limit:
                self.kill()
                reason = (
                    f"ended at {resident / 2**30:.1f} GiB of resident memory, limit {self.memory_limit / 2**30:.1f} GiB"
                )
                raise _Death(Crashed("SIGKILL", self.output.last_lines(), waited, reason))
        try:
            answer = read_frame(self.responses, seconds)
        except TimeoutError:
            self.kill()
            raise _Death(TimedOut(seconds, self.output.last_lines(), monotonic() - started)) from None
        except Exception as error:  # noqa: BLE001 -- whatever reading a garbled answer comes to
            self.kill()
            reason = f"ended, since its answer could not be read: {type(error).__name__}: {error}"
            raise _Death(Crashed("SIGKILL", self.output.last_lines(), monotonic() - started, reason)) from None
        if answer is None:
            ending = _ending(self._wait())
            raise _Death(Crashed(ending, self.output.last_lines(), monotonic() - started))
        return answer

    def _resident(self) -> int:
        """Resident memory in bytes; 0 where the system does not say."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def alive(self) -> bool:
        """Whether it can serve another case."""
        return self.status is None

    def _wait(self) -> int:
        """How it ended; a server that is gone was killed, and took its host along."""
        if self.status is None:
            try:
                self.status = self.server.wait()
            except OSError:
                self.status = -signal.SIGKILL
        return self.status

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._wait()

    def close(self) -> None:
        """Let it end in order, if it lives, and release what it held here."""
        os.close(self.requests)
        if self.alive:
            select.select([self.responses], [], [], ENDING_LIMIT)
        self.kill()
        os.close(self.responses)


class Hosts:
    """A fork server and a host for each environment; the environment longest unused makes way."""

    def __init__(
        self, timeout: float, memory_limit: int, most: int = 2, shared: Mapping[Environment, str] = {}
    ) -> None:
        """Nothing is started yet; `most` environments are kept at the same time, `shared` are others' servers."""
        self.timeout = timeout
        self.memory_limit = memory_limit
        self.most = most
        self.shared = shared
        self.servers: OrderedDict[Environment, ForkServer] = OrderedDict()
        self.hosts: dict[Environment, Host] = {}

    def __call__(self, work: Work, implementation: Implementation) -> Transcript:
        """Make the calls of one case, or of one batch. A crash is tried once more in a fresh host.

        So a call that kills is told from a host that an earlier case poisoned, or that somebody ended.
        """
        transcript = self._serve(work, implementation)
        ended = transcript.outcomes[-1] if transcript.died else None
        if not isinstance(ended, Crashed) or ended.reason:
            return transcript
        again = self._serve(work, implementation)
        note = "" if again.died else f"not counted: {ended.signal}, which a fresh host did not repeat"
        return replace(again, note=note)

    def batch(self, calls: tuple[Attributes, ...], implementation: Implementation) -> Transcript:
        """Make each call of a batch once, up to one that ends the host: that one is to be tried again alone."""
        return self._serve(calls, implementation)

    def _serve(self, work: Work, implementation: Implementation) -> Transcript:
        environment = environment_of(implementation)
        if environment not in self.hosts:
            self.hosts[environment] = self._forked(environment, implementation)
        host = self.hosts[environment]
        self.servers.move_to_end(environment)
        transcript = host.serve(work, implementation, self.timeout)
        if not host.alive:
            self.hosts.pop(environment).close()
        return transcript

    def _forked(self, environment: Environment, implementation: Implementation) -> Host:
        if environment in self.servers:
            with contextlib.suppress(OSError):  # somebody ended the server
                return Host(self.servers[environment], self.memory_limit)
            self.servers.pop(environment).close()
        while len(self.servers) >= self.most:
            self._release(next(iter(self.servers)))
        for server in self._servers_for(environment, implementation):
            try:
                host = Host(server, self.memory_limit)
            except OSError:
                server.close()
                continue
            self.servers[environment] = server
            return host
        raise RuntimeError("no process can be forked")

    def _servers_for(self, environment: Environment, implementation: Implementation) -> Iterator[ForkServer]:
        """One that is shared, else one of its own; a module whose import ends the process is left to the host."""
        if environment in self.shared:
            with contextlib.suppress(OSError):
                yield ForkServer.reached(self.shared[environment])
        yield ForkServer.started(dict(environment), implementation.module, implementation.facts)
        yield ForkServer.started(dict(environment))

    def _release(self, environment: Environment) -> None:
        if host := self.hosts.pop(environment, None):
            host.close()
        self.servers.pop(environment).close()

    def kill(self) -> None:
        """End all hosts at once, from whatever thread: the one that waits for an answer learns that there is none."""
        for host in list(self.hosts.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(host.pid, signal.SIGKILL)  # waiting for its end is the other thread's

    def close(self) -> None:
        """End all hosts and their servers."""
        for environment in list(self.servers):
            self._release(environment)


class _Death(Exception):  # noqa: N818 -- a death of a host, not an error of ours
    def __init__(self, outcome: Crashed | TimedOut) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def _widen(pipe: int) -> None:
    """Let a pipe hold a large result, so that the host need not wait for its reader (Linux)."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # an unprivileged user's limit
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _ending(status: int) -> str:
    try:
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"
    except ValueError:
        return f"signal {-status}"
