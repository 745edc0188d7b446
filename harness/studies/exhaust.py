"""Bounded exhaustion: all geometries of one axis, or numbers of channels, up to limits; it can be resumed."""

import json
import os
import platform
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.errors import InvalidInputError, NothingMatchedError
from harness.hosts.fork_server import SharedServers
from harness.hosts.host import Hosts
from harness.hosts.known import known_here
from harness.hosts.memory import memory_free
from harness.implementations import Crashed, Implementation, Outcome, TimedOut
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import check_installed, resolve, threads_environment
from harness.records.exhaustion import (
    EXHAUSTION,
    Exhaustion,
    Limits,
    Swept,
    read_exhaustion,
    swept_of,
    write_exhaustion,
)
from harness.records.run_folder import HEADER, Header, RunWriter, now
from harness.spec.deviations import KnownDeviation
from harness.studies.geometries import PARTS, Call, calls
from harness.studies.sweep import answers, summed_up, together
from harness.versions import version_of

PROGRESS: Final = "exhaust.ndjson"  # a line for each finished batch
BATCH: Final = 100  # calls in a message: their share of it is microseconds, and an interrupt costs seconds at most
MOST_DEATHS: Final = 20  # a hang costs its time limit twice; a kernel that always dies is soon known


@dataclass(slots=True)
class _Sweep:
    """One implementation's part of the work. Threads add to it under the study's lock."""

    implementation: Implementation
    known: Sequence[KnownDeviation]
    swept: Swept
    done: set[int] = field(default_factory=set)
    deaths: int = 0

    def add(self, number: int, batch: Swept) -> None:
        self.done.add(number)
        self.swept = together(self.swept, batch)
        if self.is_given_up and not self.swept.complete:
            self.swept = replace(self.swept, given_up=f"given up after {self.deaths} calls that ended their process")

    @property
    def is_given_up(self) -> bool:
        return self.deaths >= MOST_DEATHS


