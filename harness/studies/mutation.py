"""The suite against kernels that are wrong on purpose."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from typing import Final, TypeAlias

from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from harness.implementations.arguments import call_of_case
from harness.implementations.mutants import MUTANTS
from harness.implementations.mutants.mutant import Mutant
from harness.oracle.bounds import TYPES
from harness.oracle.reference import errors_of, expectations
from harness.remote.calling import structure_fault
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.studies.kill_matrix import Kill, KillMatrix

LARGEST: Final = 1_000_000  # multiply-adds of a case that all mutants are run on
CASES_A_JOB: Final = 8  # in full
Job: TypeAlias = tuple[Case, ...]


def kill_matrix(cases: Iterable[Case], *, full: bool, workers: int) -> KillMatrix:
    """Run the mutants on valid cases, small ones first, in this process or spread over workers.

    Unless `full`, a mutant rests in a type once a case has found it. An interrupt returns what there is so far.
    """
    valid = [(case.geometry.multiply_adds, case.id, case) for case in cases if case.geometry]
    chosen = [case for work, _, case in sorted(valid, key=lambda each: each[:2]) if work <= LARGEST]
    kills: list[Kill] = []
    left = {case.id: case.attributes.dtype for case in chosen}
    place = {case: number for number, case in enumerate(left)}
    ran: dict[str, str] = {}
    with suppress(KeyboardInterrupt):
        for job, found in _done(_jobs(chosen, full=full), full=full, workers=workers):
            kills += found
            ran |= {case.id: left.pop(case.id) for case in job}
    kills.sort(key=lambda kill: place[kill.case])
    ran = {case: ran[case] for case in place if case in ran}
    return KillMatrix(tuple(kills), ran, full, len(valid) - len(chosen), tuple(dict.fromkeys(left.values())))


def found_by(case: Case, geometry: Geometry, mutant: Mutant, kinds: Sequence[DataKind]) -> DataKind | None:
    """The first of these kinds of operands on which the runner would call a mutant's result wrong."""
    shape = from_nhwc(geometry.input_shape, case.attributes.data_format)
    numeric = TYPES[case.attributes.dtype]
    for kind in kinds:
        for expectation in expectations(case, geometry, kind):
            value = mutant.steps.compute(call_of_case(case, geometry, expectation.operands))
            if structure_fault(value, shape, numeric.dtype) or errors_of(case, expectation, value).wrong.any():
                return kind
    return None


def _jobs(cases: Sequence[Case], *, full: bool) -> list[Job]:
    """Parts that need nothing of each other: a few cases in full; else a type, whose mutants die one by one."""
    if full:
        return [tuple(cases[start : start + CASES_A_JOB]) for start in range(0, len(cases), CASES_A_JOB)]
    dtypes = dict.fromkeys(case.attributes.dtype for case in cases)
    return [tuple(case for case in cases if case.attributes.dtype == dtype) for dtype in dtypes]


def _done(jobs: Sequence[Job], *, full: bool, workers: int) -> Iterator[tuple[Job, list[Kill]]]:
    """Jobs and what they find, as they end; a bar on the terminal says how far it is."""
    work: Callable[[Job], list[Kill]] = _everything if full else _until_found
    console, quiet = Console(stderr=True), not sys.stderr.isatty()
    shown = partial(track, description="mutants", total=len(jobs), console=console, transient=True, disable=quiet)
    if workers <= 1:
        with threadpool_limits(limits=1):
            for job in shown(jobs):
                yield job, work(job)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
    try:
        with _unheard():
            futures = {pool.submit(work, job): job for job in jobs}
        for future in shown(as_completed(futures)):
            yield futures[future], future.result()
    finally:  # after an interrupt only what has begun is waited for; another one would leave the workers waiting
        with _unheard():
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """A worker computes on one thread."""
    threadpool_limits(limits=1)


@contextmanager
def _unheard() -> Iterator[None]:
    """Let a Ctrl-C pass; workers that start meanwhile inherit that it is not theirs, but their parent's."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _everything(cases: Job) -> list[Kill]:
    return [
        Kill(case.id, case.attributes.dtype, name, kind)
        for case in cases
        if case.geometry
        for name, mutant in MUTANTS.items()
        if (kind := found_by(case, case.geometry, mutant, case.data))
    ]


def _until_found(cases: Job) -> list[Kill]:
    """One kill for each mutant, of those that count: a mistake of indexing is sought with equality alone."""
    alive = dict(MUTANTS)
    kills: list[Kill] = []
    for case in cases:
        for name, mutant in list(alive.items()):
            kinds = [kind for kind in case.data if kind is DataKind.WITNESS or not mutant.indexing]
            if case.geometry and (kind := found_by(case, case.geometry, mutant, kinds)):
                kills.append(Kill(case.id, case.attributes.dtype, name, kind))
                del alive[name]
    return kills
