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

import numpy as np
from threadpoolctl import threadpool_limits

from harness.implementations.arguments import Call, call_of_case
from harness.implementations.mutants.blocks import ALONG, WITHOUT_LAST_TAP, Blocked, Fault, Where, generated, where_met
from harness.implementations.mutants.kernel import CORRECT
from harness.oracle.operands import kept_for_a_case, kernel_layout
from harness.oracle.reference import expectations
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.spec.traits import traits_of

ENOUGH: Final = 2  # cases that find a mutant; more are not sought
LARGEST: Final = 2**28  # multiply-adds of a case that these mutants are run on
SHOWN: Final = 20
Array: TypeAlias = np.ndarray[Any, Any]
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
    open_: dict[Fault, dict[Where, list[str]]] = defaultdict(dict)
    for mutant, ids in found.items():
        open_[mutant.fault][mutant.where] = ids
    for case in cases:
        if case.geometry and DataKind.WITNESS in case.data:
            _hold(case, case.geometry, open_)
    return {mutant: tuple(ids) for mutant, ids in found.items()}


def _hold(case: Case, geometry: Geometry, open_: dict[Fault, dict[Where, list[str]]]) -> None:
    """Note a case with every mutant that it finds, and let go of those that enough cases find."""
    levels = traits_of(case.attributes, geometry)
    met = {fault: where_met(fault, levels, geometry) for fault in ALONG.values()}
    for fault, wheres in list(open_.items()):
        own = wheres.keys() & met[ALONG[fault.extent]]
        if own and fault.place(geometry) and is_found(case, geometry, fault):
            for where in own:
                wheres[where].append(case.id)
                if len(wheres[where]) == ENOUGH:
                    del wheres[where]


def is_found(case: Case, geometry: Geometry, fault: Fault) -> bool:
    """Whether equality on a case's integers tells the kernel with this fault from a right one."""
    return any(not np.array_equal(held.result_of(fault), held.expected) for held in _held(case, geometry))


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A call on witness operands, what is right, and what faults depart from; [N H W C], in the operands' type."""

    call: Call
    expected: Array
    right: Array
    without_last_tap: Array

    def result_of(self, fault: Fault) -> Array:
        """What the kernel with this fault computes."""
        if fault.is_of_operand:
            return CORRECT.of(fault.changed_operand(self.call))
        return fault.changed_result(self.call, self.right, self.without_last_tap)


@kept_for_a_case
def _held(case: Case, geometry: Geometry) -> tuple[_Held, ...]:
    held = []
    for expectation in expectations(case, geometry, DataKind.WITNESS):
        call = call_of_case(case, geometry, expectation.operands)
        expected = kernel_layout(case, expectation.in_backprop).astype(call.filter.dtype)
        held.append(_Held(call, expected, CORRECT.of(call), WITHOUT_LAST_TAP.of(call)))
    return tuple(held)
