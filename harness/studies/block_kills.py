"""The suite against kernels that are wrong in blocks, which are many: a fault is computed once for a case.

`harness.implementations.mutants.blocks` generates them. What a fault comes to does not depend on where it happens, so
that a case kills, with one result, every mutant with that fault whose level it has.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, TypeAlias

from threadpoolctl import threadpool_limits

from harness.implementations.arguments import Call, call_of_case
from harness.implementations.mutants.blocks import Blocked, Fault, generated
from harness.oracle.bounds import TYPES
from harness.oracle.reference import Expectation, errors_of, expectations
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.spec.traits import traits_of

ENOUGH: Final = 2  # cases that find a mutant; more are not sought
LARGEST: Final = 2**28  # multiply-adds of a case that these mutants are run on
SHOWN: Final = 20
Kills: TypeAlias = dict[Blocked, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BlockKills:
    """For each mutant the first two cases that find it by equality."""

    kills: Mapping[Blocked, tuple[str, ...]]

    @property
    def survivors(self) -> list[Blocked]:
        """Those that no case finds."""
        return [mutant for mutant, cases in self.kills.items() if not cases]

    @property
    def twice(self) -> float:
        """The share of those that are found which at least two cases find."""
        return sum(len(cases) > 1 for cases in self.kills.values()) / max(1, len(self.kills))

    def lines(self) -> Iterator[str]:
        """What a person reads: the first survivors, and the counts."""
        survivors = self.survivors
        yield from (f"survives: {mutant.name}: {mutant.mistake}" for mutant in survivors[:SHOWN])
        if len(survivors) > SHOWN:
            yield f"and {len(survivors) - SHOWN:,} more: the matrix names them"
        yield (
            f"{len(self.kills):,} mutants of blocked kernels: {len(survivors):,} survive, "
            f"{self.twice:.1%} are found by two cases"
        )

    def to_json(self) -> dict[str, Any]:
        """As a part of the matrix's file."""
        return {
            "blocked": len(self.kills),
            "blocked_survivors": [mutant.name for mutant in self.survivors],
            "blocked_twice": round(self.twice, 4),
        }


def block_kills(cases: Iterable[Case], *, workers: int) -> BlockKills:
    """Hold valid cases against every mutant, small ones first, in this process or spread over workers."""
    sound = [(case.geometry.multiply_adds, case.id, case) for case in cases if case.geometry]
    chosen = [case for work, _, case in sorted(sound, key=lambda each: each[:2]) if work <= LARGEST]
    if workers <= 1:
        with threadpool_limits(limits=1):
            return BlockKills(_share(chosen, 0, 1))
    with ProcessPoolExecutor(workers, get_context("spawn"), threadpool_limits, (1,)) as pool:
        shares = list(pool.map(_share, [chosen] * workers, range(workers), [workers] * workers))
    return BlockKills({mutant: shares[number % workers][mutant] for number, mutant in _numbered()})


def _numbered() -> Iterator[tuple[int, Blocked]]:
    """Mutants with the numbers of their faults, by which they are dealt out."""
    numbers: dict[Fault, int] = {}
    for mutant in generated():
        yield numbers.setdefault(mutant.fault, len(numbers)), mutant


def _share(cases: Sequence[Case], share: int, shares: int) -> Kills:
    """One share of the faults held against all cases."""
    found: dict[Blocked, list[str]] = {mutant: [] for number, mutant in _numbered() if number % shares == share}
    alive: dict[Fault, list[Blocked]] = defaultdict(list)
    for mutant in found:
        alive[mutant.fault].append(mutant)
    for case in cases:
        if case.geometry and DataKind.WITNESS in case.data:
            _hold(case, case.geometry, alive, found)
    return {mutant: tuple(ids) for mutant, ids in found.items()}


def _hold(case: Case, geometry: Geometry, alive: dict[Fault, list[Blocked]], found: dict[Blocked, list[str]]) -> None:
    levels = traits_of(case.attributes, geometry)
    for fault in list(alive):
        if not fault.place(geometry):
            continue
        met = [mutant for mutant in alive[fault] if mutant.accepts(levels) and mutant.where.holds(levels, geometry)]
        if met and is_found(case, geometry, fault):
            for mutant in met:
                found[mutant].append(case.id)
            alive[fault] = [mutant for mutant in alive[fault] if len(found[mutant]) < ENOUGH]
            if not alive[fault]:
                del alive[fault]


def is_found(case: Case, geometry: Geometry, fault: Fault) -> bool:
    """Whether equality on a case's integers tells the kernel with this fault from a right one."""
    numeric = TYPES[case.attributes.dtype]
    return any(
        bool(errors_of(case, expectation, fault.steps.compute(call), numeric).wrong.any())
        for expectation, call in _calls(case, geometry)
    )


def _calls(case: Case, geometry: Geometry) -> Iterator[tuple[Expectation, Call]]:
    for expectation in expectations(case, geometry, DataKind.WITNESS):
        yield expectation, call_of_case(case, geometry, expectation.operands)
