"""Processes that may die: one for each process environment, started on first use and after a death.

Why not a library: `docs/decisions/hosts.md`.
"""

import contextlib
import os
import pickle
import re
import select
import signal
import subprocess
import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from harness.implementations import Crashed, Implementation, Outcome, TimedOut
from harness.implementations.calling import call, calls_of
from harness.implementations.frames import read_frame, write_frame
from harness.spec.case import Case

# What TensorFlow always says when it starts, what oneDNN says of itself, and frames without symbols.
_NOISE: Final = re.compile(
    r"[IWE] .*(cuda|cpu_feature_guard|port\.cc)|WARNING: All log|To enable the|onednn_verbose|\s+@ +0x|\*\*\* "
)
_STAMP: Final = re.compile(r"^([IWEF])\d{4} [\d:.]+ +\d+ ")  # time and process, which differ from run to run
MOST_HOSTS: Final = 2  # each holds 550 MB once TensorFlow is imported
LOADING_LIMIT: Final = 60.0  # seconds that importing an implementation may take, whatever the limit of a call
POLL: Final = 0.05
LOOK_EVERY: Final = 8  # cases
TAIL: Final = 32 * 1024  # bytes of output that are kept
LAST_LINES: Final = 15
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the calls of one case came to, in the order of `calls_of`; a death ends it.

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
        return Transcript(tuple(call(implementation, case, kind, draw) for kind, draw in calls_of(case)))


class _Output:
    """What a host writes to its standard output and error, drained so that it never blocks; the tail is kept."""

    def __init__(self, stream: int) -> None:
        self.stream = stream
        self.tail = b""
        self.seen = threading.Condition()
        self.closed = False
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while chunk := os.read(self.stream, 1 << 16):
            with self.seen:
                self.tail = (self.tail + chunk)[-TAIL:]
                self.seen.notify_all()
        os.close(self.stream)
        with self.seen:
            self.closed = True
            self.seen.notify_all()

    def clear(self) -> None:
        with self.seen:
            self.tail = b""

    def upto(self, marker: bytes, seconds: float) -> str:
        """The tail, once `marker` or the end of the stream was read, or the time is over."""
        with self.seen:
            self.seen.wait_for(lambda: self.closed or marker in self.tail, timeout=seconds)
            return self.tail.replace(marker, b"").decode("utf-8", errors="replace")


