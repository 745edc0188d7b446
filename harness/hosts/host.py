"""Processes that may die: one for each kind of process, forked on first use and after a death.

Why not a library: `docs/decisions/hosts.md`.
"""

import contextlib
import fcntl
import math
import os
import select
import signal
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Final, TypeAlias

from harness.hosts.calling import Work, cleaned_message, request_of
from harness.hosts.fork_server import ForkServer, Kind, kind_of
from harness.hosts.host_output import HostOutput
from harness.implementations import Crashed, Implementation, Outcome, Returned, TimedOut
from harness.remote.calling import Array, Call, outcomes
from harness.remote.frames import read_frame, write_frame
from harness.remote.outcomes import Made, from_plain
from harness.remote.serving import DONE, LOADED, to_request
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
        os.environ.update(implementation.environment)
        request = request_of(case)
        made = outcomes(implementation.target, request.calls, again=request.again)
        decoration = implementation.wording.decoration
        return Transcript(tuple(cleaned_message(each, decoration) for each in made))


class Host:
    """One process; `serve` makes the calls of one case or batch in it."""

    def __init__(self, server: ForkServer, memory_limit: int) -> None:
        """Have it forked. `memory_limit` is in bytes of resident memory. Raises OSError where the server is gone."""
        self.server = server
        self.memory_limit = memory_limit
        self.served = 0
        self.status: int | None = None
        requests, self.requests = os.pipe()
        os.set_blocking(self.requests, False)  # one that hangs does not read
        _widen(self.requests)
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
        decoration = implementation.wording.decoration
        request = request_of(work)
        received: list[Outcome] = []
        try:
            patience = max(timeout, LOADING_LIMIT)
            self._send(*to_request(implementation.target, request.calls, again=request.again), patience)
            self._expect(LOADED, patience)
            for call in request.calls:
                outcome = self._outcome(call, timeout)
                received.append(cleaned_message(outcome, decoration))  # what came before a death is kept
            self._expect(DONE, timeout)
        except _Death as death:
            return Transcript((*received, death.outcome), self.output.ran(0.0))
        # It leaks; the next case gets a fresh host. Looked at now and then: a leak within a call is seen as it happens.
        if self.served % LOOK_EVERY == 0 and self._resident() > self.memory_limit // 2:
            self.kill()
        return Transcript(tuple(received), self.output.ran(1.0))

    def _send(self, header: object, arrays: list[Array], seconds: float) -> None:
        started = monotonic()
        try:
            write_frame(self.requests, header, arrays, seconds)
        except TimeoutError:
            raise self._timed_out(started, seconds) from None

    def _expect(self, word: str, seconds: float) -> None:
        """Hear that word; raises _Death where something else comes, or nothing."""
        started = monotonic()
        if (said := self._receive(seconds, 0)) != (word, []):
            raise self._garbled(started, ValueError(f"{str(said)[:40]} instead of {word!r}"))

    def _outcome(self, call: Call, seconds: float) -> Made:
        """What the call came to; raises _Death as `_receive` does, and where no such outcome can be."""
        started = monotonic()
        expected = (call.shape, call.filter.dtype)
        most = math.prod(call.shape) * call.filter.itemsize if call.shape is not None else 0
        try:
            outcome = from_plain(*self._receive(seconds, most))
            if isinstance(outcome, Returned) and (outcome.in_backprop.shape, outcome.in_backprop.dtype) != expected:
                raise ValueError("an array of another form")  # noqa: TRY301 -- as what is read before
        except ValueError as error:
            raise self._garbled(started, error) from None
        return outcome

    def _receive(self, seconds: float, most: int) -> tuple[Any, list[Array]]:
        """The next message, with arrays of `most` bytes; raises _Death where none will come."""
        started = monotonic()
        while not select.select([self.responses], [], [], POLL)[0]:
            waited = monotonic() - started
            if waited > seconds:
                raise self._timed_out(started, seconds)
            if (resident := self._resident()) > self.memory_limit:
                limit = f"limit {self.memory_limit / 2**30:.1f} GiB"
                raise self._ended(started, f"ended at {resident / 2**30:.1f} GiB of resident memory, {limit}")
        try:
            message = read_frame(self.responses, seconds, most)
        except TimeoutError:
            raise self._timed_out(started, seconds) from None
        except ValueError as error:
            raise self._garbled(started, error) from None
        if message is None:
            ending = _ending(self._wait())
            raise _Death(Crashed(ending, self.output.last_lines(), monotonic() - started))
        return message

    def _timed_out(self, started: float, seconds: float) -> "_Death":
        self.kill()
        return _Death(TimedOut(seconds, self.output.last_lines(), monotonic() - started))

    def _garbled(self, started: float, error: ValueError) -> "_Death":
        return self._ended(started, f"ended, since its answer could not be read: {error}")

    def _ended(self, started: float, reason: str) -> "_Death":
        self.kill()
        return _Death(Crashed("SIGKILL", self.output.last_lines(), monotonic() - started, reason))

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
    """A fork server and a host for each kind of process; the kind longest unused makes way."""

    def __init__(self, timeout: float, memory_limit: int, most: int = 2, shared: Mapping[Kind, str] = {}) -> None:
        """Nothing is started yet; `most` kinds are kept at the same time, `shared` are others' servers."""
        self.timeout = timeout
        self.memory_limit = memory_limit
        self.most = most
        self.shared = shared
        self.servers: OrderedDict[Kind, ForkServer] = OrderedDict()
        self.hosts: dict[Kind, Host] = {}

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
        kind = kind_of(implementation)
        if kind not in self.hosts:
            self.hosts[kind] = self._forked(kind, implementation)
        host = self.hosts[kind]
        self.servers.move_to_end(kind)
        transcript = host.serve(work, implementation, self.timeout)
        if not host.alive:
            self.hosts.pop(kind).close()
        return transcript

    def _forked(self, kind: Kind, implementation: Implementation) -> Host:
        if kind in self.servers:
            with contextlib.suppress(OSError):  # somebody ended the server
                return Host(self.servers[kind], self.memory_limit)
            self.servers.pop(kind).close()
        while len(self.servers) >= self.most:
            self._release(next(iter(self.servers)))
        for server in self._servers_for(kind, implementation):
            try:
                host = Host(server, self.memory_limit)
            except OSError:
                server.close()
                continue
            self.servers[kind] = server
            return host
        raise RuntimeError("no process can be forked")

    def _servers_for(self, kind: Kind, implementation: Implementation) -> Iterator[ForkServer]:
        """One that is shared, else one of its own; a module whose import ends the process is left to the host."""
        if kind in self.shared:
            with contextlib.suppress(OSError):
                yield ForkServer.reached(self.shared[kind])
        yield ForkServer.started(kind, implementation.module, implementation.facts)
        yield ForkServer.started(kind)

    def _release(self, kind: Kind) -> None:
        if host := self.hosts.pop(kind, None):
            host.close()
        self.servers.pop(kind).close()

    def kill(self) -> None:
        """End all hosts at once, from whatever thread: the one that waits for an answer learns that there is none."""
        for host in list(self.hosts.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(host.pid, signal.SIGKILL)  # waiting for its end is the other thread's

    def close(self) -> None:
        """End all hosts and their servers."""
        for kind in list(self.servers):
            self._release(kind)


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