class Study:
    """A run folder with an exhaustion in it, new or resumed."""

    def __init__(self, folder: Path, exhaustion: Exhaustion, root: Path) -> None:
        """Read back what is done.

        Raises InvalidInputError where the folder cannot be written or read, NothingMatchedError for limits within
        which there is nothing to compute.
        """
        self.folder = folder
        self.exhaustion = exhaustion
        self.calls = list(calls(exhaustion.limits))
        if not any(call.geometry.multiply_adds for call in self.calls):
            raise NothingMatchedError(f"nothing to compute up to {exhaustion.limits}")
        counted = Counter(call.part for call in self.calls)
        totals = {str(part): {"total": counted[part]} for part in PARTS}
        self.sweeps = {
            implementation.name: _Sweep(
                _alone(implementation),
                known_here(implementation, root),
                Swept(implementation.name, implementation.given).with_parts(totals),
            )
            for implementation in resolve(swept.given for swept in exhaustion.swept)
        }
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._read_back(folder / PROGRESS)
            self.file = (folder / PROGRESS).open("ab", buffering=0)
            self._write(None)
            if not (folder / HEADER).exists():  # so that the folder has a page
                RunWriter(folder, Header(complete=True)).finish(interrupted=False)
        except OSError as error:
            raise InvalidInputError([f"{folder}: {error.strerror}: the sweep cannot be written"]) from None

    def _read_back(self, file: Path) -> None:
        """Batches that an earlier run finished; the torn line that a kill left is cut off."""
        content = file.read_bytes() if file.exists() else b""
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(file, whole)
        for line in content[:whole].splitlines():
            values = json.loads(line)
            swept = swept_of(values["swept"])
            sweep = self.sweeps[swept.implementation]
            sweep.deaths += _deaths(swept)
            sweep.add(values["batch"], swept)

    def pending(self) -> Iterator[tuple[_Sweep, int]]:
        """Batches that are to be done, in order; those of an implementation that is given up are left out."""
        for sweep in self.sweeps.values():
            for number in range(-(-len(self.calls) // BATCH)):
                if number not in sweep.done and not sweep.is_given_up:
                    yield sweep, number

    def do(self, sweep: _Sweep, number: int, hosts: Hosts) -> None:
        """Do one batch and write it down. One that is stopped half way leaves nothing behind."""

        def goes_on() -> bool:
            return not self.stopped.is_set() and not sweep.is_given_up

        def answered() -> Iterator[tuple[Call, Outcome]]:
            for call, outcome in answers(self.batch(number), sweep.implementation, hosts, goes_on):
                sweep.deaths += isinstance(outcome, Crashed | TimedOut)
                yield call, outcome

        swept = summed_up(sweep.implementation, answered(), sweep.known)
        with self.lock:
            if not self.stopped.is_set():
                line = json.dumps({"batch": number, "swept": asdict(swept)}, separators=(",", ":"))
                self.file.write(line.encode() + b"\n")
                sweep.add(number, swept)

    def batch(self, number: int) -> list[Call]:
        """The calls of one batch: the same in every run with the same limits."""
        return self.calls[number * BATCH : (number + 1) * BATCH]

    def stop(self, hosts: Iterable[Hosts]) -> None:
        """Let no further batch be counted, and end the hosts of those that are under way."""
        with self.lock:
            self.stopped.set()
        for own in hosts:
            own.kill()

    def finish(self, *, interrupted: bool) -> Exhaustion:
        """Write the result."""
        self.file.close()
        return self._write(None if interrupted else now())

    def _write(self, finished: str | None) -> Exhaustion:
        swept = tuple(sweep.swept for sweep in self.sweeps.values())
        self.exhaustion = replace(self.exhaustion, swept=swept, finished=finished)
        write_exhaustion(self.folder, self.exhaustion)
        return self.exhaustion


def exhaust(study: Study, *, workers: int, timeout: float) -> Exhaustion:
    """Do what is missing, on threads with hosts of their own; after Ctrl-C `finished` is None, and nothing is lost."""
    pending = study.pending()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: what is finished is kept
    interrupted = False
    implementations = [sweep.implementation for sweep in study.sweeps.values()]
    with (
        closing(SharedServers(implementations)) as servers,
        _progress(study) as shown,
        ThreadPoolExecutor(workers) as pool,
    ):
        hosts = [Hosts(timeout, memory_free() // workers, shared=servers.addresses) for _ in range(workers)]
        futures = [pool.submit(_work, study, pending, own, shown) for own in hosts]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException as error:
            study.stop(hosts)
            if not isinstance(error, KeyboardInterrupt):
                raise
            interrupted = True
    return study.finish(interrupted=interrupted)


def _work(study: Study, pending: Iterator[tuple[_Sweep, int]], hosts: Hosts, shown: Callable[[str, int], None]) -> None:
    """Take batches until there are none; the hosts are this thread's, and end with it."""
    try:
        while True:
            with study.lock:
                item = next(pending, None)
            if item is None or study.stopped.is_set():
                return
            sweep, number = item
            study.do(sweep, number, hosts)
            shown(sweep.implementation.name, len(study.batch(number)))
    finally:
        hosts.close()


@contextmanager
def _progress(study: Study) -> Iterator[Callable[[str, int], None]]:
    """A bar with an estimate for each implementation, on a terminal; nothing elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks = {
            name: progress.add_task(name, total=len(study.calls), completed=len(sweep.done) * BATCH)
            for name, sweep in study.sweeps.items()
        }
        yield lambda name, count: progress.advance(tasks[name], count)


def _alone(implementation: Implementation) -> Implementation:
    """One thread for each host: these calls are too small to share."""
    return replace(implementation, environment={**implementation.environment, **threads_environment(1)})


def _versions(implementations: Iterable[Implementation]) -> dict[str, str]:
    needs = dict.fromkeys(each.needs for each in implementations if each.needs)
    return {"python": platform.python_version(), **{name: version_of(name) for name in needs}}


def _deaths(swept: Swept) -> int:
    return sum(kind.count for kind in swept.kinds if kind.verdict in ("crashes", "times_out"))


def new_study(given: Sequence[str], limits: Limits, folder: Path, root: Path) -> Study:
    """A sweep that is not begun yet. Raises InvalidInputError where the folder has one already."""
    if (folder / EXHAUSTION).exists():
        raise InvalidInputError([f"{folder} has an exhaustion already: --resume {folder} goes on with it"])
    implementations = resolve(given or DEFAULT[:1])
    check_installed(implementations)
    swept = tuple(Swept(implementation.name, implementation.given) for implementation in implementations)
    return Study(folder, Exhaustion(limits, swept, started=now(), versions=_versions(implementations)), root)


def resumed_study(folder: Path, root: Path) -> Study:
    """A sweep that was begun. Raises InvalidInputError where there is none."""
    exhaustion = read_exhaustion(folder)
    if exhaustion is None:
        raise InvalidInputError([f"{folder}: no exhaustion to go on with"])
    return Study(folder, exhaustion, root)