class Host:
    """One process; `serve` makes the calls of one case in it."""

    def __init__(self, environment: Mapping[str, str], memory_limit: int) -> None:
        """Start it. `memory_limit` is in bytes of resident memory."""
        self.memory_limit = memory_limit
        self.served = 0
        requests, self.requests = os.pipe()
        self.responses, responses = os.pipe()
        output, writer = os.pipe()
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "harness.implementations.host_process", str(requests), str(responses)],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            pass_fds=(requests, responses),
            env={**os.environ, "PYTHONPATH": path, "HARNESS_PARENT": str(os.getpid()), **environment},
            start_new_session=True,  # a Ctrl-C is the controller's to act on
        )
        for end in (requests, responses, writer):
            os.close(end)
        self.output = _Output(output)

    def serve(self, case: Case, implementation: Implementation, timeout: float) -> Transcript:
        """Make the calls; `timeout` is for each of them, in seconds."""
        self.output.clear()
        self.served += 1
        outcomes: list[Outcome] = []
        try:
            write_frame(self.requests, pickle.dumps((case, implementation)))
            self._receive(max(timeout, LOADING_LIMIT))
            while isinstance(outcome := self._receive(timeout), Outcome):
                outcomes.append(outcome)
        except _Death as death:
            return Transcript((*outcomes, death.outcome), self._ran(0.0))
        # It leaks; the next case gets a fresh host. Looked at now and then: a leak within a call is seen as it happens.
        if self.served % LOOK_EVERY == 0 and self._resident() > self.memory_limit // 2:
            self.end()
        return Transcript(tuple(outcomes), self._ran(1.0))

    def _receive(self, seconds: float) -> object:
        """The next answer; raises _Death where none will come."""
        started = monotonic()
        while not select.select([self.responses], [], [], POLL)[0]:
            waited = monotonic() - started
            if waited > seconds:
                self.kill()
                raise _Death(TimedOut(seconds, self._last_lines(), waited))
            if (resident := self._resident()) > self.memory_limit:
                self.kill()
                reason = (
                    f"ended at {resident / 2**30:.1f} GiB of resident memory, limit {self.memory_limit / 2**30:.1f} GiB"
                )
                raise _Death(Crashed("SIGKILL", self._last_lines(), waited, reason))
        answer = read_frame(self.responses)
        if answer is None:
            self.process.wait()
            raise _Death(Crashed(_ending(self.process.returncode), self._last_lines(), monotonic() - started))
        return pickle.loads(answer)  # noqa: S301 -- from our own process, made by its call of ours

    def _resident(self) -> int:
        """Resident memory in bytes; 0 where the system does not say."""
        try:
            pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _last_lines(self) -> tuple[str, ...]:
        lines = [_STAMP.sub(r"\1 ", line[:300]) for line in self.output.upto(MARKER, 1.0).splitlines() if line.strip()]
        return tuple(line for line in lines if not _NOISE.match(line))[-LAST_LINES:]

    def _ran(self, seconds: float) -> str | None:
        """OneDNN names each primitive it executes: proof that it ran, and which kernel."""
        names = {
            f"oneDNN {fields[6]}"
            for line in self.output.upto(MARKER, seconds).splitlines()
            if line.startswith("onednn_verbose") and len(fields := line.split(",")) > 7 and fields[5] == "convolution"
        }
        return ", ".join(sorted(names)) or None

    @property
    def alive(self) -> bool:
        """Whether it can serve another case."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Let it end in order; end it where it does not."""
        os.close(self.requests)
        self.requests = -1
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.kill()

    def close(self) -> None:
        """End it, if it lives, and release what it held here."""
        if self.requests >= 0:
            self.end() if self.alive else os.close(self.requests)
        self.kill()
        os.close(self.responses)


class Hosts:
    """At most MOST_HOSTS hosts, one for each environment; the one longest unused makes way."""

    def __init__(self, timeout: float, memory_limit: int) -> None:
        """Nothing is started yet."""
        self.timeout = timeout
        self.memory_limit = memory_limit
        self.hosts: OrderedDict[tuple[tuple[str, str], ...], Host] = OrderedDict()

    def __call__(self, case: Case, implementation: Implementation) -> Transcript:
        """Make the calls of one case. A crash is tried once more in a fresh host.

        So a call that kills is told from a host that an earlier case poisoned, or that somebody ended. A fresh host
        that ends by itself needs no second one to tell.
        """
        host = self._host(implementation.environment)
        transcript = self._serve(host, case, implementation)
        ended = transcript.outcomes[-1] if transcript.died else None
        if not isinstance(ended, Crashed) or not (host.served > 1 or ended.is_foreign):
            return transcript
        again = self._serve(self._host(implementation.environment), case, implementation)
        where = "sent from outside" if ended.is_foreign else "in a host that earlier cases had used"
        note = "" if again.died else f"not counted: {ended.signal} {where}"
        return replace(again, note=note)

    def _serve(self, host: Host, case: Case, implementation: Implementation) -> Transcript:
        transcript = host.serve(case, implementation, self.timeout)
        if not host.alive:
            key = next(key for key, other in self.hosts.items() if other is host)
            self.hosts.pop(key).close()
        return transcript

    def _host(self, environment: Mapping[str, str]) -> Host:
        key = tuple(sorted(environment.items()))
        if key not in self.hosts:
            while len(self.hosts) >= MOST_HOSTS:
                self.hosts.popitem(last=False)[1].close()
            self.hosts[key] = Host(environment, self.memory_limit)
        self.hosts.move_to_end(key)
        return self.hosts[key]

    def close(self) -> None:
        """End all hosts."""
        while self.hosts:
            self.hosts.popitem()[1].close()


class _Death(Exception):  # noqa: N818 -- a death of a host, not an error of ours
    def __init__(self, outcome: Crashed | TimedOut) -> None:
        super().__init__(outcome)
        self.outcome = outcome


MARKER: Final = b"\x00end of case\x00\n"


def _ending(status: int) -> str:
    try:
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"
    except ValueError:
        return f"signal {-status}"
