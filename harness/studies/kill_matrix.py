"""What came of holding cases against mutants: who was found by what, who got away, and which case adds nothing."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.implementations.mutants import MUTANTS
from harness.spec.case import DataKind


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """One case that finds one mutant, and the first kind of operands on which it does."""

    case: str
    dtype: str
    mutant: str
    kind: str

    @property
    def counts(self) -> bool:
        """Whether it is a proof of strength: a mistake of indexing is to be found by equality alone."""
        return self.kind == DataKind.WITNESS or not MUTANTS[self.mutant].indexing


@dataclass(frozen=True, slots=True)
class KillMatrix:
    """All kills, in the order of the cases; `cases` are those that were run, by id, with their types.

    Unless `full`, a mutant was left alone in a type once a case had found it there. `left_out` counts the cases that
    were too large; `undecided` are the types of which an interrupt left cases out.
    """

    kills: tuple[Kill, ...]
    cases: Mapping[str, str]
    full: bool
    left_out: int = 0
    undecided: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nobody interrupted."""
        return not self.undecided

    def first(self) -> dict[str, dict[str, Kill]]:
        """For each mutant the first case that finds it, by type."""
        found: dict[str, dict[str, Kill]] = {name: {} for name in MUTANTS}
        for kill in self.kills:
            if kill.counts:
                found[kill.mutant].setdefault(kill.dtype, kill)
        return found

    def survivors(self) -> list[tuple[str, str]]:
        """Mutants and the types in which no case finds them, although they are not equivalent there."""
        dtypes = dict.fromkeys(self.cases.values())
        return [
            (name, dtype)
            for name, found in self.first().items()
            for dtype in dtypes
            if dtype not in (*MUTANTS[name].equivalent, *self.undecided) and dtype not in found
        ]

    def contradictions(self) -> list[Kill]:
        """Kills of mutants that are declared to be equivalent: the proof is wrong, or the case is."""
        return [kill for kill in self.kills if kill.dtype in MUTANTS[kill.mutant].equivalent]

    def scores(self) -> dict[str, int]:
        """How many mutants each case finds."""
        counts = Counter(kill.case for kill in self.kills)
        return {case: counts[case] for case in sorted(self.cases)}

    def indispensable(self) -> dict[str, list[str]]:
        """For each case the mutants that no other case finds in its type; the others are left out."""
        by: dict[tuple[str, str], list[str]] = defaultdict(list)
        for kill in self.kills:
            by[kill.mutant, kill.dtype].append(kill.case)
        alone: dict[str, list[str]] = defaultdict(list)
        for (mutant, _), cases in by.items():
            if len(cases) == 1:
                alone[cases[0]].append(mutant)
        return dict(alone)

    def to_json(self, more: Mapping[str, Any] = {}) -> str:
        """The matrix as a file: by mutant, and in full by case; and what else is known."""
        mutants = {name: _about(name, found) for name, found in self.first().items()}
        for name, dtype in self.survivors():
            mutants[name]["survives"].append(dtype)
        content: dict[str, Any] = {"complete": self.complete, "undecided": self.undecided}
        content |= {"full": self.full, "left_out": self.left_out}
        content |= {"cases": len(self.cases), **more, "mutants": mutants}
        if self.full:
            found: dict[str, list[str]] = {case: [] for case in self.cases}
            for kill in self.kills:
                found[kill.case].append(kill.mutant)
            content |= {"kills": found, "indispensable": self.indispensable()}
        return json.dumps(content, indent=1) + "\n"

    def lines(self) -> Iterator[str]:
        """What a person reads: a line for each mutant, then who got away, then the cases."""
        fallback = "survives" if self.complete else "not decided"
        yield from (_line(name, found, fallback) for name, found in self.first().items())
        if self.full:
            yield from self._lines_of_cases()
        yield from (f"survives: {name} in {dtype}: {MUTANTS[name].mistake}" for name, dtype in self.survivors())
        yield from (f"declared equivalent, but found: {asdict(kill)}" for kill in self.contradictions())
        if self.left_out:
            yield f"too large for this, and left out: {self.left_out:,}"
        fate = f"{len(self.survivors()):,} pairs of mutant and type survive"
        cut = "" if self.complete else f"; interrupted, not decided: {', '.join(self.undecided)}"
        yield f"{len(MUTANTS)} mutants, {len(self.cases):,} cases: {fate}{cut}"

    def _lines_of_cases(self) -> Iterator[str]:
        alone = self.indispensable()
        yield "kills  case"
        for case, count in sorted(self.scores().items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>5}  {case}{f'  alone: {_named(alone[case])}' if case in alone else ''}"
        yield f"{len(self.cases) - len(alone):,} of {len(self.cases):,} cases kill nothing that another does not"


def _named(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _about(name: str, found: Mapping[str, Kill]) -> dict[str, Any]:
    mutant = MUTANTS[name]
    killed = {dtype: {"case": kill.case, "kind": kill.kind} for dtype, kill in found.items()}
    about = {"mistake": mutant.mistake, "indexing": mutant.indexing, "equivalent": dict(mutant.equivalent)}
    return about | {"killed": killed, "survives": []}


def _line(name: str, found: Mapping[str, Kill], fallback: str) -> str:
    types = f"{len(found)} type{'s' * (len(found) != 1)}"
    told = [f"{types:<8} {kill.kind:<8} {kill.case}" for kill in found.values()][:1] or [fallback]
    equivalent = ", ".join(MUTANTS[name].equivalent)
    return f"{name:<{max(map(len, MUTANTS))}}  {told[0]}{f'  (equivalent: {equivalent})' if equivalent else ''}"
